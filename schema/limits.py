"""How long what a person writes may be. Nothing is imported here, so that `--help` can say it at once."""

MAX_TOPIC = 200
MAX_TITLE = 80
MAX_CAPTION = 2_200
"""Instagram's limit (platforms.md 2.7)."""
MAX_SEED = 2**32 - 1
