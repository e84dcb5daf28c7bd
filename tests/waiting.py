"""Waiting for what other processes bring about."""

import time
from collections.abc import Callable


def until(what: str, condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for a condition; blocks, so a coroutine calls it by `asyncio.to_thread`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for: {what}"
        time.sleep(0.05)
