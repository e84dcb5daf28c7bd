"""Whole items among faults: the product's promise, counted at the vendors' side."""
