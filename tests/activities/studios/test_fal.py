"""What is particular to fal: how jobs end, what they cost, and what its listing can and cannot prove."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.ledger.port import NotResolvedYet
from activities.store.database import Database
from activities.studios.asking import input_of, marker_of, not_before
from activities.studios.fal import FalStudio, Handle
from activities.studios.port import JobState, NoEffect
from schema.failure import Fault
from schema.operation import OperationState
from schema.price import load_prices
from tests.activities.studios.contract.buying import PRICE, Buyer, fault_of
from tests.activities.studios.contract.vendors import QUICK, Vendor, fake_fal
from tests.activities.studios.orders import scene_order
from tests.vendors import fal
from tests.vendors.process import VendorProcess

POLICY = {"detail": [{"loc": ["body", "prompt"], "msg": "unsafe", "type": "content_policy_violation"}]}
INTERNAL = {"detail": [{"loc": ["body"], "msg": "went wrong", "type": "internal_server_error"}]}

UNPRICED = {
    "prices": [
        {
            "endpoint_id": "fal-ai/wan-25-preview/text-to-video",
            "unit_price": None,
            "unit": "units",
            "currency": "USD",
        }
    ],
    "has_more": False,
}
NO_RUNNER = {"detail": "no runner", "error_type": "runner_connection_error"}


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[Vendor]:
    with fake_fal(tmp_path / "fal") as running:
        yield running
        await running.studio.aclose()
        await running.unreachable.aclose()


def test_an_order_says_everything_a_model_would_otherwise_choose_dearly() -> None:
    asked = input_of(scene_order(), load_prices("fal"))
    assert asked.pop("prompt") == scene_order().prompt.text
    assert asked == {
        "duration": "5",
        "resolution": "720p",
        "aspect_ratio": "9:16",
        "seed": marker_of(scene_order().operation_id),
    }


@pytest.mark.parametrize(
    ("model", "changes", "expected"),
    [
        ("kling-2.5", {"resolution": "1080p"}, {"duration": "5", "aspect_ratio": "9:16"}),
        (
            "veo-3.1",
            {"duration": timedelta(seconds=8)},
            {"duration": "8s", "generate_audio": True, "resolution": "720p"},
        ),
    ],
)
def test_each_model_is_asked_in_its_own_words(
    model: str, changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    asked = input_of(scene_order(model=model, **changes), load_prices("fal"))
    assert expected.items() <= asked.items()
    assert ("seed" in asked) is (model != "kling-2.5")
    assert ("resolution" in asked) is (model != "kling-2.5")


@pytest.mark.parametrize(
    "changes",
    [{"duration": timedelta(seconds=7)}, {"video": "word " * 90 + "x" * 500}, {"resolution": "480p"}],
)
async def test_what_has_no_price_or_does_not_fit_is_not_sent(vendor: Vendor, changes: dict[str, Any]) -> None:
    model = "veo-3.1" if "resolution" in changes else "wan-2.5"
    with pytest.raises(NoEffect) as refusal:
        await vendor.studio.submit(scene_order(model=model, **changes))
    assert not refusal.value.repeatable
    assert vendor.submissions() == 0


def test_the_marker_is_the_operations_own_and_fits_a_seed() -> None:
    markers = {
        marker_of(f"a-20261120-abcdef/1/scene/{scene}/{attempt}")
        for scene in range(9)
        for attempt in range(9)
    }
    assert len(markers) == 81
    assert all(0 <= marker < 2**31 for marker in markers)


def test_an_items_id_says_since_when_to_look() -> None:
    today = datetime.now(UTC)
    dated = not_before(f"crafts-{today:%Y%m%d}-abcdef/1/scene/1/1")
    assert dated.date() == (today - timedelta(days=1)).date()
    assert not_before("by-hand/1/scene/1/1") < dated
    assert not_before(f"crafts-{today:%Y}9999-abcdef/1/scene/1/1") < dated


def test_the_moment_an_operation_was_reserved_says_it_better_in_whatever_zone_it_is_told() -> None:
    reserved = datetime(2026, 11, 20, 1, 30, tzinfo=timezone(timedelta(hours=9)))
    assert (
        f"{not_before('crafts-20261120-abcdef/1/scene/1/1', reserved):%Y-%m-%dT%H:%M}" == "2026-11-19T16:15"
    )


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [
        ("fal-ai/wan-25-preview/text-to-video", "fal-ai/wan-25-preview/requests/r"),
        ("fal-ai/veo3.1", "fal-ai/veo3.1/requests/r"),
        ("workflows/me/mine/x", "workflows/me/mine/requests/r"),
    ],
)
def test_a_job_lies_below_the_first_names_of_its_model(endpoint: str, path: str) -> None:
    handle = Handle(endpoint, "r")
    assert handle.path == path
    assert Handle.read(str(handle)) == handle


async def test_addresses_in_an_answer_are_never_asked(vendor: Vendor, process: VendorProcess) -> None:
    foreign = {
        "request_id": "r-1",
        **dict.fromkeys(("response_url", "status_url", "cancel_url"), "http://127.0.0.1:1/x"),
    }
    process.lie({"call": "submit", "kind": "body", "status": 200, "body": foreign})
    handle = await vendor.studio.submit(scene_order())
    with pytest.raises(httpx.HTTPError, match="HTTP 404"):  # from fal itself, and not from the other address
        await vendor.studio.read_job(handle)


@pytest.mark.parametrize(
    ("status", "body", "charged", "said"),
    [
        (500, INTERNAL, 0, "went wrong"),
        (504, {"detail": "too slow", "error_type": "startup_timeout"}, 0, "too slow"),
        (422, POLICY, PRICE, "unsafe"),
        (422, {"detail": "an older body"}, PRICE, "an older body"),
    ],
)
async def test_a_failed_job_is_free_only_where_fal_says_so(
    buyer: Buyer, vendor: Vendor, process: VendorProcess, status: int, body: Any, charged: int, said: str
) -> None:
    process.lie({"call": "job", "kind": "body", "status": status, "body": body})
    job = await buyer.wait(await buyer.submit(await buyer.open("aaaaaa")))
    assert (job.made, job.charged_microusd) == (False, charged)
    assert said in job.reason
    assert await buyer.budget() == (0, charged) == (0, vendor.charged_microusd())


async def test_the_account_pays_what_fal_counted_at_the_price_fal_names(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    process.set(unit_price=0.042)
    job = await buyer.wait(await buyer.submit(await buyer.open("aaaaaa")))
    assert job.charged_microusd == vendor.charged_microusd() == 420_000
    assert await buyer.budget() == (0, 420_000)


async def test_without_a_price_of_today_the_whole_reserve_is_charged(
    database: Database, tmp_path: Path
) -> None:
    with fake_fal(tmp_path / "fal", priced_within=timedelta()) as vendor:
        assert vendor.process is not None
        vendor.process.set(prices_known=False, unit_price=0.042)
        buyer = Buyer.of(database, vendor, tmp_path / "storage")
        job = await buyer.wait(await buyer.submit(await buyer.open("aaaaaa")))
        assert job.charged_microusd == PRICE
        await vendor.studio.aclose()
        await vendor.unreachable.aclose()


@pytest.mark.parametrize(
    "lie",
    [
        {"kind": "html", "status": 502},
        {"kind": "body", "status": 200, "body": {"prices": [], "has_more": False}},
        {"kind": "reset"},
    ],
    ids=["a gateway", "an empty list", "a cut"],
)
async def test_a_job_waits_for_a_price_that_cannot_be_read_and_is_charged_what_it_cost(
    buyer: Buyer, vendor: Vendor, process: VendorProcess, lie: dict[str, Any]
) -> None:
    process.set(unit_price=0.042)
    process.lie({"call": "prices", "times": 99, **lie})
    request = await buyer.open("aaaaaa")
    submission = await buyer.submit(request)
    with pytest.raises(httpx.HTTPError):
        await buyer.wait(submission)
    assert (await buyer.operations(request))[0].state is OperationState.ACCEPTED
    process.lie()
    job = await buyer.wait(submission)
    assert job.charged_microusd == vendor.charged_microusd() == 420_000


@pytest.mark.parametrize(
    "lie",
    [
        {"kind": "body", "status": 200, "body": UNPRICED},
        {"kind": "error", "status": 403, "body": {"detail": "needs another key"}},
    ],
    ids=["no price", "not for this key"],
)
async def test_where_fal_names_no_price_the_reserve_is_charged_and_it_is_asked_for_the_next_job(
    buyer: Buyer, process: VendorProcess, lie: dict[str, Any]
) -> None:
    process.set(unit_price=0.042)
    process.lie({"call": "prices", **lie})
    charged = [
        (await buyer.wait(await buyer.submit(await buyer.open(tail)))).charged_microusd
        for tail in ("aaaaaa", "bbbbbb")
    ]
    assert charged == [PRICE, 420_000]


async def test_a_price_that_cannot_be_read_at_once_is_asked_for_again(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    process.set(unit_price=0.042)
    process.lie({"call": "prices", "kind": "html", "status": 502, "times": 2})
    job = await buyer.wait(await buyer.submit(await buyer.open("aaaaaa")))
    assert job.charged_microusd == vendor.charged_microusd() == 420_000


async def test_a_dearer_price_than_the_list_is_written_down_and_stops_buying(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    process.set(unit_price=0.07)
    job = await buyer.wait(await buyer.submit(await buyer.open("aaaaaa")))
    assert job.charged_microusd == vendor.charged_microusd() == 700_000
    trouble = await fault_of(buyer.submit(await buyer.open("bbbbbb")))
    assert trouble.fault is Fault.PAUSED


async def test_a_cancelled_job_is_taken_for_charged_since_nobody_says_otherwise(
    vendor: Vendor, process: VendorProcess
) -> None:
    process.set(work_seconds=60)
    handle = await vendor.studio.submit(scene_order())
    assert (await vendor.studio.read_job(handle)).state is JobState.RUNNING
    await vendor.studio.cancel(handle)
    job = await vendor.studio.read_job(handle)
    assert (job.state, job.charged_microusd) == (JobState.FAILED, None)
    await vendor.studio.cancel(handle)


async def test_a_gateways_page_in_place_of_a_result_is_not_the_jobs_own_failure(
    vendor: Vendor, process: VendorProcess
) -> None:
    handle = await vendor.studio.submit(scene_order())
    for lie in ({"kind": "html", "status": 502}, {"kind": "error", "status": 500}):
        process.lie({"call": "result", **lie})
        with pytest.raises(httpx.HTTPError):
            await vendor.studio.read_job(handle)
    assert (await vendor.studio.read_job(handle)).state is JobState.DONE


async def test_a_refusal_that_names_its_fault_is_the_jobs_own_failure(
    vendor: Vendor, process: VendorProcess
) -> None:
    handle = await vendor.studio.submit(scene_order())
    process.lie({"call": "result", "kind": "error", "status": 422, "body": POLICY})
    job = await vendor.studio.read_job(handle)
    assert (job.state, job.charged_microusd) == (JobState.FAILED, None)


@pytest.mark.parametrize(
    "lie",
    [
        {"status": 500, "body": INTERNAL},
        {"status": 500, "body": {"detail": "x", "error_type": "internal_error"}},
        {"status": 503, "body": NO_RUNNER, "headers": {"x-fal-error-type": "runner_connection_error"}},
        {"status": 429, "body": {"detail": "x", "error_type": "concurrent_requests_limit"}},
    ],
    ids=["internal_server_error", "internal_error", "runner_connection_error", "busy"],
)
async def test_a_result_that_cannot_be_read_now_is_read_again_and_bought_once(
    buyer: Buyer, vendor: Vendor, process: VendorProcess, lie: dict[str, Any]
) -> None:
    """The job was made and billed, and its status names no error: fal is in trouble only while it is read."""
    request = await buyer.open("aaaaaa")
    submission = await buyer.submit(request)
    process.lie({"call": "result", "kind": "error", "times": 2, **lie})
    for _ in range(2):
        with pytest.raises(httpx.HTTPError, match=f"HTTP {lie['status']}"):
            await buyer.wait(submission)
        assert (await buyer.operations(request))[0].state is OperationState.ACCEPTED
    assert (await buyer.wait(submission)).made
    assert (await buyer.submit(request)).operation_id == submission.operation_id
    assert process.count("charged") == vendor.submissions() == 1
    assert await buyer.budget() == (0, PRICE) == (0, vendor.charged_microusd())


async def test_a_failed_job_is_charged_by_its_own_result_and_not_by_a_gateways(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    process.lie(
        {"call": "job", "kind": "body", "status": 422, "body": POLICY},
        {"call": "result", "kind": "error", "status": 503, "body": NO_RUNNER},
    )
    submission = await buyer.submit(await buyer.open("aaaaaa"))
    with pytest.raises(httpx.HTTPError, match="HTTP 503"):
        await buyer.wait(submission)
    job = await buyer.wait(submission)
    assert (job.made, job.charged_microusd) == (False, PRICE)
    assert await buyer.budget() == (0, PRICE) == (0, vendor.charged_microusd())


@pytest.mark.parametrize(
    "lies",
    [
        [
            {"call": "job", "kind": "body", "status": 500, "body": INTERNAL},
            {"call": "result", "kind": "error", "status": 503, "body": NO_RUNNER},
        ],
        [{"call": "job", "kind": "body", "status": 500, "body": {"detail": "an older body"}}],
    ],
    ids=["in other words", "without a type"],
)
async def test_a_job_that_failed_at_a_server_is_free_only_where_status_and_result_say_the_same(
    buyer: Buyer, process: VendorProcess, lies: list[dict[str, Any]]
) -> None:
    process.lie(*lies)
    job = await buyer.wait(await buyer.submit(await buyer.open("aaaaaa")))
    assert (job.made, job.charged_microusd) == (False, PRICE)


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
    last = {"items": [], "next_cursor": None}
    process.lie(
        {"call": "submit", "kind": "reset"},
        {"call": "listing", "kind": "body", "status": 200, "body": last, "times": 99},
    )
    assert (await fault_of(buyer.submit_until_known(request))).fault is Fault.VENDOR_DOWN
    process.lie()
    assert (await buyer.wait(await buyer.submit(request))).made
    assert vendor.submissions() == 1
    first = {"billing_events": [], "next_cursor": "0"}
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
