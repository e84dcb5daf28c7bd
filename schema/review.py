"""A review: what is shown to a person, and what the person decided."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import Field

from schema.limits import MAX_CAPTION
from schema.operation import Refusal
from schema.payload import Payload

DecisionKind = Literal["approve", "reject", "revise", "edit_caption"]

MAX_NOTES = 1_000


class ReviewState(StrEnum):
    """Where a review stands. The row is the one arbiter; the first stored decision wins."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVISED = "revised"
    REPLACED = "replaced"
    """A newer revision of the same round took its place: its caption was edited."""
    EXPIRED = "expired"
    STOPPED = "stopped"


class Review(Payload):
    """One revision on show."""

    review_id: str
    """`<item>/<round>/<revision>`."""
    item_id: str
    account_id: str
    round: int
    revision: int
    video_key: str
    video_sha256: str
    caption: str
    content_sha256: str
    """Hash of file and caption together: what is approved is exactly this."""
    state: ReviewState = ReviewState.OPEN
    deadline: datetime
    """Set by the database clock when the review was opened."""
    seconds_left: float
    """To the deadline, by the database clock, when this was read."""


class ReviewRequest(Payload):
    """What is put before a person."""

    item_id: str
    account_id: str
    round: int
    video_key: str
    video_sha256: str
    caption: str
    waits: timedelta
    """From now to the deadline."""


class Word(Payload):
    """What a person said, through whatever door."""

    kind: DecisionKind
    item_id: str
    review_id: str | None = None
    """The revision the person saw; None means the one now on show."""
    actor: str = Field(default="temporal-cli", min_length=1, max_length=120)
    door: str = Field(default="signal", max_length=40)
    notes: str = Field(default="", max_length=MAX_NOTES)
    caption: str | None = Field(default=None, min_length=1, max_length=MAX_CAPTION)


class Verdict(Payload):
    """What the row says after a word, a hint or the deadline."""

    review: Review
    accepted: bool
    """True where this word, or the earlier delivery of the same word, is what counts."""
    line: str
    """One line for the person: what happened, or who decided before and when."""
    decided_by: str | None = None
    notes: str = ""
    refusal: Refusal | None = None
    """Set where a revise did not fit a cap; the review stays open."""
