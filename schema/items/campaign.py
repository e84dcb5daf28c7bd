"""A campaign: several items of one account under one cap, for as long as it takes."""

from typing import Annotated

from pydantic import Field

from schema.payload import Payload
from schema.text import STORABLE

CAMPAIGN_ID = r"^[a-z0-9][a-z0-9-]{0,39}$"


class Campaign(Payload):
    """One campaign, as stored."""

    campaign_id: str = Field(pattern=CAMPAIGN_ID)
    account_id: str
    title: Annotated[str, Field(min_length=1, max_length=120), STORABLE]
    cap_microusd: int = Field(ge=0)
    """The most that all its items together may commit, in each book."""
