"""The sweep: closes items whose workflow is gone, so that nothing of theirs stays reserved or on show for ever."""

import asyncio
from datetime import timedelta

import structlog
from psycopg import Error as DatabaseError
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.ledger import rows
from activities.ledger.closing import close_item
from activities.store.database import Database
from schema.item import Ending, ItemState
from schema.operation import OperationState
from signals.names import workflow_id

_UNSENT = (OperationState.RESERVED, OperationState.RELEASED)
_REMEDY = "what it left open is listed by `unknowns`; `make` makes another one"
_PATIENCE = timedelta(seconds=5)


async def sweep(database: Database, client: Client, every: timedelta) -> None:
    """Look for such items again and again; ends only by being cancelled.

    A person who terminated a workflow does not want it back, and one that Temporal has lost cannot be told from it:
    both are closed, and never begun again. An item is closed when its workflow was gone in two rounds, one after the
    other.
    """
    log = structlog.get_logger()
    gone: dict[str, str] = {}
    while True:
        await asyncio.sleep(every.total_seconds())
        try:
            before, gone = gone, await _gone(database, client, every)
            for item_id in before.keys() & gone.keys():
                await _close(database, item_id, gone[item_id])
                log.warning(f"{item_id} was closed: {gone[item_id]}", item=item_id)
        except (DatabaseError, OSError) as error:
            log.warning("the sweep cannot read items", error=str(error))
        except (
            RPCError,
            RuntimeError,
            TimeoutError,
        ) as error:  # a client that connects late says RuntimeError
            log.warning("the sweep cannot ask Temporal", error=str(error))


async def _gone(database: Database, client: Client, after: timedelta) -> dict[str, str]:
    """Return the items that have begun a while ago, have not ended, and have no running workflow, each with why."""
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "select item_id from item where ended_at is null and created_at < now() - %s order by item_id",
            [after],
        )
        begun = [row["item_id"] async for row in cursor]
    if not begun:
        return {}
    listing = client.list_workflows("WorkflowType = 'ContentItem' and ExecutionStatus = 'Running'")
    running = {found.id async for found in listing}
    missing = [item_id for item_id in begun if workflow_id(item_id) not in running]
    told = {item_id: await _why_gone(client, item_id) for item_id in missing}
    return {item_id: why for item_id, why in told.items() if why}


async def _why_gone(client: Client, item_id: str) -> str:
    """Return why there is no running workflow; empty where there is one, which the listing did not show yet."""
    try:
        described = await client.get_workflow_handle(workflow_id(item_id)).describe(rpc_timeout=_PATIENCE)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return f"Temporal does not know its workflow any more; {_REMEDY}"
    if described.status in (None, WorkflowExecutionStatus.RUNNING):
        return ""
    return f"its workflow was ended in Temporal ({described.status.name.lower()}); {_REMEDY}"


async def _close(database: Database, item_id: str, why: str) -> None:
    """End the item: as parked where something of it may be public, since a person must look; else as stopped."""
    async with database.transaction() as connection:
        operations = await rows.of_item(connection, item_id)
        posted = any(one.kind == "publish" and one.state not in _UNSENT for one in operations)
        state = ItemState.PARKED if posted else ItemState.STOPPED
        await close_item(connection, Ending(item_id=item_id, state=state, reason=why, actor="the sweep"))
