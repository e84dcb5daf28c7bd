"""How jobs at fal end, and what each ending costs."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.store.database import Database
from activities.studios.port import JobState
from schema.failure import Fault
from schema.purchases.operation import OperationState
from tests.activities.studios.contract.buying import PRICE, Buyer, fault_of
from tests.activities.studios.contract.vendors import Vendor, fake_fal
from tests.activities.studios.orders import scene_order
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
    with fake_fal(tmp_path / "fal", told_within=timedelta()) as vendor:
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
    """The job was made and billed, and only its reading is in trouble."""
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


OTHER_WORDS = {"call": "result", "kind": "error", "status": 503, "body": NO_RUNNER}
FAILED_AT_A_SERVER = {"call": "job", "kind": "body", "status": 500, "body": INTERNAL}


@pytest.mark.parametrize(
    "result",
    [OTHER_WORDS, {"call": "result", "kind": "error", "status": 500}],
    ids=["in other words", "without a type"],
)
async def test_a_job_that_failed_at_a_server_is_read_until_its_own_answer_says_so(
    buyer: Buyer, vendor: Vendor, process: VendorProcess, result: dict[str, Any]
) -> None:
    process.lie(FAILED_AT_A_SERVER, result)
    submission = await buyer.submit(await buyer.open("aaaaaa"))
    with pytest.raises(httpx.HTTPError):
        await buyer.wait(submission)
    job = await buyer.wait(submission)
    assert (job.made, job.charged_microusd) == (False, 0) == (False, vendor.charged_microusd())


async def test_a_failure_that_is_never_told_in_the_same_words_is_charged_at_last(
    database: Database, tmp_path: Path
) -> None:
    with fake_fal(tmp_path / "fal", told_within=timedelta()) as vendor:
        assert vendor.process
        buyer = Buyer.of(database, vendor, tmp_path / "storage")
        vendor.process.lie(FAILED_AT_A_SERVER, {**OTHER_WORDS, "times": 9})
        job = await buyer.wait(await buyer.submit(await buyer.open("aaaaaa")))
        assert (job.made, job.charged_microusd) == (False, PRICE)


async def test_a_failure_without_a_type_is_charged(buyer: Buyer, process: VendorProcess) -> None:
    process.lie({"call": "job", "kind": "body", "status": 500, "body": {"detail": "an older body"}})
    job = await buyer.wait(await buyer.submit(await buyer.open("aaaaaa")))
    assert (job.made, job.charged_microusd) == (False, PRICE)
