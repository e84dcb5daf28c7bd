"""Every model of fal's price list, asked of a fal that knows each endpoint's own schema and prices."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from activities.studios.fal import FalStudio
from activities.studios.port import JobState, NoEffect
from activities.studios.request_mapping import marker_of, search_of
from schema.content.scene import SceneOrder, StartImage
from schema.formats.format_file import load_format
from schema.prices.clip_price import ClipPrice
from schema.prices.price_table import load_prices
from tests.activities.studios.contract.vendors import LISTED_WITHIN, QUICK, finished
from tests.activities.studios.orders import scene_order
from tests.vendors import fal
from tests.vendors.process import VendorProcess, running

PRICES = load_prices("fal")
ADDRESS = "https://v3.fal.media/files/first.jpg"
FIRST = StartImage(key="content/x/raw/r1-s1.jpg", sha256="a" * 64)


def ways(price: ClipPrice) -> Iterator[bool]:
    """Whether it can be asked from words alone, and from an image."""
    if price.wire:
        yield False
    if price.from_image:
        yield True


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorProcess]:
    with running("tests.vendors.fal", tmp_path_factory.mktemp("fal")) as process:
        yield process


@pytest.fixture
async def studio(process: VendorProcess) -> AsyncIterator[FalStudio]:
    studio = FalStudio(
        fal.KEY,
        PRICES,
        queue_url=process.url,
        platform_url=f"{process.url}/v1",
        bounds=QUICK,
        listed_within=LISTED_WITHIN,
    )
    yield studio
    await studio.aclose()


def orders_of(model: str, from_image: bool) -> Iterator[SceneOrder]:
    """One order for each resolution and shape at the shortest length, and one at the longest."""
    price = PRICES.clips(model)
    shortest, longest = min(price.durations_seconds), max(price.durations_seconds)
    asked = [
        *product(price.resolutions, price.aspect_ratios, [shortest]),
        (price.resolutions[0], price.aspect_ratios[0], longest),
    ]
    for number, (resolution, aspect_ratio, seconds) in enumerate(asked):
        order = scene_order(
            f"crafts-20261120-abcdef/1/{model}-{from_image}/{number}/1",
            model,
            resolution=resolution,
            aspect_ratio=aspect_ratio,
            duration=timedelta(seconds=seconds),
        )
        yield order.model_copy(update={"start_image": FIRST}) if from_image else order


@pytest.mark.parametrize(
    ("model", "from_image"),
    [(name, way) for name, price in PRICES.clip_models.items() for way in ways(price)],
)
async def test_each_model_takes_what_the_list_says_and_charges_no_more(
    process: VendorProcess, studio: FalStudio, tmp_path: Path, model: str, from_image: bool
) -> None:
    for order in orders_of(model, from_image):
        handle = await studio.submit(order, ADDRESS if from_image else None)
        job = await finished(studio, handle)
        listed = PRICES.clips(model).cost_microusd(order.prompt.duration, order.prompt.resolution)
        assert job.state is JobState.DONE
        assert job.charged_microusd is not None
        assert 0.99 * listed <= job.charged_microusd <= listed
        await studio.fetch(handle, tmp_path / f"{handle.rpartition('#')[2]}.mp4")
        sighting = await studio.find(order)
        if search_of(order, PRICES) is None:
            assert not sighting.seen
            assert not sighting.authoritative
        else:
            assert sighting.handle == handle
            assert process.count("submitted", str(marker_of(order.operation_id))) == 1


@pytest.mark.parametrize("model", PRICES.clip_models)
async def test_an_order_that_begins_with_an_image_is_never_sent_without_it_nor_the_other_way_round(
    process: VendorProcess, studio: FalStudio, model: str
) -> None:
    before = process.count("submitted")
    order = next(orders_of(model, from_image=False))
    with pytest.raises(NoEffect, match="not ordered"):
        await studio.submit(order, ADDRESS)
    with pytest.raises(NoEffect, match="not ordered"):
        await studio.submit(order.model_copy(update={"start_image": FIRST}))
    assert process.count("submitted") == before


def test_a_format_with_native_sound_names_only_models_that_make_it() -> None:
    for name in ("asmr-craft", "split-screen"):
        chosen, _ = load_format(name)
        assert chosen.scenes.native_audio
        assert all(PRICES.clips(model).sound for model in chosen.scenes.models if model in PRICES.models)


def test_what_is_said_to_make_sound_is_asked_for_it() -> None:
    silent = {name for name, price in PRICES.clip_models.items() if not price.sound}
    assert silent == {"kling-2.5", "luma-ray-2"}
    for name, price in PRICES.clip_models.items():
        for wire in (price.wire, price.from_image):
            if wire and name != "wan-2.5":
                assert wire.fixed.get("generate_audio", False) is price.sound
