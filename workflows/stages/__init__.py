"""The stages of an item: one file a stage, one coroutine a file."""
