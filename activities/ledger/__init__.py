"""The ledger: effects and money, on top of the store."""
