"""Daily production: what a schedule asks for, each day anew."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field

from schema.items.campaign import CAMPAIGN_ID
from schema.items.item import ACCOUNT_ID, new_item_id
from schema.limits import MAX_TOPIC
from schema.payload import Payload


class DailyPlan(Payload):
    """Input of the planner that a schedule starts."""

    account_id: str
    format: str = "asmr-craft"
    topic: str | None = None
    campaign_id: str | None = None
    """The campaign its items belong to; None for none."""
    time_zone: str = "UTC"
    """The account's: it names the day in the item's id."""
    at: time | None = None
    """The time of day in that zone; None where a person made the schedule in Temporal."""

    def due(self, day: date) -> datetime | None:
        """Return when the item of a day is due; None on a day that the zone skipped.

        Where the clocks skip the time of day, it is due as much later as they are put forward, or earlier where that
        would be the next day.
        """
        for fold in (0, 1):
            wall = datetime.combine(day, self.at or time.min, ZoneInfo(self.time_zone)).replace(fold=fold)
            moment = wall.astimezone(UTC)
            if moment.astimezone(wall.tzinfo).date() == day:
                return moment
        return None

    def put_off(self, first: date, last: date) -> Iterator[datetime]:
        """Yield when an item is due, in its zone, on days of a span whose clocks skip its time."""
        zone = ZoneInfo(self.time_zone)
        for number in range((last - first).days + 1):
            due = self.due(first + timedelta(days=number))
            if due and due.astimezone(zone).time() != self.at:
                yield due.astimezone(zone)

    def item_id(self, nominal: datetime) -> str:
        """Return the id of the item of one fire; the day's own fire has one id a day.

        A fire at any other moment was asked for by hand, and has an item of its own.
        """
        local = nominal.astimezone(ZoneInfo(self.time_zone))
        day = local.date()
        the_days_own = self.at is not None and (local.time() == self.at or nominal == self.due(day))
        what = day if the_days_own else nominal.astimezone(UTC)
        tail = hashlib.sha256(f"{self.account_id} {self.format} {what.isoformat()}".encode()).digest()
        return new_item_id(self.account_id, day, base64.b32encode(tail).decode().lower()[:6])


class DailyPlanForm(DailyPlan):
    """What a person asks of a schedule, checked."""

    account_id: str = Field(pattern=ACCOUNT_ID)
    topic: str | None = Field(default=None, max_length=MAX_TOPIC)
    campaign_id: str | None = Field(default=None, pattern=CAMPAIGN_ID)


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
