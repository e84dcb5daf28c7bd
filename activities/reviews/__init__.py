"""Reviews: what is put before a person, what the person decides, and how items end. Decisions buy from the ledger."""
