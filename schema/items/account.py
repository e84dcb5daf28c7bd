"""An account: for whom videos are made, in which voice, where they go, and what they may cost."""

from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from schema.limits import MAX_VOICE
from schema.payload import Payload
from schema.text import STORABLE

USUAL_ITEM_CAP_MICROUSD = 2_000_000


class Account(Payload):
    """One account, as stored."""

    account_id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    title: Annotated[str, Field(min_length=1, max_length=120), STORABLE]
    voice: Annotated[str, Field(max_length=MAX_VOICE), STORABLE] = ""
    """How the account speaks; given to writers."""
    time_zone: str = "UTC"
    """Rules the account's day: schedules and the day's cap."""
    platforms: tuple[str, ...] = ("folder",)
    item_cap_microusd: int = Field(default=USUAL_ITEM_CAP_MICROUSD, ge=0)
    day_cap_microusd: int = Field(default=20_000_000, ge=0)
    review_seconds: float | None = Field(default=None, gt=0)
    """How long its reviews stay open; None leaves it to the settings."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone; write it like Europe/Berlin") from None
        return name

    @property
    def review(self) -> timedelta | None:
        """How long its reviews stay open."""
        return None if self.review_seconds is None else timedelta(seconds=self.review_seconds)
