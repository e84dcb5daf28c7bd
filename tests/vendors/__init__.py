"""Fake vendors: processes that speak the wire of real ones, keep a journal, and can lie."""
