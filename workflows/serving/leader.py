"""Loops with one leader: one worker runs the ticks, and another takes over where that one is gone."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import psycopg
import structlog
from temporalio.service import RPCError

from activities.store.locks import SessionLocks

Tick = Callable[[], Awaitable[bool]]
"""Does what is due, and says whether more is due at once. It claims what it does: a leader may have been replaced."""
LOOK_EVERY: Final = timedelta(seconds=2)
"""How often a worker looks whether the leader is gone."""
LONGEST_REST: Final = timedelta(seconds=30)
"""Between two tries while something is away: after any outage the loop goes on within a minute."""
_FIRST_REST = timedelta(seconds=1)
_DOUBLED_AT_MOST = 20
_AWAY = (psycopg.Error, OSError, RPCError)
"""What says that the database, Temporal or a messenger does not answer now. Any other error ends the loop."""


@dataclass(frozen=True)
class Loop:
    """What one worker at a time does again and again."""

    name: str
    every: timedelta
    """Between two ticks where nothing more is due."""
    begin: Callable[[], Tick]
    """Called by each new leader: it remembers nothing of the ticks before."""


async def lead(locks: SessionLocks, loop: Loop) -> None:
    """Run the loop's ticks whenever this worker leads; ends only by being cancelled, or by an error of ours.

    An error of the surroundings costs the lead, and a rest that doubles up to `LONGEST_REST`.
    """
    log = structlog.get_logger()
    failures = 0

    def went_well() -> None:
        nonlocal failures
        failures = 0

    while True:
        rest = min(LOOK_EVERY, loop.every)
        try:
            await _lead_once(locks, loop, went_well)
        except _AWAY as error:
            failures += 1
            rest = rest_after(failures, loop.every)
            log.warning(
                f"{loop.name} rests", error=_line(error), failures=failures, seconds=rest.total_seconds()
            )
        await asyncio.sleep(rest.total_seconds())


def rest_after(failures: int, every: timedelta) -> timedelta:
    """Return how long the loop leaves alone what is away."""
    return min(min(_FIRST_REST, every) * 2 ** min(failures - 1, _DOUBLED_AT_MOST), LONGEST_REST)


async def _lead_once(locks: SessionLocks, loop: Loop, went_well: Callable[[], None]) -> None:
    """Run ticks until an error ends the lead; return at once where another worker leads."""
    async with locks.hold(f"leader:{loop.name}") as lock:
        if lock is None:
            return
        structlog.get_logger().debug(f"this worker leads {loop.name}")
        tick = loop.begin()
        while True:
            await lock.require()  # a worker that slept may have been replaced
            more = await tick()
            went_well()
            if not more:
                await asyncio.sleep(loop.every.total_seconds())


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
