"""Retries over minutes: a budget that open reservations fill may free soon, and so may a full disk."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from schema.failure import Fault
    from workflows.item_run import ItemRun

Answer = TypeVar("Answer")
BUDGET_EVERY = timedelta(seconds=5)
DISK_EVERY = timedelta(minutes=5)
LONGEST_FOR_DISK = timedelta(days=1)


async def until_budget_frees(
    call: Callable[[], workflow.ActivityHandle[Answer]], run: ItemRun, *, one_of_many: bool = False
) -> Answer:
    """Return what an activity answers; call it again while open reservations fill a budget.

    The plan's `headroom` limits the wait, counted from the first such refusal; then the refusal is raised like any
    other error. `one_of_many` scenes is given up, too, if another scene failed the round. Raises `Ended` if the
    activity was given up or the item was stopped.
    """
    until: datetime | None = None
    answer = run.stop.answer_or_failed_round if one_of_many else run.stop.answer_or_stop
    while True:
        try:
            return await answer(call())
        except ActivityError as error:
            if not _is(Fault.HEADROOM_RESERVED, error):
                raise
            until = until or workflow.now() + run.plan.waits.headroom
            if workflow.now() >= until:
                raise
            run.board.tell(f"waits for room: {error.cause}")
            await run.pause(BUDGET_EVERY)


async def until_disk_frees(call: Callable[[], Awaitable[Answer]], run: ItemRun) -> Answer:
    """Return what an activity answers; call it again, for a day, while it gives up because the disk is full.

    Then that is raised like any other error. Raises `Ended` if the item was stopped.
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
            run.board.tell(f"waits for the disk: {error.cause}")
            await run.pause(DISK_EVERY)


def _is(fault: Fault, error: ActivityError) -> bool:
    return isinstance(error.cause, ApplicationError) and error.cause.type == fault
