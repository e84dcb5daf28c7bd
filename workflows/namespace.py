"""What a namespace of Temporal must have before items can run there. No story imports this."""

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
from temporalio.service import RPCError

from schema import queues
from schema.books import BooksRequest
from workflows.attributes import ACCOUNT, COST_USD, FORMAT, STAGE
from workflows.check_books import CheckBooks

NIGHTLY = ScheduleCalendarSpec(hour=[ScheduleRange(3)], minute=[ScheduleRange(30)])
"""When the books are checked, in UTC."""
KINDS = {
    ACCOUNT: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    FORMAT: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    STAGE: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    COST_USD: IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
}


async def ensure_search_attributes(client: Client) -> None:
    """Make the search attributes that Temporal lacks; where that is not allowed, `doctor` says what to do."""
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = {key.name: KINDS[key] for key in KINDS if key.name not in listed.custom_attributes}
    if not missing:
        return
    try:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    except RPCError as error:
        structlog.get_logger().error(
            "items need search attributes that are missing", missing=list(missing), error=str(error)
        )


async def ensure_nightly_check(client: Client) -> None:
    """Let Temporal start the check of the books each night; one that is there stays as a person has left it."""
    nightly = Schedule(
        action=ScheduleActionStartWorkflow(
            CheckBooks.run,
            BooksRequest(),
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
