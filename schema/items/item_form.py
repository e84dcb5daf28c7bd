"""What a door takes in for an item: the limits of a person's values, which a request that travels does not check."""

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
    """Hold a request to what doors let in, for it may be sent to Temporal by hand. Raises `Trouble` (`bad_input`)."""
    taken_in(RequestForm, request.model_dump())
