"""Effects and the money bound to them: what is reserved, sent, charged, released."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from schema.money import Book, in_words
from schema.payload import Payload
from schema.purchases.scope import ITEM, kind_of, remedy_of


class OperationState(StrEnum):
    """Where an effect stands.

    `reserved` -> `sending` -> `accepted` -> `settled` or `released`;
    `reserved` -> `prepared` -> `sending` for a post: its handle exists, and the post itself cannot exist yet;
    `sending` -> `unknown` -> `accepted`, `released`, `settled` or `parked`.
    """

    RESERVED = "reserved"
    PREPARED = "prepared"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    PARKED = "parked"
    SETTLED = "settled"
    RELEASED = "released"


UNSENT = (OperationState.RESERVED, OperationState.PREPARED)
"""Nothing was bought, and no post can exist: the reservation may be given back."""


class Limits(Payload):
    """The caps of one item. Those of account, day and installation are in the database."""

    item_cap_microusd: int
    day_cap_microusd: int | None = None
    """What the account may commit today, where this item is held to less than the account's own cap."""


class Order(Payload):
    """One effect to reserve. Its id is `<slot>/<attempt>`; the ledger gives the attempt."""

    slot: str
    """`<item>/<round>/<step>/<variant>`: the same for every attempt at the same thing."""
    kind: Literal["paid", "publish"]
    item_id: str
    account_id: str
    round: int
    on_behalf_of: str = "system"
    """The person for whom it is bought; `system` where a schedule or a timer asked."""
    vendor: str
    model: str = ""
    book: Book
    amount_microusd: int
    """The worst case, reserved before the call."""
    request_sha256: str | None = None
    """Hash of the request; None where it is not written yet: it is bound at the latest when sending begins."""


def step_of(slot: str) -> str:
    """Return the step in a slot, e.g. `scene`; empty where there is none. The database's column `step` is the same."""
    return (slot.split("/", 3)[2:3] or [""])[0]


class Operation(Payload):
    """One effect as the ledger holds it."""

    operation_id: str
    slot: str
    attempt: int
    kind: Literal["paid", "publish"]
    item_id: str
    account_id: str
    round: int
    on_behalf_of: str = "system"
    """As its first attempt was ordered; `system` where no person asked."""
    vendor: str
    model: str
    book: Book
    state: OperationState
    epoch: int
    """Rises with each take-over; a write that carries an older one does nothing."""
    reserved_microusd: int
    charged_microusd: int | None
    prepared_handle: str | None = None
    """What the platform calls the prepared post: the only thing that the post can come from. None for purchases."""
    handle: str | None
    """The vendor's own name for what it accepted: a job, or the id of a post."""
    uri: str | None = None
    """Where an accepted post can be seen."""
    reason: str
    """Why it is unknown, released or parked; or why what was charged for is of no use; empty otherwise."""
    refused: bool = False
    """True where it was released because the vendor refused it for good: the same request is not sent there again."""
    not_made_before: datetime | None = None
    """A moment by the database clock before which no vendor can have been asked for it; None if not read."""

    @property
    def step(self) -> str:
        """What it is, as slots name it: `scene`, `idea`, `publish`."""
        return step_of(self.slot)

    @property
    def variant(self) -> str:
        """Which one of its step: the number of a scene or of an ask, the place of a post."""
        return self.slot.split("/", 3)[3]


class Refusal(Payload):
    """A budget said no; nothing happened."""

    scope: str
    """The budget, e.g. `item:demo-20261120-abc234` or `day:2026-11-20`."""
    book: Book
    asked_microusd: int
    left_microusd: int
    cap_microusd: int
    passes: bool
    """True where only open reservations stand in the way: they may end, so waiting may help."""

    def in_words(self) -> str:
        """Return the refusal as one line for a person."""
        asked, left, cap = (
            in_words(amount, self.book)
            for amount in (self.asked_microusd, self.left_microusd, self.cap_microusd)
        )
        return f"the budget {self.scope} has {left} left of {cap}, and {asked} was asked"

    @property
    def remedy_for_a_new_item(self) -> str:
        """Return what lets another item be made, where this one has ended because of it."""
        return "`make --cap` gives a new one more" if kind_of(self.scope) == ITEM else self.remedy

    @property
    def remedy(self) -> str:
        """Return what raises the budget that refused."""
        return remedy_of(self.scope)
