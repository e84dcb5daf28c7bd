"""What a door takes in for an item: the limits of a person's values."""

from typing import Annotated

from pydantic import Field

from schema.items.campaign import CAMPAIGN_ID
from schema.items.item import ACCOUNT_ID, ITEM_ID, ItemRequest, WantedItem
from schema.limits import MAX_CAPTION, MAX_TITLE, MAX_TOPIC
from schema.payload import taken_in
from schema.text import STORABLE


class ItemForm(WantedItem):
    """What a person asks for, checked."""

    account_id: str = Field(pattern=ACCOUNT_ID)
    topic: Annotated[str, Field(max_length=MAX_TOPIC), STORABLE] | None = None
    title: Annotated[str, Field(max_length=MAX_TITLE), STORABLE] | None = None
    caption: Annotated[str, Field(max_length=MAX_CAPTION), STORABLE] | None = None
    campaign_id: str | None = Field(default=None, pattern=CAMPAIGN_ID)


class RequestForm(ItemForm, ItemRequest):
    """A whole request, checked."""

    item_id: str = Field(pattern=ITEM_ID)
    forerunner_id: str | None = Field(default=None, pattern=ITEM_ID)


def require_usable(request: ItemRequest) -> None:
    """Raise `Trouble` (`bad_input`) for what no door lets in: a request may be sent to Temporal by hand."""
    taken_in(RequestForm, request.model_dump())
