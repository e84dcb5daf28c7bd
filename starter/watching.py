"""Watch an item: follow its progress until it waits for a person or has ended."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from schema.failure import Fault, Trouble
from schema.item import ItemResult
from schema.progress import Progress
from starter.beginning import Handle
from workflows.content_item import ContentItem

_EVERY = timedelta(seconds=0.25)
_PATIENCE = timedelta(seconds=3)


async def follow(handle: Handle) -> AsyncIterator[Progress | str]:
    """Yield each change of an item's progress, or a line while it cannot be read; ends when the item has ended."""
    last: Progress | str | None = None
    while True:
        seen = await _read(handle)
        if seen != last:
            yield seen
            last = seen
        if await _has_ended(handle):
            final = await _read(handle)
            if final != last and isinstance(final, Progress):
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


async def _read(handle: Handle) -> Progress | str:
    try:
        return await handle.query(ContentItem.progress, rpc_timeout=_PATIENCE)
    except WorkflowQueryFailedError:
        return "waits for the workflow to begin"
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise Trouble(Fault.BAD_INPUT, f"Temporal does not know {handle.id} (any more)") from error
        return "waits for the worker"


async def _has_ended(handle: Handle) -> bool:
    try:
        described = await handle.describe(rpc_timeout=_PATIENCE)
    except RPCError:
        return False
    return described.status is not WorkflowExecutionStatus.RUNNING
