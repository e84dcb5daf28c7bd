"""Bookkeeping: our charges and prices compared with what vendors list."""
