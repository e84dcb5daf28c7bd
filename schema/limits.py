"""How long what a person writes may be. Nothing is imported here, so that `--help` can say it at once."""

MAX_TOPIC = 200
MAX_TITLE = 80
MAX_CAPTION = 2_200
"""Instagram's limit (platforms.md 2.7)."""
MAX_VOICE = 2_000
"""Of an account: how it speaks."""
MAX_NOTES = 1_000
"""Of a reviewer: what should be different."""
MAX_SEED = 2**32 - 1
