"""What a namespace of Temporal must have before items can run there."""

import asyncio
from datetime import timedelta

import structlog
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
)
from temporalio.service import RPCError, RPCStatusCode

from schema import queues
from schema.vendors.audit import AuditRequest
from workflows.attributes import ACCOUNT, COST_USD, FORMAT, STAGE
from workflows.nightly_audit import NightlyAudit

NIGHTLY = ScheduleCalendarSpec(hour=[ScheduleRange(3)], minute=[ScheduleRange(30)])
"""When the books are checked, in UTC."""
KINDS = {
    ACCOUNT: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    FORMAT: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    STAGE: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    COST_USD: IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
}

_TRIES = 50
_BETWEEN_TRIES = timedelta(seconds=0.1)
"""New attributes can be used a moment after they were made."""


async def ensure_search_attributes(client: Client) -> None:
    """Make the search attributes that Temporal lacks. Items run without those that may not be made; the log says so.

    Raises `RPCError` where Temporal does not answer.
    """
    if await can_search(client):
        return
    try:
        listed = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
        missing = {key.name: KINDS[key] for key in KINDS if key.name not in listed.custom_attributes}
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    except RPCError as error:
        structlog.get_logger().warning(
            "items run without the search attributes Account, Format, Stage and CostUsd, which may not be made from "
            "here; `temporal operator search-attribute create` does, for items that begin afterwards",
            error=error.message,
        )
        return
    for _ in range(_TRIES):
        if await can_search(client):
            return
        await asyncio.sleep(_BETWEEN_TRIES.total_seconds())
    structlog.get_logger().warning("the search attributes were made, and cannot be used yet")


async def can_search(client: Client) -> bool:
    """Return whether this namespace has all search attributes of ours. Asks nothing that a plain user may not ask."""
    try:
        await client.count_workflows("Account = '' and Format = '' and Stage = '' and CostUsd = 0.0")
    except RPCError as error:
        if error.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise
        return False
    return True


async def ensure_nightly_check(client: Client) -> None:
    """Let Temporal start the nightly audit; an existing schedule stays as a person left it."""
    nightly = Schedule(
        action=ScheduleActionStartWorkflow(
            NightlyAudit.run,
            AuditRequest(),
            id="books/nightly",
            task_queue=queues.CONTROL,
            static_summary="compares what was settled with what vendors list",
        ),
        spec=ScheduleSpec(calendars=[NIGHTLY]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )
    try:
        await client.create_schedule("books/nightly", nightly)
    except ScheduleAlreadyRunningError:
        return
    except RPCError as error:
        structlog.get_logger().error("the nightly check of the books has no schedule", error=str(error))
