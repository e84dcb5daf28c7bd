"""Check the books: compare what was settled here with what the vendor lists, by the vendor's own ids.

A difference is told and never mended: which of the two is right, a person finds out.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, timedelta

from temporalio import activity

from activities.bookkeeping.port import Bill, Bookkeeper, Charge, ChargeReader, Record
from activities.bookkeeping.vendor_reading import Unread, read
from activities.studios.request_mapping import marker_of
from schema.money import Book, in_words
from schema.purchases.operation import OperationState
from schema.settings import Timings
from schema.vendors.audit import AuditRequest, Difference, VendorAudit, VendorRequest

EARLIER = timedelta(days=30)
"""Operations this much older than the days looked at may still be what a listed charge is for."""
SLACK = timedelta(hours=1)
"""How much a vendor's clock may differ from the database's."""
MOST_TOLD = 200
"""Differences that are told one by one; a workflow carries no longer list."""


class AuditingBills:
    """The check of bills, given each vendor's books and ours."""

    def __init__(self, books: ChargeReader, keepers: Mapping[str, Bookkeeper], timings: Timings) -> None:
        self._books = books
        self._keepers = keepers
        self._timings = timings

    @activity.defn(name="vendors_to_check")
    async def vendors_to_check(self, request: AuditRequest) -> list[str]:
        """Return the configured vendors, and those that were paid in these days."""
        paid = await self._books.vendors(timedelta(days=request.days))
        return sorted({*self._keepers, *paid})

    @activity.defn(name="check_vendor")
    async def check_vendor(self, request: VendorRequest) -> VendorAudit:
        """Compare one vendor's books with ours, and raise an alert for each difference that was not told before.

        A vendor that cannot be read is asked again, and at last reported as unread: nothing is concluded from it.
        """
        window = timedelta(days=request.days)
        keeper = self._keepers.get(request.vendor)
        if keeper is None:
            book = (await self._books.vendors(window)).get(request.vendor, Book.USD)
            records = await self._books.records(request.vendor, window)
            why = "it does not show what it charged, or its key is not set"
            return _summed(request.vendor, book, records).model_copy(
                update={"unread": why, "comparable": False}
            )
        since = await self._books.moment() - window - SLACK
        began = time.monotonic()
        bill = await read(keeper.bill(since))
        if isinstance(bill, Unread):
            return await self._unread(keeper, window, bill.why)
        records = await self._books.records(request.vendor, window + EARLIER)
        patience = max(bill.visible_within, self._timings.visibility_delay)
        patience += timedelta(seconds=time.monotonic() - began)
        found = compare(keeper.name, keeper.book, records, bill, window=window, patience=patience)
        accounts = {record.operation_id: record.account_id for record in records}
        for difference in found.differences:
            name = f"books/{difference.kind}/{difference.operation_id}"
            await self._books.raise_alert(
                name, "books", difference.line, accounts.get(difference.operation_id)
            )
        await self._tell_of_foreign(keeper, records, bill)
        return found

    async def _tell_of_foreign(self, keeper: Bookkeeper, records: Sequence[Record], bill: Bill) -> None:
        """Raise one alert for each day with charges that are not ours: another program may use the key."""
        by_day: defaultdict[date, list[Charge]] = defaultdict(list)
        for charge in _matched(records, bill.charges)[1]:
            by_day[charge.at.astimezone(UTC).date()].append(charge)
        for day, charges in sorted(by_day.items()):
            cost = _charged(charges)
            sum_there = "without amounts" if cost is None else in_words(cost, keeper.book)
            line = (
                f"{keeper.name} lists {len(charges)} charges of {day} that are none of ours ({sum_there} so far): "
                "another program or person uses this account, or its key"
            )
            await self._books.raise_alert(f"books/foreign/{keeper.name}/{day}", "books", line)

    async def _unread(self, keeper: Bookkeeper, window: timedelta, why: str) -> VendorAudit:
        unread = _summed(keeper.name, keeper.book, await self._books.records(keeper.name, window))
        unread = unread.model_copy(update={"unread": why})
        if not unread.agree:
            day = f"{await self._books.moment():%Y-%m-%d}"
            line = f"the books of {keeper.name} could not be compared with ours: {why}"
            await self._books.raise_alert(f"books/unread/{keeper.name}/{day}", "books", line)
        return unread


def compare(
    vendor: str,
    book: Book,
    records: Sequence[Record],
    bill: Bill,
    *,
    window: timedelta,
    patience: timedelta,
) -> VendorAudit:
    """Compare in both directions. `records` go further back than `window`, so that late charges find theirs.

    A charge is matched by the vendor's id, else by our marker; what matches neither is none of ours. What was settled
    less than `patience` ago, or is not over yet, is left to the next check.
    """
    listed, foreign = _matched(records, bill.charges)
    differences: list[Difference] = []
    looked_at: list[Record] = []
    waiting = written_off = 0
    theirs: int | None = 0
    for record in records:
        charges = listed[record.operation_id]
        if record.age > window and not charges:
            continue
        looked_at.append(record)
        listed_microusd = _charged(charges)
        theirs = None if theirs is None or listed_microusd is None else theirs + listed_microusd
        if charges and _not_over(record):
            waiting += 1
        elif len(charges) > 1:
            differences.append(_difference("twice", vendor, book, record, charges, listed_microusd))
        elif charges:
            if kind := _what_differs(record, charges[0], listed_microusd):
                differences.append(_difference(kind, vendor, book, record, charges, listed_microusd))
        elif record.state is not OperationState.SETTLED or not record.charged_microusd:
            continue
        elif record.handle is None:
            written_off += 1
        elif record.ended_for is None or record.ended_for < patience:
            waiting += 1
        else:
            differences.append(_difference("not_listed", vendor, book, record, charges, 0))
    return _summed(vendor, book, looked_at).model_copy(
        update={
            "listed_microusd": theirs,
            "differences": tuple(differences[:MOST_TOLD]),
            "more_differences": max(len(differences) - MOST_TOLD, 0),
            "waiting": waiting,
            "written_off": written_off,
            "foreign": len(foreign),
            "foreign_microusd": sum(charge.charged_microusd or 0 for charge in foreign),
        }
    )


def _matched(
    records: Iterable[Record], charges: Iterable[Charge]
) -> tuple[defaultdict[str, list[Charge]], list[Charge]]:
    """Return the charges of each operation, and those without an operation here."""
    by_handle: dict[str, str] = {}
    by_marker: dict[str, str] = {}
    for record in records:
        if record.handle:
            by_handle[record.handle] = record.operation_id
        for marker in (record.operation_id, str(marker_of(record.operation_id))):
            by_marker[marker] = record.operation_id
    listed: defaultdict[str, list[Charge]] = defaultdict(list)
    foreign: list[Charge] = []
    for charge in charges:
        known = by_handle.get(charge.handle) or by_marker.get(charge.marker or "")
        if known is None:
            foreign.append(charge)
        else:
            listed[known].append(charge)
    return listed, foreign


def _charged(charges: Sequence[Charge]) -> int | None:
    """Return what these come to; None where the vendor does not say it of each."""
    told = [charge.charged_microusd for charge in charges if charge.charged_microusd is not None]
    return sum(told) if len(told) == len(charges) else None


def _not_over(record: Record) -> bool:
    ended = (OperationState.SETTLED, OperationState.RELEASED, OperationState.PARKED)
    return record.state not in ended and not record.item_ended


def _what_differs(record: Record, charge: Charge, listed_microusd: int | None) -> str:
    """Return in what one charge differs from its operation; empty where it does not, or the vendor does not say."""
    if record.state is not OperationState.SETTLED:
        return "" if listed_microusd == 0 else "not_settled"
    if record.handle and record.handle != charge.handle:
        return "not_listed"
    return "" if listed_microusd in (None, record.charged_microusd) else "amount"


def _difference(
    kind: str, vendor: str, book: Book, record: Record, charges: Sequence[Charge], theirs: int | None
) -> Difference:
    ours = record.charged_microusd or 0
    here = in_words(ours, book)
    there = "without an amount" if theirs is None else in_words(theirs, book)
    handles = ", ".join(charge.handle for charge in charges) or (record.handle or "")
    instead = f"; it lists {handles} for it" if charges else ""
    lines = {
        "not_listed": f"{here} was settled for {record.operation_id}, and {vendor} does not list {record.handle}"
        + instead,
        "not_settled": f"{vendor} lists {there} for {record.operation_id} ({handles}), which is {record.state} here",
        "amount": f"{vendor} lists {there} for {record.operation_id} ({handles}), and {here} was settled",
        "twice": f"{vendor} lists {len(charges)} jobs for {record.operation_id} ({handles}): {there}, settled {here}",
    }
    return Difference.model_validate(
        {
            "kind": kind,
            "operation_id": record.operation_id,
            "handle": handles,
            "ours_microusd": ours,
            "theirs_microusd": theirs,
            "line": lines[kind],
        }
    )


def _summed(vendor: str, book: Book, records: Sequence[Record]) -> VendorAudit:
    settled = [record for record in records if record.state is OperationState.SETTLED]
    return VendorAudit(
        vendor=vendor,
        book=book,
        operations=len(settled),
        settled_microusd=sum(record.charged_microusd or 0 for record in settled),
    )
