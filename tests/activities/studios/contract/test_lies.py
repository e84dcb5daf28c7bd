"""Every lie, told both ways: the effect happened, or it did not. Verdicts come from the vendor's own book."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from activities.ledger.port import NotResolvedYet
from schema.content.scene import SceneOrder
from schema.failure import Fault, Trouble
from schema.purchases.operation import OperationState
from tests.activities.studios.contract.buying import PRICE, Buyer, fault_of
from tests.activities.studios.contract.vendors import LIARS, LISTED_WITHIN, VENDORS, Vendor
from tests.timings import SHORT
from tests.vendors.process import VendorProcess
from tests.waiting import until

LIES: dict[str, dict[str, Any]] = {
    "aaaaaa": {"kind": "error", "status": 500},
    "bbbbbb": {
        "kind": "error",
        "status": 503,
        "body": {"detail": "no runner", "error_type": "runner_server_error"},
    },
    "cccccc": {"kind": "html", "status": 502},
    "dddddd": {"kind": "html", "status": 200},
    "eeeeee": {"kind": "html", "status": 422},
    "ffffff": {"kind": "error", "status": 409},
    "gggggg": {"kind": "error", "status": 408},
    "hhhhhh": {"kind": "body", "status": 200, "body": {"ok": True}},
    "iiiiii": {"kind": "body", "status": 200, "body": {"request_id": "../x", "id": "../x"}},
    "jjjjjj": {"kind": "redirect", "location": "http://169.254.169.254/latest/meta-data"},
    "kkkkkk": {"kind": "reset"},
    "llllll": {"kind": "cut"},
    "mmmmmm": {"kind": "silent"},
    "nnnnnn": {"kind": "late", "seconds": 2.5},
    "oooooo": {"kind": "endless"},
}
REFUSALS: dict[str, tuple[int, Fault, float | None, dict[str, str]]] = {
    "aaaaaa": (400, Fault.VENDOR_REFUSED, None, {}),
    "bbbbbb": (401, Fault.VENDOR_REFUSED, None, {}),
    "cccccc": (402, Fault.VENDOR_REFUSED, None, {}),
    "dddddd": (403, Fault.VENDOR_REFUSED, None, {}),
    "eeeeee": (422, Fault.VENDOR_REFUSED, None, {}),
    "ffffff": (429, Fault.VENDOR_DOWN, 5, {}),
    "gggggg": (429, Fault.VENDOR_DOWN, 17, {"retry-after": "17"}),
}

UNREADABLE: list[dict[str, Any]] = [
    {"kind": "html", "status": 502},
    {"kind": "html", "status": 200},
    {"kind": "error", "status": 500},
    {"kind": "error", "status": 404},
    {"kind": "body", "status": 200, "body": {}},
    {"kind": "body", "status": 200, "body": []},
    {
        "kind": "body",
        "status": 200,
        "body": {"items": None, "results": None, "has_more": False, "next": None},
    },
    {
        "kind": "body",
        "status": 200,
        "body": {"items": [1], "results": ["x"], "has_more": False, "next": None},
    },
    {"kind": "body", "status": 200, "body": {"items": [], "results": []}},
    {
        "kind": "body",
        "status": 200,
        "body": {"items": [], "results": [], "has_more": True, "next": "http://x/"},
    },
    {"kind": "cut", "acts": True},
]


@pytest.fixture(params=LIARS)
async def vendor(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Vendor]:
    with VENDORS[request.param](tmp_path / "vendor") as running:
        yield running
        await running.studio.aclose()
        await running.unreachable.aclose()


@pytest.mark.parametrize("acts", [True, False], ids=["acted", "did not act"])
async def test_a_lost_answer_is_looked_up_and_never_sent_again(
    buyer: Buyer, vendor: Vendor, process: VendorProcess, acts: bool
) -> None:
    requests = {tail: await buyer.open(tail) for tail in LIES}
    for tail, lie in LIES.items():
        process.lie({"call": "submit", "acts": acts, **lie})
        with pytest.raises(NotResolvedYet):
            await buyer.submit(requests[tail])
    process.lie()
    acted = len(LIES) if acts else 0
    await asyncio.to_thread(until, "all have acted", lambda: vendor.submissions() >= acted)
    assert vendor.submissions() == acted
    if acts:
        found = await asyncio.gather(*(buyer.submit_until_known(request) for request in requests.values()))
    else:
        troubles = await asyncio.gather(*(fault_of(buyer.submit_until_known(r)) for r in requests.values()))
        assert {trouble.fault for trouble in troubles} == {Fault.VENDOR_DOWN}
        assert await buyer.budget() == (len(LIES) * PRICE, 0)  # held by the next attempts
        found = await asyncio.gather(*(buyer.submit(request) for request in requests.values()))
    attempt = 1 if acts else 2
    for tail, submission in zip(LIES, found, strict=True):
        assert submission.operation_id == f"{requests[tail].order.slot}/{attempt}", LIES[tail]
        assert vendor.count("submitted", submission.operation_id) == 1, LIES[tail]
    assert vendor.submissions() == len(LIES)
    jobs = await asyncio.gather(*(buyer.wait(submission) for submission in found))
    assert all(job.made for job in jobs)
    assert await buyer.budget() == (0, vendor.charged_microusd()) == (0, len(LIES) * PRICE)
    assert process.count("leaked") == 0


async def test_a_documented_refusal_gives_the_money_back_at_once_or_holds_it_where_it_passes(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    for tail, (status, fault, after, headers) in REFUSALS.items():
        process.lie({"call": "submit", "kind": "error", "status": status, "headers": headers})
        trouble = await fault_of(buyer.submit(await buyer.open(tail)))
        assert trouble.fault is fault, status
        assert (trouble.after.total_seconds() if trouble.after else None) == after, status
        assert "something went wrong" in str(trouble)
    assert vendor.submissions() == 0
    passing = [fault for _, fault, *_ in REFUSALS.values() if fault is Fault.VENDOR_DOWN]
    assert await buyer.budget() == (len(passing) * PRICE, 0)


async def test_an_answer_said_twice_is_one_purchase(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    process.lie({"call": "submit", "kind": "twice", "acts": True})
    submission = await buyer.submit(await buyer.open("aaaaaa"))
    assert submission.handle
    assert vendor.submissions() == 1


async def test_reads_that_fail_are_read_again_and_buy_nothing(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    submission = await buyer.submit(await buyer.open("aaaaaa"))
    bad: list[dict[str, Any]] = [
        {"kind": "error", "status": 500},
        {"kind": "html", "status": 502},
        {"kind": "html", "status": 200},
        {"kind": "error", "status": 404},
        {"kind": "error", "status": 429},
        {"kind": "body", "status": 200, "body": {"status": "FAILED"}},
        {"kind": "body", "status": 200, "body": {"status": None}},
        {"kind": "cut", "acts": True},
        {"kind": "redirect", "location": "http://127.0.0.1:1/"},
    ]
    for lie in bad:
        process.lie({"call": "status", **lie})
        with pytest.raises(Exception, match=r"HTTP|state|status|complete|peer|in full in time"):
            await buyer.awaiting.wait_for_scene(submission)
    process.lie()
    assert (await buyer.wait(submission)).made
    assert vendor.submissions() == 1


async def test_a_listing_that_cannot_be_read_decides_nothing(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    request = await buyer.open("aaaaaa")
    process.lie({"call": "submit", "kind": "reset", "acts": True})
    with pytest.raises(NotResolvedYet):
        await buyer.submit(request)
    process.lie({"call": "listing", "kind": "html", "status": 502})
    with pytest.raises(NotResolvedYet, match="cannot be looked up: HTTP 502"):
        await buyer.submit(request)
    await asyncio.sleep(LISTED_WITHIN.total_seconds() + SHORT.send_deadline.total_seconds())
    for lie in UNREADABLE:
        process.lie({"call": "listing", "times": 99, **lie})
        with pytest.raises(NotResolvedYet, match="cannot be looked up"):
            await buyer.submit(request)
        assert (await buyer.operations(request))[0].state is OperationState.UNKNOWN, lie
    process.lie()
    assert (await buyer.submit_until_known(request)).handle
    assert vendor.submissions() == 1


async def test_a_job_with_our_mark_that_is_not_quite_what_we_asked_is_a_question_for_a_person(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    """The vendor tidies prompts, or our price list has changed meanwhile: it was made, so it is not bought again."""
    request = await buyer.open("aaaaaa")
    process.lie({"call": "submit", "kind": "reset", "acts": True})
    process.set(rewrites_prompts=True)
    with pytest.raises(Trouble) as trouble:
        await buyer.submit_until_known(request)
    assert trouble.value.fault is Fault.PARKED
    assert vendor.submissions() == 1
    assert (await buyer.budget())[0] == PRICE


async def test_the_right_one_is_found_among_many_pages(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    process.set(page=2)
    requests = [await buyer.open(tail * 6) for tail in "abcdefg"]
    for request in requests:
        process.lie({"call": "submit", "kind": "reset", "acts": True})
        with pytest.raises(NotResolvedYet):
            await buyer.submit(request)
    for request in requests:
        submission = await buyer.submit_until_known(request)
        handle = submission.handle.rpartition("#")[2]
        lines = [
            line for line in process.journal() if line["effect"] == "submitted" and line["handle"] == handle
        ]
        assert len(lines) == 1
        assert vendor.count("submitted", submission.operation_id) == 1


async def test_an_order_that_was_taken_twice_is_a_question_for_a_person(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    request = await buyer.open("aaaaaa")
    process.lie({"call": "submit", "kind": "reset", "acts": True})
    with pytest.raises(NotResolvedYet):
        await buyer.submit(request)
    again = SceneOrder(
        operation_id=(await buyer.operations(request))[0].operation_id,
        model=request.order.model,
        prompt=request.prompt,
        seed=request.seed,
    )
    await vendor.studio.submit(again)  # by whatever way it got there a second time
    with pytest.raises(Trouble) as parked:
        await buyer.submit_until_known(request)
    assert parked.value.fault is Fault.PARKED
    assert await buyer.budget() == (PRICE, 0)


async def test_a_killed_vendor_loses_no_order_and_is_asked_for_none_twice(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    request = await buyer.open("aaaaaa")
    process.lie({"call": "submit", "kind": "silent", "acts": True})
    buying = asyncio.create_task(buyer.submit(request))
    await asyncio.to_thread(until, "it is ordered", vendor.submissions)
    process.kill()
    with pytest.raises(NotResolvedYet):
        await buying
    with pytest.raises(Exception, match="no connection"):
        await buyer.submit(request)
    process.start()
    submission = await buyer.submit_until_known(request)
    assert (await buyer.wait(submission)).made
    assert vendor.submissions() == 1
    assert await buyer.budget() == (0, PRICE)


async def test_media_are_fetched_whole_from_the_vendors_own_hosts_or_not_at_all(
    buyer: Buyer, vendor: Vendor, process: VendorProcess, tmp_path: Path
) -> None:
    submission = await buyer.submit(await buyer.open("aaaaaa"))
    assert (await buyer.wait(submission)).made
    bad: list[dict[str, Any]] = [
        {"kind": "redirect", "location": "http://127.0.0.1:1/clip.mp4"},
        {"kind": "redirect", "location": "https://evil.example/clip.mp4"},
        {"kind": "error", "status": 403},
        {"kind": "error", "status": 404},
        {"kind": "cut", "acts": True},
        {"kind": "reset"},
    ]
    for lie in bad:
        process.lie({"call": "media", **lie})
        with pytest.raises(Exception, match=r"HTTP|complete|media lie|Error|peer|in full in time|^$"):
            await vendor.studio.fetch(submission.handle, tmp_path / "take.mp4")
        assert list(tmp_path.glob("*take*")) == [], lie
    await vendor.studio.fetch(submission.handle, tmp_path / "take.mp4")
    assert process.count("leaked") == 0
