"""Which models an item may buy its scenes from."""

from datetime import date
from typing import Any

import pytest
from structlog.testing import capture_logs

from activities.buying.model_choice import choices_of, formats_made_of, warn_of_useless_keys
from schema.failure import Trouble
from schema.formats.format_file import FormatFile, load_format
from schema.prices.price_table import PriceTable
from schema.purchases.routing import USUAL_RULE, Rule, Tier


def table(vendor: str, *models: str, book: str = "usd", usd: str = "0.10") -> PriceTable:
    """A vendor that sells clips of five seconds."""
    price: dict[str, Any] = {
        "unit": "second",
        "price_usd": {"720p": usd},
        "max_prompt_chars": 800 if vendor == "fal" else 600,
        "durations_seconds": [5],
        "sound": True,
        "aspect_ratios": ["9:16"],
    }
    return PriceTable.model_validate(
        {
            "version": 1,
            "vendor": vendor,
            "book": book,
            "source": "made up for tests",
            "read_on": date(2026, 11, 20),
            "models": dict.fromkeys(models, price),
        }
    )


def a_format(*models: str, rules: tuple[Rule, ...] = ()) -> FormatFile:
    chosen, _ = load_format("asmr-craft")
    scenes = chosen.scenes.model_copy(update={"models": models, "rules": rules})
    return chosen.model_copy(update={"scenes": scenes})


def places(chosen: FormatFile, *tables: PriceTable, tier: Tier = "standard", style: str = "") -> list[str]:
    """Where a scene of a style is asked for, in order."""
    for choice in choices_of(chosen, tables, tier):
        if not choice.styles or style in choice.styles:
            return [f"{model.vendor}/{model.model}" for model in choice.models]
    raise AssertionError("no choice for every scene")


def test_models_come_in_the_formats_order_and_vendors_in_ours() -> None:
    found = places(a_format("wan", "kling"), table("fal", "kling", "wan"), table("replicate", "wan"))
    assert found == ["fal/wan", "replicate/wan", "fal/kling"]


def test_books_never_mix_in_one_item() -> None:
    found = places(a_format("wan"), table("fal", "wan"), table("offline", "wan", book="simulated"))
    assert found == ["fal/wan"]


@pytest.mark.parametrize(
    ("tier", "expected"), [("premium", ["fal/veo"]), ("standard", ["fal/wan"]), ("economy", ["fal/wan"])]
)
def test_a_rule_by_tier_chooses_for_the_whole_item(tier: Tier, expected: list[str]) -> None:
    best = Rule(name="the best there is", tiers=("premium",), models=("veo",))
    assert places(a_format("wan", rules=(best,)), table("fal", "wan", "veo"), tier=tier) == expected


@pytest.mark.parametrize(("style", "expected"), [("talking", ["fal/veo"]), ("", ["fal/wan"])])
def test_a_rule_by_style_chooses_scene_by_scene(style: str, expected: list[str]) -> None:
    speaking = Rule(name="people who speak", styles=("talking",), models=("veo",))
    chosen = a_format("wan", rules=(speaking,))
    assert places(chosen, table("fal", "wan", "veo"), style=style) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(5.0, ["fal/wan"]), (6.0, ["fal/veo"])])
def test_a_rule_by_length_looks_at_the_formats_scenes(seconds: float, expected: list[str]) -> None:
    short = Rule(name="short scenes", below_seconds=seconds, models=("veo",))
    assert places(a_format("wan", rules=(short,)), table("fal", "wan", "veo")) == expected


def test_a_rule_whose_models_nobody_offers_is_passed_over() -> None:
    gone = Rule(name="gone", models=("sora",))
    (choice,) = choices_of(a_format("wan", rules=(gone,)), [table("fal", "wan")])
    assert choice.rule == USUAL_RULE


def test_a_format_whose_models_nobody_offers_is_refused() -> None:
    with pytest.raises(Trouble, match="at a known price"):
        choices_of(a_format("sora"), [table("fal", "wan")])


def test_a_model_without_sound_makes_no_scene_of_a_format_that_lives_by_it() -> None:
    mute = table("fal", "wan")
    models = {name: price.model_copy(update={"sound": False}) for name, price in mute.clip_models.items()}
    chosen = a_format("wan")
    with pytest.raises(Trouble, match="at a known price"):
        choices_of(chosen, [mute.model_copy(update={"models": models})])


def test_a_vendor_is_of_use_where_it_makes_the_scenes_of_some_format() -> None:
    assert formats_made_of(table("fal", "wan-2.5")) == ["asmr-craft"]
    assert formats_made_of(table("fal", "seedance-1.5")) == ["asmr-craft"]
    assert formats_made_of(table("fal", "luma-ray-2")) == []
    assert formats_made_of(table("replicate")) == []


def test_a_worker_warns_of_a_key_with_which_nothing_is_bought() -> None:
    with capture_logs() as logged:
        warn_of_useless_keys(
            [table("fal", "wan-2.5"), table("replicate"), table("offline", book="simulated")]
        )
    (line,) = logged
    assert line["log_level"] == "warning"
    assert line["event"].startswith("the key of replicate is set, and its price list has no model")
    assert "REELWRIGHT_PRICES" in line["event"]
