"""What a vendor's own bills say: what it charged, and what its models cost. All are reads."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from schema.money import Book
from schema.payload import Payload
from schema.purchases.operation import OperationState
from schema.reviews.message import MessageKind


class Charge(Payload):
    """One job that the vendor lists as done and owed."""

    handle: str
    """The vendor's name for it, as our ledger keeps it."""
    charged_microusd: int | None
    """None where the vendor lists the job and does not say what it cost."""
    at: datetime
    marker: str | None = None
    """What the order carried to be known again: the operation's id or its number; None where it is not listed."""


class Bill(Payload):
    """Every charge since a moment."""

    charges: tuple[Charge, ...]
    visible_within: timedelta = timedelta()
    """How long a charge may take to be listed; zero means: no longer than the usual visibility delay."""


class ListedPrice(Payload):
    """What one model costs, in the vendor's words."""

    model: str
    """Its name in our price table."""
    endpoint: str
    """Its name at the vendor."""
    unit_price: Decimal
    unit: str
    """What a unit is, as the vendor calls it: it need not be ours."""
    currency: str


class NotTold(Exception):
    """The vendor does not show this to our key: asking again is no help, a person may mend it."""


class Bookkeeper(Protocol):
    """A vendor's books.

    Raises `NotTold`; and `httpx.HTTPError` or `OSError` where the vendor cannot be reached or understood: then nothing
    is known, and an unreadable bill is never an empty one.
    """

    @property
    def name(self) -> str:
        """The vendor's name on receipts."""
        ...

    @property
    def book(self) -> Book:
        """Whose money it charges."""
        ...

    async def bill(self, since: datetime) -> Bill:
        """Return everything that was charged since then, by the vendor's own listing."""
        ...

    async def listed_prices(self) -> list[ListedPrice]:
        """Return the vendor's current prices of the models in our table; unlisted ones are left out."""
        ...


class Record(Payload):
    """One paid operation, as a check of the books needs it."""

    operation_id: str
    account_id: str
    state: OperationState
    handle: str | None
    charged_microusd: int | None
    age: timedelta
    """Since it was reserved."""
    ended_for: timedelta | None
    """Since it was settled or released; None while it is open."""
    item_ended: bool


class Listed(Payload):
    """A vendor's price of one model, in the vendor's own unit, as it was last seen."""

    endpoint: str
    unit_price: Decimal
    unit: str
    currency: str


class ChargeReader(Protocol):
    """The ledger as a check of the books reads it, and where it writes what it found. It mends nothing."""

    async def moment(self) -> datetime:
        """Return the time by the database clock."""
        ...

    async def vendors(self, window: timedelta) -> dict[str, Book]:
        """Return who was paid for operations that are not older than this, and in which book."""
        ...

    async def records(self, vendor: str, window: timedelta) -> list[Record]:
        """Return the paid operations of a vendor that are not older than this, oldest first."""
        ...

    async def raise_alert(
        self, alert_id: str, kind: MessageKind, line: str, account_id: str | None = None
    ) -> None:
        """Write an alert down, once ever."""
        ...

    async def price_before(self, vendor: str, price: Listed) -> Listed | None:
        """Keep what a vendor says a model costs; return what it said before where that was something else."""
        ...
