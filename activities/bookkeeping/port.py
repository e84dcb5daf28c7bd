"""What a vendor's own bills say: what it charged, and what its models cost. All are reads."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from schema.money import Book
from schema.payload import Payload


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
