"""What is particular to fal's addresses and look-ups: what its listing can and cannot prove."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.ledger.port import NotResolvedYet
from activities.studios.fal import FalStudio
from activities.studios.port import NoEffect
from schema.failure import Fault
from schema.prices.price_table import load_prices
from tests.activities.studios.contract.buying import PRICE, Buyer, fault_of
from tests.activities.studios.contract.vendors import QUICK, Vendor, fake_fal
from tests.activities.studios.orders import scene_order
from tests.vendors import fal
from tests.vendors.process import VendorProcess


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[Vendor]:
    with fake_fal(tmp_path / "fal") as running:
        yield running
        await running.studio.aclose()
        await running.unreachable.aclose()


async def test_addresses_in_an_answer_are_never_asked(vendor: Vendor, process: VendorProcess) -> None:
    foreign = {
        "request_id": "r-1",
        **dict.fromkeys(("response_url", "status_url", "cancel_url"), "http://127.0.0.1:1/x"),
    }
    process.lie({"call": "submit", "kind": "body", "status": 200, "body": foreign})
    handle = await vendor.studio.submit(scene_order())
    with pytest.raises(httpx.HTTPError, match="HTTP 404"):  # from fal itself, and not from the other address
        await vendor.studio.read_job(handle)


async def test_a_job_that_still_runs_is_not_taken_for_absent(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    process.set(work_seconds=1.2)
    request = await buyer.open("aaaaaa")
    process.lie({"call": "submit", "kind": "reset", "acts": True})
    for _ in range(2):
        with pytest.raises(NotResolvedYet):
            await buyer.submit(request)
    assert (await buyer.submit_until_known(request)).handle
    assert vendor.submissions() == 1


@pytest.mark.parametrize(
    "lie",
    [
        {"kind": "body", "status": 200, "body": {"items": [{"request_id": "x"}], "has_more": False}},
        {"kind": "body", "status": 200, "body": {"items": [], "has_more": True, "next_cursor": "MA=="}},
        {"kind": "error", "status": 403, "body": {"detail": "needs an admin key"}},
    ],
    ids=["inputs not kept", "no end of pages", "not allowed"],
)
async def test_a_listing_with_holes_ends_in_a_question_for_a_person(
    buyer: Buyer, vendor: Vendor, process: VendorProcess, lie: dict[str, Any]
) -> None:
    request = await buyer.open("aaaaaa")
    process.lie({"call": "submit", "kind": "reset"}, {"call": "listing", "times": 10_000, **lie})
    trouble = await fault_of(buyer.submit_until_known(request))
    assert trouble.fault is Fault.PARKED
    assert vendor.submissions() == 0
    assert await buyer.budget() == (PRICE, 0)


async def test_a_page_without_more_is_the_last_only_where_its_cursor_is_empty(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    request = await buyer.open("aaaaaa")
    last: dict[str, Any] = {"items": [], "next_cursor": None}
    process.lie(
        {"call": "submit", "kind": "reset"},
        {"call": "listing", "kind": "body", "status": 200, "body": last, "times": 99},
    )
    assert (await fault_of(buyer.submit_until_known(request))).fault is Fault.VENDOR_DOWN
    process.lie()
    assert (await buyer.wait(await buyer.submit(request))).made
    assert vendor.submissions() == 1
    first: dict[str, Any] = {"billing_events": [], "next_cursor": "0"}
    process.lie({"call": "bill", "kind": "body", "status": 200, "body": first})
    bill = await vendor.books.bill(datetime.now(UTC) - timedelta(days=1))
    assert len(bill.charges) == 1


async def test_without_a_seed_a_lost_answer_is_a_question_for_a_person(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    request = await buyer.open("aaaaaa", model="kling-2.5")
    prompt = request.prompt.model_copy(update={"resolution": "1080p"})
    process.lie({"call": "submit", "kind": "reset", "acts": True})
    trouble = await fault_of(buyer.submit_until_known(request.model_copy(update={"prompt": prompt})))
    assert trouble.fault is Fault.PARKED
    assert vendor.submissions() == 1


async def test_the_key_is_in_no_error(process: VendorProcess) -> None:
    studio = FalStudio(
        fal.KEY, load_prices("fal"), queue_url=process.url, platform_url=f"{process.url}/v1", bounds=QUICK
    )
    process.lie({"call": "submit", "kind": "error", "status": 401, "body": {"detail": f"bad key {fal.KEY}"}})
    with pytest.raises(NoEffect) as refusal:
        await studio.submit(scene_order())
    assert fal.KEY not in repr(refusal.value)
    await studio.aclose()
