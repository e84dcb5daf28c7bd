"""Storage: where an item's files lie."""
