"""Offline vendors: a studio and a writer that work without keys and network."""
