"""Daily production: what a schedule asks for, each day anew."""

from datetime import datetime

from pydantic import Field

from schema.campaign import CAMPAIGN_ID
from schema.limits import MAX_TOPIC
from schema.payload import Payload


class DailyPlan(Payload):
    """Input of the planner that a schedule starts."""

    account_id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    format: str = "asmr-craft"
    topic: str | None = Field(default=None, max_length=MAX_TOPIC)
    campaign_id: str | None = Field(default=None, pattern=CAMPAIGN_ID)
    """The campaign its items belong to; None for none."""
    time_zone: str = "UTC"
    """The account's: it names the day in the item's id."""


class PlanRequest(Payload):
    """One fire of a schedule."""

    plan: DailyPlan
    nominal: datetime
    """When the schedule meant to fire, which a late or repeated fire shares."""


class Planned(Payload):
    """What a planner started."""

    item_id: str
    started: bool
    """False where this fire had started its item before."""
