"""What is particular to Replicate: six ways to end, and inputs that are wiped after an hour."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from activities.ledger.port import NotResolvedYet
from activities.studios.port import JobState
from activities.studios.request_mapping import input_of
from schema.failure import Fault
from tests.activities.studios.contract.buying import PRICE, Buyer, fault_of
from tests.activities.studios.contract.vendors import Vendor, fake_replicate, replicate_prices
from tests.activities.studios.orders import scene_order
from tests.vendors.process import VendorProcess


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[Vendor]:
    with fake_replicate(tmp_path / "replicate") as running:
        yield running
        await running.studio.aclose()
        await running.unreachable.aclose()


def test_a_size_stands_for_resolution_and_shape() -> None:
    asked = input_of(scene_order(), replicate_prices())
    assert (asked["size"], asked["duration"]) == ("720*1280", 5)
    assert "resolution" not in asked


@pytest.mark.parametrize(("ending", "charged"), [("failed", PRICE), ("canceled", PRICE), ("aborted", 0)])
async def test_a_prediction_that_made_nothing_is_free_only_where_it_had_not_begun(
    buyer: Buyer, vendor: Vendor, process: VendorProcess, ending: str, charged: int
) -> None:
    process.lie({"call": "job", "kind": "body", "body": {"status": ending, "error": "out of memory"}})
    job = await buyer.wait(await buyer.submit(await buyer.open("aaaaaa")))
    assert (job.made, job.charged_microusd, job.reason) == (False, charged, "out of memory")
    assert await buyer.budget() == (0, charged) == (0, vendor.charged_microusd())


async def test_a_running_prediction_is_listed_at_once_and_can_be_dropped(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    process.set(work_seconds=60)
    request = await buyer.open("aaaaaa")
    process.lie({"call": "submit", "kind": "reset", "acts": True})
    with pytest.raises(NotResolvedYet):
        await buyer.submit(request)
    submission = await buyer.submit(request)
    assert (await vendor.studio.read_job(submission.handle)).state is JobState.RUNNING
    await vendor.studio.cancel(submission.handle)
    assert (await vendor.studio.read_job(submission.handle)).state is JobState.FAILED


async def test_inputs_that_were_wiped_make_a_question_for_a_person(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    process.set(keep_seconds=0)
    request = await buyer.open("aaaaaa")
    process.lie({"call": "submit", "kind": "reset", "acts": True})
    trouble = await fault_of(buyer.submit_until_known(request))
    assert trouble.fault is Fault.PARKED
    assert vendor.submissions() == 1
    assert await buyer.budget() == (PRICE, 0)


@pytest.mark.parametrize("acts", [True, False], ids=["acted", "did not act"])
async def test_wiped_predictions_that_are_older_than_the_order_are_no_question(
    buyer: Buyer, vendor: Vendor, process: VendorProcess, acts: bool
) -> None:
    process.set(made_ago=2 * 3_600)
    for scene in range(3):
        await vendor.studio.submit(scene_order(f"others-20261120-abcdef/1/scene/{scene}/1"))
    process.set(made_ago=0)
    request = await buyer.open("aaaaaa")
    process.lie({"call": "submit", "kind": "reset", "acts": acts})
    if not acts:
        trouble = await fault_of(buyer.submit_until_known(request))
        assert trouble.fault is Fault.VENDOR_DOWN
        assert await buyer.budget() == (PRICE, 0)  # the next attempt holds it
    submission = await buyer.submit_until_known(request)
    assert submission.operation_id == f"{request.order.slot}/{1 if acts else 2}"
    assert vendor.count("submitted", submission.operation_id) == 1
    assert vendor.submissions() == 4
    assert await buyer.budget() == (PRICE, 0)


async def test_a_clip_that_was_wiped_is_told_as_such(
    vendor: Vendor, process: VendorProcess, tmp_path: Path
) -> None:
    handle = await vendor.studio.submit(scene_order())
    process.set(keep_seconds=0)
    with pytest.raises(httpx.HTTPError, match="wiped"):
        await vendor.studio.fetch(handle, tmp_path / "take.mp4")
