"""The sweep: closes items whose workflow was ended, so that nothing of theirs stays reserved or on show for ever."""

import asyncio
from datetime import timedelta

import structlog
from psycopg import Error as DatabaseError
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.ledger import alerts, rows
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

    A person who ended a workflow in Temporal does not want it back: its item is closed when that was seen in two
    rounds, one after the other, and never begun again. One that Temporal does not know may live in another Temporal,
    to which this worker was not pointed: its item stays as it is, and people are told.
    """
    log = structlog.get_logger()
    ended: dict[str, str] = {}
    while True:
        await asyncio.sleep(every.total_seconds())
        try:
            before = ended
            ended, unknown = await _gone(database, client, every)
            for item_id in before.keys() & ended.keys():
                await close_lost(database, item_id, ended[item_id], "the sweep")
                log.warning(f"{item_id} was closed: {ended[item_id]}", item=item_id)
            if unknown:
                await _tell_of_unknown(database, unknown)
        except (DatabaseError, OSError) as error:
            log.warning("the sweep cannot read items", error=str(error))
        except (
            RPCError,
            RuntimeError,
            TimeoutError,
        ) as error:  # a client that connects late says RuntimeError
            log.warning("the sweep cannot ask Temporal", error=str(error))


async def close_lost(database: Database, item_id: str, why: str, actor: str) -> ItemState:
    """End an item without a workflow: as parked where something may be public, since a person must look; else stopped.

    Nothing is done to one that has ended. Returns how it has ended.
    """
    async with database.transaction() as connection:
        operations = await rows.of_item(connection, item_id)
        posted = any(one.kind == "publish" and one.state not in _UNSENT for one in operations)
        state = ItemState.PARKED if posted else ItemState.STOPPED
        line = f"{why}; {_REMEDY}"
        closed = await close_item(connection, Ending(item_id=item_id, state=state, reason=line, actor=actor))
    return closed.state


async def _gone(database: Database, client: Client, after: timedelta) -> tuple[dict[str, str], list[str]]:
    """Return the items that have begun a while ago, have not ended, and have no running workflow.

    First those whose workflow was ended in Temporal, each with how; then those that Temporal does not know.
    """
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "select item_id from item where ended_at is null and created_at < now() - %s order by item_id",
            [after],
        )
        begun = [row["item_id"] async for row in cursor]
    if not begun:
        return {}, []
    listing = client.list_workflows("WorkflowType = 'ContentItem' and ExecutionStatus = 'Running'")
    running = {found.id async for found in listing}
    ended: dict[str, str] = {}
    unknown: list[str] = []
    for item_id in begun:
        if workflow_id(item_id) in running:
            continue
        status = await _status(client, item_id)
        if status is None:
            unknown.append(item_id)
        elif status is not WorkflowExecutionStatus.RUNNING:  # one that the listing did not show yet
            ended[item_id] = f"its workflow was ended in Temporal ({status.name.lower()})"
    return ended, unknown


async def _status(client: Client, item_id: str) -> WorkflowExecutionStatus | None:
    """Return how a workflow stands; None where Temporal does not know it."""
    try:
        described = await client.get_workflow_handle(workflow_id(item_id)).describe(rpc_timeout=_PATIENCE)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    return described.status or WorkflowExecutionStatus.RUNNING


async def _tell_of_unknown(database: Database, item_ids: list[str]) -> None:
    """Raise one alert for such items, unless the same was raised before."""
    line = (
        f"Temporal does not know the workflow of {item_ids[0]} (and of {len(item_ids) - 1} other open items): where "
        "workers were pointed at another Temporal, point them back; where its data is lost, `reelwright stop` closes it"
    )
    async with database.transaction() as connection:
        await alerts.raise_alert(connection, f"workflows/unknown/{item_ids[0]}", "parked", line)
