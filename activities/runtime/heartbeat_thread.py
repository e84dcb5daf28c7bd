"""Long work of the editor in a thread beside the event loop, with heartbeats, for activities on the media queue."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

from temporalio import activity

Answer = TypeVar("Answer")


async def with_heartbeats(work: Callable[[Callable[[], None]], Answer]) -> Answer:
    """Return what blocking work returns. It gets a callback for its progress, each call of which is a heartbeat.

    Once the activity is cancelled or its worker stops, the callback raises, which ends the work.
    """
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()
    ended = threading.Event()

    def beat() -> None:
        if not ended.is_set():
            activity.heartbeat()

    def report() -> None:
        if ended.is_set():
            raise InterruptedError("the activity was cancelled")
        if activity.is_worker_shutdown():
            raise InterruptedError("the worker is stopping; another one repeats this activity")
        loop.call_soon_threadsafe(beat, context=context)

    try:
        return await asyncio.to_thread(work, report)
    finally:
        ended.set()
