"""Waiting for room: a budget that only open reservations have filled may have some soon."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from schema.failure import Fault
    from workflows.bearing import Bearing

Answer = TypeVar("Answer")
EVERY = timedelta(seconds=5)


async def with_room(call: Callable[[], workflow.ActivityHandle[Answer]], bearing: Bearing) -> Answer:
    """Return what an activity answers; call it again while a budget is full of open reservations.

    For as long as the item waits for room, counted from the first such refusal; then that is raised like any other
    error. Raises `Ended` where the item was stopped.
    """
    until: datetime | None = None
    while True:
        try:
            return await bearing.unless_stopped(call())
        except ActivityError as error:
            if not _is_full(error) or bearing.item is None:
                raise
            until = until or workflow.now() + bearing.item.headroom_wait
            if workflow.now() >= until:
                raise
            bearing.tell(f"waits for room: {error.cause}")
            await bearing.pause(EVERY)


def _is_full(error: ActivityError) -> bool:
    return isinstance(error.cause, ApplicationError) and error.cause.type == Fault.HEADROOM_RESERVED
