"""What every studio that makes stills must keep, and that one which does not says so before anything is sent."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from activities.offline.offline_studio import OfflineStudio
from activities.offline.painting.encoder import MARK_WORDS
from activities.studios.port import JobState, NoEffect
from schema.prices.price_table import load_prices
from tests.activities.offline.studio_process import offline_studio
from tests.activities.studios.contract.vendors import VENDORS, Vendor, finished
from tests.activities.studios.orders import still_order

MAKERS = ("fal", "offline")
PRICE = 25_000
"""One begun megapixel of flux-dev."""


@pytest.fixture(params=MAKERS)
async def vendor(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Vendor]:
    with VENDORS[request.param](tmp_path / "vendor") as running:
        yield running
        await running.studio.aclose()
        await running.unreachable.aclose()


async def test_an_order_becomes_an_image_at_its_price(vendor: Vendor, tmp_path: Path) -> None:
    handle = await vendor.studio.submit(still_order())
    job = await finished(vendor.studio, handle)
    assert job.state is JobState.DONE
    assert job.charged_microusd == vendor.charged_microusd() == PRICE
    await vendor.studio.fetch(handle, tmp_path / "still.jpg")
    assert (tmp_path / "still.jpg").read_bytes().startswith(b"\xff\xd8\xff")


async def test_the_marker_finds_the_still_that_was_ordered_under_it(vendor: Vendor) -> None:
    await vendor.studio.submit(still_order("item/1/image-1/still/1"))
    handle = await vendor.studio.submit(still_order("item/1/image-2/still/1"))
    assert (await vendor.studio.find(still_order("item/1/image-2/still/1"))).handle == handle
    assert not (await vendor.studio.find(still_order("item/1/image-1/still/2"))).seen


async def test_what_is_not_made_is_refused_for_good_and_nothing_is_charged(vendor: Vendor) -> None:
    changes: dict[str, Any]
    for changes in (
        {"width_px": 100, "height_px": 100},
        {"prompt": "x" * 2_001},
        {"model": "wan-2.5"},
        {"model": "no-such"},
    ):
        with pytest.raises(NoEffect) as refusal:
            await vendor.studio.submit(still_order(**changes))
        assert not refusal.value.repeatable, changes
    assert vendor.submissions() == 0


async def test_an_unreachable_vendor_proves_that_nothing_happened(vendor: Vendor) -> None:
    with pytest.raises(NoEffect) as refusal:
        await vendor.unreachable.submit(still_order())
    assert refusal.value.repeatable
    with pytest.raises((httpx.HTTPError, OSError)):
        await vendor.unreachable.find(still_order())


async def test_who_makes_no_stills_refuses_them_unasked(tmp_path: Path) -> None:
    with VENDORS["replicate"](tmp_path / "vendor") as vendor:
        with pytest.raises(NoEffect) as refusal:
            await vendor.studio.submit(still_order())
        assert not refusal.value.repeatable
        assert vendor.submissions() == 0
        await vendor.studio.aclose()
        await vendor.unreachable.aclose()


@pytest.mark.parametrize("model", ["flux-schnell", "flux-dev", "seedream-4.5"])
async def test_each_model_of_fals_list_is_asked_in_its_own_words(tmp_path: Path, model: str) -> None:
    size: dict[str, Any] = {"width_px": 1_440, "height_px": 2_560} if model.startswith("seedream") else {}
    with VENDORS["fal"](tmp_path / "vendor") as vendor:
        order = still_order(model=model, **size)
        job = await finished(vendor.studio, await vendor.studio.submit(order))
        listed = load_prices("fal").images(model).cost_microusd(order.width_px, order.height_px)
        assert (job.state, job.charged_microusd) == (JobState.DONE, listed)
        await vendor.studio.aclose()
        await vendor.unreachable.aclose()


async def test_what_flux_found_unsafe_was_charged_and_is_no_still(tmp_path: Path) -> None:
    with VENDORS["fal"](tmp_path / "vendor") as vendor:
        assert vendor.process is not None
        vendor.process.set(unsafe=True)
        job = await finished(vendor.studio, await vendor.studio.submit(still_order()))
        assert job.state is JobState.FAILED
        assert "unsafe" in job.reason
        assert job.charged_microusd == vendor.charged_microusd() == PRICE
        await vendor.studio.aclose()
        await vendor.unreachable.aclose()


async def test_the_offline_studio_paints_a_moment_of_what_it_would_film(tmp_path: Path) -> None:
    with offline_studio(tmp_path / "studio", instant=False) as server:
        studio = OfflineStudio(server.url)
        handle = await studio.submit(still_order(width_px=608, height_px=1080))
        assert (await finished(studio, handle)).state is JobState.DONE
        await studio.fetch(handle, tmp_path / "still.jpg")
        await studio.aclose()
    with Image.open(tmp_path / "still.jpg") as image:
        light = np.asarray(image.convert("L"), np.int16)
        assert image.size == (608, 1080)
        assert light.max() - light.min() > 100
        assert image.info["comment"] == MARK_WORDS.encode()
