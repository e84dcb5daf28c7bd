"""What a namespace of Temporal must have before items can run there. No story imports this."""

import structlog
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError

from workflows.attributes import ACCOUNT, COST_USD, FORMAT, STAGE

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
