"""Accounts, campaigns, items: what is asked, the plan an item lives by, and where it stands."""
