"""With the keys of real vendors set, the same commands spend real dollars: here at fakes that speak the wire."""

from collections.abc import Callable
from pathlib import Path

from tests.activities.media.footage import Footage
from tests.end_to_end.product import Product
from tests.vendors import anthropic, fal
from tests.vendors.process import running


def test_an_item_is_bought_with_real_dollars_where_keys_are_set_and_nothing_else_is_changed(
    fresh: Callable[..., Product], tmp_path: Path
) -> None:
    clip = Footage(tmp_path).clip("clip.mp4", size="720x1280", seconds=5, picture="color=c=navy")
    with (
        running("tests.vendors.fal", tmp_path / "fal") as studio,
        running("tests.vendors.anthropic", tmp_path / "anthropic") as writer,
    ):
        studio.set(clip=str(clip))
        product = fresh(
            FAL_KEY=fal.KEY,
            FAL_QUEUE_URL=studio.url,
            FAL_PLATFORM_URL=f"{studio.url}/v1",
            ANTHROPIC_API_KEY=anthropic.KEY,
            ANTHROPIC_BASE_URL=writer.url,
        )
        product.up()
        product.inside("accounts", "add", "clay")
        item_id = product.waiting("clay")
        product.inside("approve", item_id)
        assert product.until(item_id, "published", "failed", "parked") == "published"
        charged = studio.counters()["charged_microusd"] + writer.counters()["charged_microusd"]
        assert (studio.count("submitted"), writer.count("charged")) == (3, 2)
    assert product.posts(item_id) == 1
    assert product.ask(
        "select book, settled_microusd, reserved_microusd from budget where scope = %s", f"item:{item_id}"
    ) == [("usd", charged, 0)]
    assert charged > 1_500_000
    receipt = product.inside("receipt", item_id).out
    assert "fal" in receipt
    assert "anthropic" in receipt
    assert "simulated" not in receipt
