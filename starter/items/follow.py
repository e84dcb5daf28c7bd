"""Watch an item: follow its progress, and what it waits for, until it has ended."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from temporalio.client import (
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowQueryFailedError,
)
from temporalio.service import RPCError, RPCStatusCode

from schema.failure import Fault, Trouble
from schema.items.item import ItemResult
from starter.console.display import Reading
from starter.items.start_item import Handle
from starter.items.status import troubles_of
from workflows.content_item import ContentItem

_EVERY = timedelta(seconds=0.25)
_PATIENCE = timedelta(seconds=3)


async def follow(handle: Handle) -> AsyncIterator[Reading]:
    """Yield each change of what an item does and waits for; ends when the item has ended."""
    last: Reading | None = None
    while True:
        described = await _described(handle)
        seen = await _read(handle, described)
        if seen != last:
            yield seen
            last = seen
        if described is not None and described.status is not WorkflowExecutionStatus.RUNNING:
            final = await _read(handle, described)
            if final != last and final.progress is not None:
                yield final
            return
        await asyncio.sleep(_EVERY.total_seconds())


async def result_of(handle: Handle) -> ItemResult:
    """Return how an item ended. Raises `Trouble` where its workflow was ended from outside."""
    try:
        return await handle.result()
    except WorkflowFailureError as error:
        raise Trouble(
            Fault.STOPPED,
            f"{handle.id} was ended in Temporal ({error.cause}); `reelwright show` says what it had done",
        ) from error


async def _read(handle: Handle, described: WorkflowExecutionDescription | None) -> Reading:
    troubles = tuple(dict.fromkeys(one.line for one in troubles_of(described))) if described else ()
    try:
        progress = await handle.query(ContentItem.progress, rpc_timeout=_PATIENCE)
    except WorkflowQueryFailedError:
        return Reading(None, (*troubles, "the worker has not begun it yet"))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise Trouble(Fault.BAD_INPUT, f"Temporal does not know {handle.id} (any more)") from error
        who = "the worker" if described else "Temporal"
        return Reading(None, (*troubles, f"{who} does not answer; `reelwright logs` says why"))
    return Reading(progress, troubles)


async def _described(handle: Handle) -> WorkflowExecutionDescription | None:
    """Return what Temporal says of the item; None while Temporal does not answer."""
    try:
        return await handle.describe(rpc_timeout=_PATIENCE)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise Trouble(Fault.BAD_INPUT, f"Temporal does not know {handle.id} (any more)") from error
        return None
