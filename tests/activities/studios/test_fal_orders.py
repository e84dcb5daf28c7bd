"""How fal is asked: each model in its own words, with our marker in them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from activities.studios.fal import Handle
from activities.studios.port import NoEffect
from activities.studios.request_mapping import input_of, marker_of, not_before
from schema.prices.price_table import load_prices
from tests.activities.studios.contract.vendors import Vendor, fake_fal
from tests.activities.studios.orders import scene_order


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
