"""Vendors' listed prices beside our table: each difference is told once, and none is missed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from temporalio.testing import ActivityEnvironment

from activities.audit_prices import Pricing, compare_price
from activities.bookkeeping.port import ListedPrice
from activities.bookkeeping.settled_charges import SettledCharges
from activities.bookkeeping.vendor_reading import MOST_READINGS
from activities.store import outbox
from activities.store.database import Database
from activities.studios.fal_bills import FalBills
from schema.money import Book
from schema.prices.price_table import PriceTable, load_prices
from schema.vendors.audit import VendorPrices, VendorRequest
from tests.activities.studios.contract.vendors import QUICK
from tests.vendors import fal
from tests.vendors.process import VendorProcess, running

WAN = "fal-ai/wan-25-preview/text-to-video"
KLING = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"


def table_of() -> PriceTable:
    clips = {"max_prompt_chars": 800, "durations_seconds": [5], "aspect_ratios": ["9:16"]}
    return PriceTable.model_validate(
        {
            "version": 1,
            "vendor": "fal",
            "book": Book.USD,
            "source": "made up for tests",
            "read_on": date(2026, 11, 20),
            "models": {
                "one-price": {
                    "unit": "second",
                    "price_usd": {"720p": "0.10", "1080p": "0.10"},
                    "wire": {"endpoint": WAN},
                    **clips,
                },
                "one-video": {
                    "unit": "video",
                    "price_usd": {"720p": {5: "0.35"}},
                    "wire": {"endpoint": KLING},
                    **clips,
                },
            },
        }
    )


@pytest.mark.parametrize(
    ("model", "unit", "price", "verdict"),
    [
        ("flux-dev", "megapixels", "0.025", "equal"),
        ("flux-dev", "megapixels", "0.0250", "equal"),
        ("flux-dev", "megapixels", "0.03", "differs"),
        ("flux-dev", "images", "0.025", "cannot be compared"),
        ("seedream-4.5", "images", "0.04", "equal"),
        ("seedream-4.5", "image", "0.05", "differs"),
        ("wan-2.5", "units", "0.05", "cannot be compared"),
        ("wan-2.5", "seconds", "0.05", "cannot be compared"),  # 0.05 is one of its three prices
        ("kling-2.5", "video", "0.35", "cannot be compared"),  # as long as 5 s or as 10 s?
        ("veo-3.1", "seconds", "0.40", "cannot be compared"),  # we always order sound, which costs more
    ],
)
def test_only_the_same_unit_of_one_price_is_compared(model: str, unit: str, price: str, verdict: str) -> None:
    listed = ListedPrice(model=model, endpoint=model, unit_price=Decimal(price), unit=unit, currency="USD")
    assert compare_price(load_prices("fal"), listed).verdict == verdict


def test_another_currency_is_never_compared() -> None:
    listed = ListedPrice(
        model="flux-dev", endpoint="x", unit_price=Decimal("0.025"), unit="megapixels", currency="EUR"
    )
    assert compare_price(load_prices("fal"), listed).verdict == "cannot be compared"


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[VendorProcess]:
    with running("tests.vendors.fal", tmp_path / "fal") as process:
        yield process


async def check(
    database: Database, vendor: VendorProcess, table: PriceTable, *, attempt: int = 1
) -> VendorPrices:
    keeper = FalBills(fal.KEY, table, platform_url=f"{vendor.url}/v1", bounds=QUICK)
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt)
    pricing = Pricing(SettledCharges(database), {"fal": keeper}, [table])
    try:
        return await environment.run(pricing.audit_prices, VendorRequest(vendor="fal"))
    finally:
        await keeper.aclose()


async def told(database: Database) -> list[str]:
    async with database.transaction() as connection:
        return [alert.line for alert in await outbox.newest(connection, 100) if alert.kind == "price"]


async def test_a_price_that_differs_is_an_alert_once_and_changes_nothing(
    database: Database, vendor: VendorProcess
) -> None:
    table = table_of()
    vendor.set(
        listed_prices={
            WAN: {"unit": "seconds", "unit_price": 0.12},
            KLING: {"unit": "video", "unit_price": 0.35},
        }
    )
    for _ in range(2):
        found = await check(database, vendor, table)
        assert [(line.model, line.verdict) for line in found.lines] == [
            ("one-price", "differs"),
            ("one-video", "equal"),
        ]
    (line,) = await told(database)
    assert "0.12 USD a 'seconds' there, $0.1 in our table; nothing was changed" in line


async def test_what_cannot_be_compared_is_watched_for_changes(
    database: Database, vendor: VendorProcess
) -> None:
    table = load_prices("fal")

    async def verdict() -> str:
        found = await check(database, vendor, table)
        (wan,) = [line for line in found.lines if line.endpoint == WAN]
        return wan.verdict

    assert await verdict() == "cannot be compared"
    assert await told(database) == []
    vendor.set(listed_prices={WAN: {"unit_price": 0.06}})
    assert await verdict() == "changed"
    assert await verdict() == "cannot be compared"
    (line,) = await told(database)
    assert "0.06 USD" in line
    assert "it was 0.05 USD a 'units' when last seen" in line


async def test_prices_that_cannot_be_read_are_never_called_equal(
    database: Database, vendor: VendorProcess
) -> None:
    vendor.set(prices_known=False)
    with pytest.raises(httpx.HTTPError):
        await check(database, vendor, table_of())
    found = await check(database, vendor, table_of(), attempt=MOST_READINGS)
    assert (found.lines, bool(found.unread)) == ((), True)
