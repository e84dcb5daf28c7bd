"""What the Temporal UI can search items by."""

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

ACCOUNT = SearchAttributeKey.for_keyword("Account")
FORMAT = SearchAttributeKey.for_keyword("Format")
STAGE = SearchAttributeKey.for_keyword("Stage")
COST_USD = SearchAttributeKey.for_float("CostUsd")


def at_start(account_id: str, format_name: str) -> TypedSearchAttributes:
    """Return what an item is found by from its first moment."""
    return TypedSearchAttributes(
        [SearchAttributePair(ACCOUNT, account_id), SearchAttributePair(FORMAT, format_name)]
    )
