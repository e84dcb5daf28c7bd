"""The audit of every vendor finds each difference in its direction, and none in clean bills."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from temporalio.testing import ActivityEnvironment

from activities.audit_bills import AuditingBills
from activities.bookkeeping.port import NotTold
from activities.bookkeeping.settled_charges import SettledCharges
from activities.bookkeeping.vendor_reading import MOST_READINGS
from activities.reviews.closing import PostgresCloser
from activities.store import outbox
from activities.store.database import Database
from activities.studios.port import JobState
from schema.content.scene import Submission
from schema.items.item import Ending, ItemState
from schema.purchases.operation import Operation, Refusal
from schema.reviews.message import Message
from schema.vendors.audit import VendorAudit, VendorRequest
from tests.activities.ledger.scenery import HASH
from tests.activities.ledger.scenery import Vendor as Imagined
from tests.activities.studios.contract.buying import PRICE, Buyer
from tests.activities.studios.contract.vendors import LIARS, VENDORS, Vendor, fake_fal
from tests.activities.studios.orders import scene_order
from tests.timings import SHORT


@pytest.fixture(params=sorted(VENDORS))
async def vendor(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Vendor]:
    with VENDORS[request.param](tmp_path / "vendor") as running:
        yield running
        for adapter in (running.studio, running.unreachable, running.books):
            await adapter.aclose()


@pytest.fixture
async def at_fal(tmp_path: Path) -> AsyncIterator[Vendor]:
    with fake_fal(tmp_path / "vendor") as running:
        yield running
        for adapter in (running.studio, running.unreachable, running.books):
            await adapter.aclose()


@pytest.fixture
def buyer_at_fal(database: Database, at_fal: Vendor, tmp_path: Path) -> Buyer:
    return Buyer.of(database, at_fal, tmp_path / "storage")


async def check(buyer: Buyer, *, attempt: int = 1) -> VendorAudit:
    """Run the activity once."""
    keeper = buyer.vendor.books
    checking = AuditingBills(SettledCharges(buyer.database), {keeper.name: keeper}, SHORT)
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt)
    return await environment.run(checking.check_vendor, VendorRequest(vendor=keeper.name))


async def check_when_over(buyer: Buyer) -> VendorAudit:
    """Check until nothing is too young to be listed."""
    async with asyncio.timeout(60):
        while True:
            found = await check(buyer)
            if not found.waiting:
                return found
            await asyncio.sleep(0.1)


async def raised(buyer: Buyer) -> list[Message]:
    async with buyer.database.transaction() as connection:
        return await outbox.newest(connection, 100)


async def ordered(buyer: Buyer, tail: str) -> Submission:
    """Order a scene, and let the vendor finish and charge it; nothing of that is known here yet."""
    submission = await buyer.submit(await buyer.open(tail))
    async with asyncio.timeout(20):
        while True:
            if (await buyer.vendor.studio.read_job(submission.handle)).state is JobState.DONE:
                return submission
            await asyncio.sleep(0.05)


async def test_books_that_agree_show_no_difference(buyer: Buyer) -> None:
    for tail in ("aaaaaa", "bbbbbb"):
        await buyer.wait(await ordered(buyer, tail))
    found = await check_when_over(buyer)
    assert found.agree
    assert (found.operations, found.settled_microusd, found.foreign) == (2, 2 * PRICE, 0)
    told = None if buyer.vendor.studio.name == "replicate" else buyer.vendor.charged_microusd()
    assert found.listed_microusd == told
    assert await raised(buyer) == []


async def test_what_was_settled_and_is_not_listed_is_found_and_told_once(buyer: Buyer) -> None:
    request = await buyer.open("aaaaaa")
    reserved = await buyer.ledger.reserve([request.order], None)
    assert not isinstance(reserved, Refusal)
    await buyer.ledger.carry_out(reserved[0], HASH, Imagined())
    before = await buyer.ledger.settle(reserved[0].operation_id, PRICE)
    assert (await check(buyer)).waiting == 1
    found = await check_when_over(buyer)
    (difference,) = found.differences
    assert (difference.kind, difference.operation_id) == ("not_listed", before.operation_id)
    assert not found.agree
    await check(buyer)
    assert [alert.message_id for alert in await raised(buyer)] == [f"books/not_listed/{before.operation_id}"]
    assert await buyer.operations(request) == [before]


async def test_what_is_listed_and_was_given_back_here_is_found(buyer: Buyer) -> None:
    submission = await ordered(buyer, "aaaaaa")
    await buyer.ledger.release(submission.operation_id, "a mistaken person")
    found = await check_when_over(buyer)
    (difference,) = found.differences
    assert (difference.kind, difference.handle) == ("not_settled", submission.handle)
    assert "which is released here" in difference.line


async def test_what_is_not_over_yet_is_left_alone_until_its_item_has_ended(buyer: Buyer) -> None:
    submission = await ordered(buyer, "aaaaaa")
    found = await check(buyer)
    assert (found.differences, found.waiting) == ((), 1)
    await PostgresCloser(buyer.database).close_item(
        Ending(item_id=submission.item_id, state=ItemState.FAILED)
    )
    assert [difference.kind for difference in (await check(buyer)).differences] == ["not_settled"]


async def test_another_amount_is_found_where_the_vendor_says_one(buyer: Buyer) -> None:
    submission = await ordered(buyer, "aaaaaa")
    await buyer.ledger.settle(submission.operation_id, PRICE - 1)
    found = await check_when_over(buyer)
    if buyer.vendor.studio.name == "replicate":  # it lists the job without an amount
        assert found.agree
        return
    (difference,) = found.differences
    assert (difference.kind, difference.ours_microusd, difference.theirs_microusd) == (
        "amount",
        PRICE - 1,
        PRICE,
    )


async def test_a_second_job_of_one_operation_is_found_by_our_marker(buyer: Buyer) -> None:
    submission = await ordered(buyer, "aaaaaa")
    await buyer.wait(submission)
    second = await buyer.vendor.studio.submit(scene_order(submission.operation_id))
    await buyer.vendor.studio.read_job(second)
    found = await check_when_over(buyer)
    (difference,) = found.differences
    assert difference.kind == "twice"
    assert {submission.handle, second} == set(difference.handle.split(", "))


async def test_what_is_none_of_ours_is_no_difference_and_is_told_once_a_day(buyer: Buyer) -> None:
    for number in (1, 2):
        handle = await buyer.vendor.studio.submit(scene_order(f"somebody-else/1/scene/{number}/1"))
        await buyer.vendor.studio.read_job(handle)
    bill = await buyer.vendor.books.bill(datetime.now(UTC) - timedelta(hours=1))
    days = {f"books/foreign/{buyer.vendor.studio.name}/{charge.at:%Y-%m-%d}" for charge in bill.charges}
    for _ in range(2):
        found = await check(buyer)
        assert (found.foreign, found.agree) == (2, True)
    told = await raised(buyer)
    assert {alert.message_id for alert in told} == days
    assert len(told) == len(days)
    if len(days) == 1:  # not around midnight
        price = "without amounts" if buyer.vendor.studio.name == "replicate" else "$1.00"
        assert "2 charges" in told[0].line
        assert price in told[0].line


async def test_what_a_person_wrote_off_is_matched_by_our_marker_or_left_alone(buyer: Buyer) -> None:
    """Its answer was lost; nobody knows its id here, but the vendor may."""
    known, gone = await buyer.open("aaaaaa"), await buyer.open("bbbbbb")
    written_off: list[Operation] = []
    for request in (known, gone):
        reserved = await buyer.ledger.reserve([request.order], None)
        assert not isinstance(reserved, Refusal)
        written_off.append(await buyer.ledger.settle(reserved[0].operation_id, PRICE))
    handle = await buyer.vendor.studio.submit(scene_order(written_off[0].operation_id))
    await buyer.vendor.studio.read_job(handle)
    found = await check_when_over(buyer)
    assert (found.agree, found.written_off, found.foreign) == (True, 1, 0)


@pytest.mark.parametrize("name", LIARS)
@pytest.mark.parametrize(
    "lie",
    [
        {"kind": "html", "status": 200},
        {"kind": "body", "status": 200, "body": {}},
        {"kind": "body", "status": 200, "body": {"has_more": False, "next_cursor": None, "next": None}},
    ],
    ids=["a page", "nothing", "an end without a list"],
)
async def test_a_bill_that_cannot_be_read_is_never_an_empty_one(
    name: str, lie: dict[str, object], database: Database, tmp_path: Path
) -> None:
    with VENDORS[name](tmp_path / "vendor") as running:
        buyer = Buyer.of(database, running, tmp_path / "storage")
        await buyer.wait(await ordered(buyer, "aaaaaa"))
        assert running.process is not None
        running.process.lie({"call": "bill" if name == "fal" else "listing", "times": 9, **lie})
        with pytest.raises(httpx.HTTPError):
            await check(buyer)
        found = await check(buyer, attempt=MOST_READINGS)
        assert (found.differences, found.agree) == ((), False)
        assert "not compared" in found.in_words()
        assert [alert.kind for alert in await raised(buyer)] == ["books"]
        for adapter in (running.studio, running.unreachable, running.books):
            await adapter.aclose()


async def test_every_page_of_a_bill_is_read(at_fal: Vendor, buyer_at_fal: Buyer) -> None:
    assert at_fal.process is not None
    at_fal.process.set(page=1)
    for tail in ("aaaaaa", "bbbbbb", "cccccc"):
        await buyer_at_fal.wait(await ordered(buyer_at_fal, tail))
    found = await check_when_over(buyer_at_fal)
    assert (found.agree, found.listed_microusd) == (True, 3 * PRICE)


async def test_a_discount_is_a_difference_of_amounts(at_fal: Vendor, buyer_at_fal: Buyer) -> None:
    assert at_fal.process is not None
    at_fal.process.set(percent_discount=10)
    await buyer_at_fal.wait(await ordered(buyer_at_fal, "aaaaaa"))
    (difference,) = (await check_when_over(buyer_at_fal)).differences
    assert (difference.kind, difference.theirs_microusd) == ("amount", PRICE * 9 // 10)


async def test_a_key_that_may_not_read_bills_is_told_with_the_remedy(
    at_fal: Vendor, buyer_at_fal: Buyer
) -> None:
    await buyer_at_fal.wait(await ordered(buyer_at_fal, "aaaaaa"))
    assert at_fal.process is not None
    at_fal.process.set(bills=False)
    with pytest.raises(NotTold):
        await at_fal.books.bill(datetime.now(UTC) - timedelta(days=1))
    found = await check(buyer_at_fal)
    assert "set FAL_ADMIN_KEY" in found.unread
    assert not found.agree
