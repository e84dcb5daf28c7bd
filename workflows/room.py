"""Waiting for room: a budget that only open reservations have filled may have some soon, and so may a full disk."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from schema.failure import Fault
    from workflows.bearing import Bearing

Answer = TypeVar("Answer")
EVERY = timedelta(seconds=5)
DISK_EVERY = timedelta(minutes=5)
LONGEST_FOR_DISK = timedelta(days=1)


async def until_budget_frees(
    call: Callable[[], workflow.ActivityHandle[Answer]], bearing: Bearing, *, one_of_many: bool = False
) -> Answer:
    """Return what an activity answers; call it again while a budget is full of open reservations.

    For as long as the item waits for room, counted from the first such refusal; then that is raised like any other
    error. `one_of_many` scenes is given up, too, where another one ended for good. Raises `Ended` where it was given
    up or the item was stopped.
    """
    until: datetime | None = None
    wait = bearing.unless_lost if one_of_many else bearing.unless_stopped
    while True:
        try:
            return await wait(call())
        except ActivityError as error:
            if not _is(Fault.HEADROOM_RESERVED, error) or bearing.item is None:
                raise
            until = until or workflow.now() + bearing.item.waits.headroom
            if workflow.now() >= until:
                raise
            bearing.tell(f"waits for room: {error.cause}")
            await bearing.pause(EVERY)


async def until_disk_frees(call: Callable[[], Awaitable[Answer]], bearing: Bearing) -> Answer:
    """Return what an activity answers; call it again, for a day, while it gives up because the disk is full.

    Then that is raised like any other error. Raises `Ended` where the item was stopped.
    """
    until: datetime | None = None
    while True:
        try:
            return await call()
        except ActivityError as error:
            if not _is(Fault.DISK_FULL, error):
                raise
            until = until or workflow.now() + LONGEST_FOR_DISK
            if workflow.now() >= until:
                raise
            bearing.tell(f"waits for the disk: {error.cause}")
            await bearing.pause(DISK_EVERY)


def _is(fault: Fault, error: ActivityError) -> bool:
    return isinstance(error.cause, ApplicationError) and error.cause.type == fault
