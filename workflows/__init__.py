"""The stories: deterministic, one file a story, readable top to bottom."""
