"""The audit of charges and prices against a vendor's own. It changes nothing; a person decides."""

from typing import Literal

from schema.money import Book, in_words
from schema.payload import Payload

DAYS = 3
"""How far back a check looks: a nightly one that was missed twice is made up for."""


class AuditRequest(Payload):
    """Input of the check."""

    days: int = DAYS
    charges: bool = True
    """Compare what was charged."""
    prices: bool = True
    """Compare what models cost."""


class VendorRequest(Payload):
    """One vendor's part of it."""

    vendor: str
    days: int = DAYS


class Difference(Payload):
    """One operation of which a vendor says something else than we do."""

    kind: Literal["not_listed", "not_settled", "amount", "twice"]
    """`not_listed`: charged here, not there; `not_settled`: charged there, not here; `twice`: two jobs for one."""
    operation_id: str
    handle: str
    """The vendor's name for it; several with commas between."""
    ours_microusd: int
    theirs_microusd: int | None
    """None where the vendor does not say."""
    line: str


class VendorAudit(Payload):
    """What one vendor's books say of the days that were looked at."""

    vendor: str
    book: Book
    operations: int
    """What we bought there in these days and know the end of."""
    settled_microusd: int
    listed_microusd: int | None = None
    """What the vendor lists of it; None where it does not say or was not read."""
    differences: tuple[Difference, ...] = ()
    more_differences: int = 0
    """Found, and too many to tell one by one."""
    waiting: int = 0
    """Not over yet here, or too young to be listed there: compared next time."""
    written_off: int = 0
    """Charged in full without a vendor's id, since its outcome is unknown: there is nothing to compare."""
    foreign: int = 0
    """Charges that are none of ours: another program uses the same account."""
    foreign_microusd: int = 0
    unread: str = ""
    """Why the vendor's books were not read; empty where they were."""
    comparable: bool = True
    """False for a vendor that does not show what it charged, such as a writer."""

    @property
    def agree(self) -> bool:
        """True where nothing differs, and what could be compared was."""
        unproven = bool(self.unread) and self.comparable and self.operations > 0
        return not (self.differences or self.more_differences or unproven)

    def in_words(self) -> str:
        """Return the outcome as one line for a person."""
        ours = f"{self.operations} operations, {in_words(self.settled_microusd, self.book)} charged here"
        if self.unread:
            return f"{self.vendor}: {ours}; not compared: {self.unread}"
        listed = (
            "the vendor lists them without amounts"
            if self.listed_microusd is None
            else f"{in_words(self.listed_microusd, self.book)} there"
        )
        said = "the books agree" if self.agree else f"{len(self.differences) + self.more_differences} differ"
        notes = [
            f"{count} {what}"
            for count, what in (
                (self.waiting, "not over or not listed yet"),
                (self.written_off, "written off without a vendor's id"),
                (
                    self.foreign,
                    f"charges there are none of ours ({in_words(self.foreign_microusd, self.book)})",
                ),
            )
            if count
        ]
        return "; ".join([f"{self.vendor}: {said}: {ours}, {listed}", *notes])


class PriceLine(Payload):
    """What a vendor says one model costs, beside our table."""

    vendor: str
    model: str
    endpoint: str = ""
    """Its name at the vendor, where it lists one; a model may have several."""
    verdict: Literal["equal", "differs", "changed", "cannot be compared"]
    """`changed`: since it was last looked at, in the vendor's own unit, which cannot be compared with ours."""
    line: str


class VendorPrices(Payload):
    """One vendor's prices."""

    vendor: str
    lines: tuple[PriceLine, ...] = ()
    unread: str = ""
    """Why they were not read; empty where they were."""


class AuditReport(Payload):
    """The whole check."""

    books: tuple[VendorAudit, ...] = ()
    prices: tuple[VendorPrices, ...] = ()

    @property
    def agree(self) -> bool:
        """True where no book and no price differs."""
        prices = [line for vendor in self.prices for line in vendor.lines]
        return all(books.agree for books in self.books) and all(
            line.verdict in ("equal", "cannot be compared") for line in prices
        )
