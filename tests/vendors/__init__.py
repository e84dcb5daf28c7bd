"""Vendors that do not exist: processes that speak the wire of real ones, keep a book of their own, and can lie."""
