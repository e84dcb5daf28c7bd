"""The check of the books as a story: one vendor that shows nothing keeps no other from being compared."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from activities.bookkeeping.port import Bill, Charge, ListedPrice, NotTold
from activities.store.database import Database
from schema import queues
from schema.money import Book
from schema.vendors.audit import AuditReport, AuditRequest, PriceLine
from tests.house import House, open_house
from tests.services import TemporalServer
from workflows.nightly_audit import NightlyAudit


class Keeper:
    """A vendor's books in memory."""

    book = Book.SIMULATED

    def __init__(self, name: str) -> None:
        self.name = name
        self.charges: tuple[Charge, ...] = ()
        self.price = Decimal("0.10")
        self.refuses = False

    async def bill(self, since: datetime) -> Bill:
        self._asked()
        return Bill(charges=self.charges)

    async def listed_prices(self) -> list[ListedPrice]:
        self._asked()
        unit = "second of 720p"
        return [
            ListedPrice(model="wan-2.5", endpoint="wan", unit_price=self.price, unit=unit, currency="USD")
        ]

    def _asked(self) -> None:
        if self.refuses:
            raise NotTold(f"{self.name} shows nothing to this key")


def lines_of(report: AuditReport) -> list[PriceLine]:
    """The prices of the one model that is listed."""
    return [line for prices in report.prices for line in prices.lines if line.model == "wan-2.5"]


async def checked(house: House, **request: object) -> AuditReport:
    return await house.client.execute_workflow(
        NightlyAudit.run,
        AuditRequest.model_validate(request),
        id=f"books/{uuid.uuid4()}",
        task_queue=queues.CONTROL,
    )


async def test_an_item_is_bought_and_the_books_agree_although_another_vendor_shows_nothing(
    temporal: TemporalServer, database: Database, tmp_path: Path
) -> None:
    studio, silent = Keeper("offline-studio"), Keeper("a-silent-one")
    silent.refuses = True
    async with open_house(temporal.address, database, tmp_path, bookkeepers=[studio, silent]) as house:
        await house.until(await house.begin(), "review")
        now = datetime.now(UTC)
        studio.charges = tuple(
            Charge(handle=str(number), charged_microusd=500_000, at=now) for number in (1, 2, 3)
        )
        report = await checked(house)
        assert [(books.vendor, books.operations, books.unread) for books in report.books] == [
            ("a-silent-one", 0, "a-silent-one shows nothing to this key"),
            ("offline-studio", 3, ""),
        ]
        assert report.agree
        assert [line.verdict for line in lines_of(report)] == ["equal"]


@pytest.mark.parametrize("asked", ["charges", "prices"])
async def test_what_was_not_asked_for_is_not_checked(house: House, asked: str) -> None:
    await house.until(await house.begin(), "review")
    report = await checked(house, charges=asked == "charges", prices=asked == "prices")
    assert (len(report.books), len(report.prices)) == ((1, 0) if asked == "charges" else (0, 1))


async def test_a_price_that_differs_makes_the_check_disagree(
    temporal: TemporalServer, database: Database, tmp_path: Path
) -> None:
    studio = Keeper("offline-studio")
    studio.price = Decimal("0.11")
    async with open_house(temporal.address, database, tmp_path, bookkeepers=[studio]) as house:
        report = await checked(house)
    assert not report.agree
    (line,) = lines_of(report)
    assert "0.11 USD a 'second of 720p' there, $0.1 in our table" in line.line
