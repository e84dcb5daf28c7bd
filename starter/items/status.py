"""Where a running item stands, as Temporal knows it: stage, scenes, the last word, and what is being tried again."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError

from schema.failure import Fault
from schema.items.progress import Progress
from signals.names import PROGRESS, workflow_id

_PATIENCE = timedelta(seconds=3)


@dataclass(frozen=True)
class Status:
    """One reading; what is not known is empty."""

    stage: str = ""
    scenes: str = ""
    """Each scene and its state."""
    last_word: str = ""
    """What became of the last thing a person said, words that changed nothing included."""
    troubles: tuple[str, ...] = ()
    """Activities that failed and are tried again, each with its last failure, in one line."""


async def status_of(client: Client, item_id: str) -> Status:
    """Read a running item; says so in `last_word` where Temporal does not answer."""
    handle = client.get_workflow_handle(workflow_id(item_id))
    troubles: tuple[str, ...] = ()
    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            troubles = tuple(
                f"{one.activity}, attempt {one.attempt}: {one.line}"
                for one in troubles_of(await handle.describe())
            )
            seen = await handle.query(PROGRESS, result_type=Progress)
    except (RPCError, RuntimeError, TimeoutError):
        return Status(last_word="Temporal or the worker does not answer now", troubles=troubles)
    scenes = ", ".join(f"{scene.scene} {scene.state}" for scene in seen.scenes)
    return Status(seen.stage, scenes, seen.last_word, troubles)


async def has_begun(client: Client, item_id: str) -> bool:
    """Say whether Temporal runs an item of that name; False also where it does not answer."""
    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            described = await client.get_workflow_handle(workflow_id(item_id)).describe()
    except (RPCError, RuntimeError, TimeoutError):
        return False
    return described.status is WorkflowExecutionStatus.RUNNING


@dataclass(frozen=True)
class Failing:
    """One activity that failed and is tried again."""

    activity: str
    attempt: int
    line: str
    """Its last failure, in one line."""


def troubles_of(described: WorkflowExecutionDescription) -> list[Failing]:
    """Return what fails and is tried again; a job that is simply not ready yet is no trouble."""
    return [
        Failing(pending.activity_type.name, pending.attempt, " ".join(pending.last_failure.message.split()))
        for pending in described.raw_description.pending_activities
        if pending.HasField("last_failure")
        and pending.last_failure.application_failure_info.type != Fault.NOT_READY
    ]
