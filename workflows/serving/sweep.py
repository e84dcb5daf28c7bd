"""The sweep: closes items whose workflow was ended, so that nothing of theirs stays reserved or on show for ever."""

from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.ledger import operation_rows
from activities.reviews.closing import PostgresCloser
from activities.store import outbox
from activities.store.database import Database
from signals.names import workflow_id

_ENDED = (
    WorkflowExecutionStatus.COMPLETED,
    WorkflowExecutionStatus.FAILED,
    WorkflowExecutionStatus.CANCELED,
    WorkflowExecutionStatus.TERMINATED,
    WorkflowExecutionStatus.TIMED_OUT,
)
_PATIENCE = timedelta(seconds=5)
_TEMPORAL_IS_AWAY = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)


@dataclass
class _Gone:
    """Open items without a running workflow."""

    ended: dict[str, str] = field(default_factory=dict[str, str])
    """Those whose workflow was ended in Temporal, each with how."""
    unknown: list[str] = field(default_factory=list[str])
    forgotten: list[str] = field(default_factory=list[str])
    """Those whose workflow has ended since, or before, the restored backup."""


class Sweep:
    """Looks for such items.

    A person who ended a workflow in Temporal does not want it back: its item is closed when that was seen in two
    ticks, one after the other, and never begun again. One that Temporal does not know may live in another Temporal,
    to which this worker was not pointed; and of one that ended after the backup from which the database was restored,
    the ledger does not know all. Such items stay as they are, and people are told.
    """

    def __init__(self, database: Database, client: Client, after: timedelta) -> None:
        """`after` is how old an item is at least that is looked at."""
        self._database = database
        self._client = client
        self._after = after
        self._ended: dict[str, str] = {}

    async def tick(self) -> bool:
        """Look once; nothing more is ever due at once."""
        gone = await _gone(self._database, self._client, self._after)
        before, self._ended = self._ended, gone.ended
        for item_id in before.keys() & gone.ended.keys():
            await PostgresCloser(self._database).close_lost(item_id, gone.ended[item_id], "the sweep")
            structlog.get_logger().warning(f"{item_id} was closed: {gone.ended[item_id]}", item=item_id)
        await _tell(self._database, gone)
        return False


async def _gone(database: Database, client: Client, after: timedelta) -> "_Gone":
    """Return the items that have begun a while ago, have not ended, and have no running workflow."""
    async with database.transaction() as connection:
        cursor = await connection.execute(
            f"""
            select item_id, {operation_rows.BEFORE_THE_RESTORE} as forgotten from item
            where ended_at is null and created_at < now() - %s order by item_id
            """,
            [after],
        )
        begun = {row["item_id"]: row["forgotten"] async for row in cursor}
    gone = _Gone()
    if not begun:
        return gone
    listing = client.list_workflows("WorkflowType = 'ContentItem' and ExecutionStatus = 'Running'")
    running = {found.id async for found in listing}
    for item_id, forgotten in begun.items():
        if workflow_id(item_id) in running:
            continue
        status = await _status(client, item_id)
        if status is None:
            gone.unknown.append(item_id)
        elif status in _ENDED and forgotten:
            gone.forgotten.append(item_id)
        elif status in _ENDED:
            gone.ended[item_id] = f"its workflow was ended in Temporal ({status.name.lower()})"
    return gone


async def _status(client: Client, item_id: str) -> WorkflowExecutionStatus | None:
    """Return how a workflow stands; None where Temporal does not know it.

    A status that this client has no name for yet, such as paused, counts as running, and so does an item that Temporal
    refuses to describe: it does not hold up the others.
    """
    try:
        described = await client.get_workflow_handle(workflow_id(item_id)).describe(rpc_timeout=_PATIENCE)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        if error.status in _TEMPORAL_IS_AWAY:
            raise
        structlog.get_logger().warning(f"{item_id} cannot be looked at: {error.message}", item=item_id)
        return WorkflowExecutionStatus.RUNNING
    except ValueError:
        return WorkflowExecutionStatus.RUNNING
    return described.status or WorkflowExecutionStatus.RUNNING


async def _tell(database: Database, gone: "_Gone") -> None:
    """Raise one alert for the items of each kind that stay as they are, unless the same was raised before."""
    told = {
        "unknown": (
            gone.unknown,
            "Temporal does not know the workflow of {}: where workers were pointed at another Temporal, point them "
            "back; where its data is lost, `reelwright stop` closes it",
        ),
        "forgotten": (
            gone.forgotten,
            "the workflow of {} ended after the backup from which the database was restored: look at the vendors and "
            "the platforms what it bought and posted, then `reelwright stop` closes it",
        ),
    }
    for kind, (item_ids, line) in told.items():
        if item_ids:
            named = f"{item_ids[0]} (and of {len(item_ids) - 1} other open items)"
            async with database.transaction() as connection:
                await outbox.put(connection, f"workflows/{kind}/{item_ids[0]}", "parked", line.format(named))
