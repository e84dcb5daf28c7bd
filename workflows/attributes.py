"""What the Temporal UI can search items by."""

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

ACCOUNT = SearchAttributeKey.for_keyword("Account")
FORMAT = SearchAttributeKey.for_keyword("Format")
STAGE = SearchAttributeKey.for_keyword("Stage")
COST_USD = SearchAttributeKey.for_float("CostUsd")


def at_start(account_id: str, format_name: str) -> TypedSearchAttributes:
    """Return all search attributes of a new item, so that a server that lacks one says so."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(ACCOUNT, account_id),
            SearchAttributePair(FORMAT, format_name),
            SearchAttributePair(STAGE, "open"),
            SearchAttributePair(COST_USD, 0.0),
        ]
    )


def can_be_searched() -> bool:
    """Return whether this workflow was begun with search attributes: a server that lacks ours takes none later."""
    return workflow.info().typed_search_attributes.get(ACCOUNT) is not None


def are_missing(error: RPCError) -> bool:
    """Return whether Temporal refused a start because it lacks our search attributes."""
    return error.status is RPCStatusCode.INVALID_ARGUMENT and "search attribute" in error.message
