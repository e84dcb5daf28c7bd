"""Crafts of the world, as the offline writer knows them."""
