"""What a scene is ordered as: exactly what was priced, whatever a writer says of its length and shape."""

from datetime import date, timedelta
from typing import Any

from activities.buying.model_choice import choices_of
from activities.buying.purchases import orders_of
from schema.content.idea import Idea
from schema.content.scene import ScenePrompt
from schema.formats.format_file import load_format
from schema.items.plan import BoughtClips
from schema.prices.price_table import PriceTable
from tests.activities.ledger.scenery import plan
from tests.activities.studios.orders import AUDIO, VIDEO
from workflows.item_run import Round
from workflows.stages.scenes import scene_request

USD = {"480p": "0.05", "720p": "0.10", "1080p": "0.15"}


def prices() -> PriceTable:
    """Two models, priced by the second and by the piece, in several lengths."""
    common: dict[str, Any] = {
        "max_prompt_chars": 800,
        "durations_seconds": [5, 8],
        "sound": True,
        "aspect_ratios": ["9:16", "16:9"],
    }
    by_piece = {name: {5: "0.40", 8: "0.90"} for name in USD}
    return PriceTable.model_validate(
        {
            "version": 1,
            "vendor": "fal",
            "book": "usd",
            "source": "made up for tests",
            "read_on": date(2026, 11, 20),
            "models": {
                "by-second": common | {"unit": "second", "price_usd": USD},
                "by-piece": common | {"unit": "video", "price_usd": by_piece},
            },
        }
    )


def test_every_vendor_in_the_row_is_asked_for_exactly_what_is_reserved_for_it() -> None:
    chosen, _ = load_format("asmr-craft")
    scenes = chosen.scenes.model_copy(
        update={
            "models": ("by-second", "by-piece"),
            "rules": (),
            "duration_s": 8,
            "resolution": "1080p",
            "aspect_ratio": "16:9",
        }
    )
    longer = chosen.model_copy(update={"scenes": scenes})
    choices = choices_of(longer, [prices()])
    source = BoughtClips(count=3, shape=longer.scenes.shape, choices=choices)
    item = plan().model_copy(update={"source": source})
    said = ScenePrompt(scene=1, video=VIDEO, audio=AUDIO)
    assert (said.duration, said.resolution) == (timedelta(seconds=5), "720p")
    idea = Idea.model_construct(title="Moon jar", environment="a hillside pottery")
    request = scene_request(item, idea, said, Round("ada"))
    assert (request.prompt.duration, request.prompt.aspect_ratio) == (timedelta(seconds=8), "16:9")
    assert request.prompt.text == said.text
    assert [order.model for order in request.orders] == ["by-second", "by-piece"]
    for order in (*request.orders, *orders_of(item, 1, "ada")):
        priced = prices().clips(order.model).cost_microusd(request.prompt.duration, request.prompt.resolution)
        assert (order.amount_microusd, order.on_behalf_of) == (priced, "ada")
