"""A review: what is shown to a person, and what the person decided."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schema.limits import MAX_CAPTION, MAX_NOTES
from schema.money import Book
from schema.payload import Payload
from schema.purchases.operation import Refusal
from schema.reviews.subject import Subject
from schema.text import STORABLE

DecisionKind = Literal["approve", "reject", "revise", "edit_caption"]


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
    """`<item>/<round>/<gate>/<revision>`."""
    item_id: str
    account_id: str
    round: int
    revision: int
    subject: Subject
    content_sha256: str
    """The hash of the subject as it was put on show: it stays where the text of an old review was blanked."""
    title: str = ""
    """Of the item; with what follows all that a card needs, also while no worker lives."""
    poster_key: str | None = None
    """The key of a picture of it; None where there is none. An address is made of it like an artifact's."""
    cost_microusd: int = 0
    """Charged for the item when this was put on show."""
    round_price_microusd: int = 0
    """What one more round costs at most; 0 where there is nothing to buy."""
    book: Book = Book.SIMULATED
    places: tuple[str, ...]
    """Where it may be posted, as it was when the review was opened: `<platform>/<surface>:<own account id>` each."""
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
    subject: Subject
    poster_key: str | None = None
    round_price_microusd: int = 0
    """What one more round costs at most."""
    waits: timedelta
    """From now to the deadline."""
    platforms: tuple[str, ...] = ()
    """Where it is meant to go; the place on each is added when the review is opened."""
    places: tuple[str, ...] = ()


class Word(Payload):
    """What a person said, through whatever door."""

    kind: DecisionKind
    item_id: str
    word_id: str | None = None
    """The door's own name for this word: the same word told again, after a lost answer, is known by it."""
    review_id: str | None = None
    """The revision the person saw; None means the one now on show."""
    actor: str = "temporal-cli"
    door: str = "signal"
    notes: str = ""
    caption: str | None = None
    item_cap_microusd: int | None = None
    """With a revise: raise the item's cap to this, where the revise counts. None leaves it."""


class WordForm(Word):
    """A word as a door takes it in, checked."""

    word_id: str | None = Field(default=None, max_length=120)
    actor: Annotated[str, Field(min_length=1, max_length=120), STORABLE] = "temporal-cli"
    door: str = Field(default="signal", max_length=40)
    notes: Annotated[str, Field(max_length=MAX_NOTES), STORABLE] = ""
    caption: Annotated[str, Field(min_length=1, max_length=MAX_CAPTION), STORABLE] | None = None
    item_cap_microusd: int | None = Field(default=None, ge=0)


class Verdict(Payload):
    """What became of one word, or what the row says after a hint or the deadline."""

    review: Review
    accepted: bool
    """True where this word, or the earlier delivery of the same word, is what counts."""
    line: str
    """One line for the person: what became of this word, or who decided before and when."""
    already: bool = False
    """True where it was not needed: the same was decided before."""
    decided_by: str | None = None
    notes: str = ""
    refusal: Refusal | None = None
    """Set where a revise did not fit a cap; the review stays open."""
