"""What every studio must keep, whoever sells the clips. A new vendor joins in `vendors.py`."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from activities.studios.port import JobState, NoEffect
from schema.money import Book
from tests.activities.studios.contract.vendors import VENDORS, Vendor, finished
from tests.activities.studios.orders import scene_order


@pytest.fixture(params=sorted(VENDORS))
async def vendor(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Vendor]:
    with VENDORS[request.param](tmp_path / "vendor") as running:
        yield running
        await running.studio.aclose()
        await running.unreachable.aclose()


async def test_an_order_becomes_a_job_that_ends_in_a_clip(vendor: Vendor, tmp_path: Path) -> None:
    handle = await vendor.studio.submit(scene_order())
    job = await finished(vendor.studio, handle)
    assert job.state is JobState.DONE
    assert job.progress == 1
    await vendor.studio.fetch(handle, tmp_path / "take.mp4")
    assert (tmp_path / "take.mp4").read_bytes()[4:8] == b"ftyp"
    assert [path.name for path in tmp_path.glob("*take*")] == ["take.mp4"]


async def test_a_finished_job_says_what_was_charged_or_nothing(vendor: Vendor) -> None:
    handle = await vendor.studio.submit(scene_order())
    job = await finished(vendor.studio, handle)
    assert vendor.charged_microusd() == 500_000
    assert job.charged_microusd in (500_000, None)


async def test_the_marker_finds_the_job_that_was_ordered_under_it(vendor: Vendor) -> None:
    await vendor.studio.submit(scene_order("item/1/scene-1/video/1"))
    handle = await vendor.studio.submit(scene_order("item/1/scene-2/video/1"))
    sighting = await vendor.studio.find(scene_order("item/1/scene-2/video/1"))
    assert sighting.seen
    assert sighting.handle == handle


async def test_a_marker_nobody_ordered_under_is_not_seen(vendor: Vendor) -> None:
    await vendor.studio.submit(scene_order("item/1/scene-1/video/1"))
    sighting = await vendor.studio.find(scene_order("item/1/scene-1/video/2"))
    assert not sighting.seen
    assert sighting.handle is None


async def test_the_same_order_twice_is_two_jobs_two_charges_and_an_ambiguous_marker(vendor: Vendor) -> None:
    first, second = await vendor.studio.submit(scene_order()), await vendor.studio.submit(scene_order())
    assert first != second
    assert vendor.submissions() == 2
    assert vendor.charged_microusd() == 1_000_000
    sighting = await vendor.studio.find(scene_order())
    assert sighting.seen
    assert sighting.handle is None


async def test_an_unknown_model_is_refused_for_good_and_nothing_is_charged(vendor: Vendor) -> None:
    with pytest.raises(NoEffect, match="no-such-model") as refusal:
        await vendor.studio.submit(scene_order(model="no-such-model"))
    assert not refusal.value.repeatable
    assert vendor.submissions() == 0
    assert vendor.charged_microusd() == 0


async def test_an_unreachable_vendor_proves_that_nothing_happened_and_may_be_asked_again(
    vendor: Vendor,
) -> None:
    with pytest.raises(NoEffect) as refusal:
        await vendor.unreachable.submit(scene_order())
    assert refusal.value.repeatable


async def test_reads_of_an_unreachable_vendor_fail_as_the_port_says(vendor: Vendor, tmp_path: Path) -> None:
    for read in (
        vendor.unreachable.read_job("x"),
        vendor.unreachable.find(scene_order()),
        vendor.unreachable.cancel("x"),
        vendor.unreachable.fetch("x", tmp_path / "x.mp4"),
    ):
        with pytest.raises((httpx.HTTPError, OSError)):
            await read


async def test_a_take_that_is_there_is_never_overwritten(vendor: Vendor, tmp_path: Path) -> None:
    handle = await vendor.studio.submit(scene_order())
    await finished(vendor.studio, handle)
    (tmp_path / "take.mp4").write_text("mine")
    with pytest.raises(FileExistsError):
        await vendor.studio.fetch(handle, tmp_path / "take.mp4")
    assert (tmp_path / "take.mp4").read_text() == "mine"


async def test_cancelling_a_job_that_has_ended_changes_nothing(vendor: Vendor) -> None:
    handle = await vendor.studio.submit(scene_order())
    before = await finished(vendor.studio, handle)
    await vendor.studio.cancel(handle)
    assert await vendor.studio.read_job(handle) == before


async def test_a_studio_says_its_name_and_its_book(vendor: Vendor) -> None:
    assert vendor.studio.name
    assert vendor.studio.book in Book
