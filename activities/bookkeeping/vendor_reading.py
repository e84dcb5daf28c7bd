"""Reads a vendor's bills, with retries; then says why they could not be read."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from temporalio import activity

from activities.bookkeeping.port import NotTold

T = TypeVar("T")
MOST_READINGS = 5
"""From this attempt on, what went wrong is told instead of being tried again."""
MOST_ATTEMPTS = MOST_READINGS + 3
"""Of the activity: a worker that is lost costs one too, without having read anything."""


@dataclass(frozen=True)
class Unread:
    """Nothing was read, and nothing is concluded from it."""

    why: str


async def read(listing: Awaitable[T]) -> T | Unread:
    """Return what a vendor shows, or why it shows nothing. Raises whatever went wrong while that may pass."""
    try:
        return await listing
    except NotTold as error:
        return Unread(str(error))
    except Exception as error:  # whatever it was, it proves nothing, and the last reading says so
        if activity.info().attempt < MOST_READINGS:
            raise
        return Unread(f"{type(error).__name__}: {error}"[:300])
