"""The price lists: exact to the micro-dollar, and silent about nothing."""

from datetime import timedelta
from pathlib import Path

import pytest

from activities.buying.model_choice import choices_of
from schema.content.scene import Resolution
from schema.failure import Fault, Trouble
from schema.formats.format_file import load_format
from schema.money import Book
from schema.prices.price_table import (
    PricePerToken,
    PriceTable,
    Tokens,
    load_prices,
    price_list_names,
    prices_of,
)

FIVE = timedelta(seconds=5)
HAIKU = load_prices("anthropic").words("claude-haiku-5-5")


@pytest.mark.parametrize("name", price_list_names())
def test_every_list_says_where_and_when_it_was_read_and_whose_money_it_is(name: str) -> None:
    table = load_prices(name)
    assert len(table.source) > 10
    assert table.read_on.year >= 2026
    assert table.vendor.startswith(name)
    assert table.book is (Book.SIMULATED if name == "offline" else Book.USD)


def test_a_vendor_without_a_list_is_refused() -> None:
    with pytest.raises(ValueError, match="no price list of 'nobody'"):
        load_prices("nobody")


def test_a_list_with_a_typing_error_is_refused(tmp_path: Path) -> None:
    text = (Path("schema/prices/fal.yaml")).read_text("utf-8").replace("aspect_ratios", "aspects")
    (tmp_path / "fal.yaml").write_text(text)
    with pytest.raises(ValueError, match="aspects"):
        load_prices("fal", tmp_path)


def test_a_list_of_ones_own_takes_the_place_of_ours_and_of_no_other(tmp_path: Path) -> None:
    text = Path("schema/prices/fal.yaml").read_text("utf-8")
    (tmp_path / "fal.yaml").write_text(text.replace('720p: "0.10"', '720p: "0.07"', 1))
    five = prices_of("fal", tmp_path).clips("wan-2.5").cost_microusd(FIVE, "720p")
    assert five == 350_000
    assert prices_of("anthropic", tmp_path) == load_prices("anthropic")
    assert prices_of("fal", None) == load_prices("fal")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "aspect_ratios",
            "aspects",
            "fal.yaml: models.wan-2.5.second.aspect_ratios: it is missing; mend it",
        ),
        (
            "vendor: fal",
            "vendor: falls",
            "fal.yaml: vendor: falls is not that of fal.yaml, which is fal; mend",
        ),
        (
            "book: usd",
            "book: simulated",
            "fal.yaml: book: simulated is not that of fal.yaml, which is usd; mend",
        ),
        ("models:", "models: [", "fal.yaml: no YAML: "),
        ("read_on: 2026-11-20", "read_on: lately", "fal.yaml: read_on: "),
    ],
)
def test_a_list_of_ones_own_that_cannot_be_used_is_told_in_one_line(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    text = Path("schema/prices/fal.yaml").read_text("utf-8")
    assert before in text
    (tmp_path / "fal.yaml").write_text(text.replace(before, after, 1))
    with pytest.raises(Trouble) as refused:
        prices_of("fal", tmp_path)
    line = str(refused.value)
    assert refused.value.fault is Fault.BAD_INPUT
    assert said in line
    assert line.startswith("REELWRIGHT_PRICES/fal.yaml: ")
    assert line.endswith("mend it, or take it out of the folder to use the one of schema/prices")
    assert "\n" not in line
    assert "http" not in line


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"- a\n- b\n"])
def test_a_file_that_is_no_list_at_all_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "fal.yaml").write_bytes(content)
    with pytest.raises(Trouble, match=r"^REELWRIGHT_PRICES/fal\.yaml: .+; mend it") as refused:
        prices_of("fal", tmp_path)
    assert "\n" not in str(refused.value)


def test_a_folder_that_is_not_there_and_a_file_of_no_vendor_are_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=r"REELWRIGHT_PRICES names no folder: .*gone"):
        prices_of("fal", tmp_path / "gone")
    for name in ("fall.yaml", "fal.yml", "offline.yaml"):
        (tmp_path / name).touch()
        with pytest.raises(Trouble, match=rf"REELWRIGHT_PRICES/{name}: no vendor's list is called so"):
            prices_of("anthropic", tmp_path)
        (tmp_path / name).unlink()


@pytest.mark.parametrize(
    ("model", "seconds", "resolution", "cost"),
    [
        ("wan-2.5", 5, "720p", 500_000),
        ("wan-2.5", 10, "1080p", 1_500_000),
        ("kling-2.5", 5, "1080p", 350_000),
        ("kling-2.5", 10, "1080p", 700_000),
        ("veo-3.1", 8, "1080p", 3_200_000),
    ],
)
def test_a_clip_costs_what_the_vendors_page_says(
    model: str, seconds: int, resolution: Resolution, cost: int
) -> None:
    price = load_prices("fal").clips(model)
    assert price.cost_microusd(timedelta(seconds=seconds), resolution) == cost


@pytest.mark.parametrize(
    ("model", "seconds", "resolution"),
    [("wan-2.5", 7, "720p"), ("kling-2.5", 5, "720p"), ("veo-3.1", 5, "720p"), ("sora-2", 5, "720p")],
)
def test_what_has_no_price_is_refused(model: str, seconds: int, resolution: Resolution) -> None:
    with pytest.raises(ValueError, match=r"is not made|no model"):
        load_prices("fal").clips(model).cost_microusd(timedelta(seconds=seconds), resolution)


def test_a_model_is_asked_only_for_what_it_does() -> None:
    fal, claude = load_prices("fal"), load_prices("anthropic")
    with pytest.raises(ValueError, match="makes no clips"):
        fal.clips("flux-dev")
    with pytest.raises(ValueError, match="does not write"):
        fal.words("wan-2.5")
    with pytest.raises(ValueError, match="makes no stills"):
        claude.images("claude-haiku-5-5")
    assert "flux-dev" not in fal.clip_models


def test_a_begun_megapixel_counts_as_a_whole_one() -> None:
    flux = load_prices("fal").images("flux-dev")
    assert flux.cost_microusd(1_000, 1_000) == 25_000
    assert flux.cost_microusd(1_080, 1_920, count=2) == 150_000
    assert load_prices("fal").images("seedream-4.5").cost_microusd(2_048, 2_048) == 40_000


def test_every_kind_of_token_has_its_own_price_and_the_sum_is_rounded_up_once() -> None:
    used = Tokens(input=1_000, output=2_000, cache_write=400, cache_write_1h=100, cache_read=3_000)
    assert HAIKU.cost_microusd(used) == 100 + 1_000 + 50 + 20 + 30
    assert HAIKU.cost_microusd(Tokens(input=1)) == 1
    assert HAIKU.cost_microusd(Tokens(input=5, output=1)) == 1
    assert HAIKU.cost_microusd(Tokens()) == 0


def test_a_long_prompt_is_dear_and_cached_tokens_make_it_long_too() -> None:
    assert HAIKU.cost_microusd(Tokens(input=100_000)) == 10_000
    assert HAIKU.cost_microusd(Tokens(input=100_001)) == 50_001
    assert HAIKU.cost_microusd(Tokens(input=1, cache_read=100_000)) == 5_001


@pytest.mark.parametrize("model", load_prices("anthropic").models | load_prices("openai").models)
def test_no_answer_within_the_limits_costs_more_than_the_worst_case(model: str) -> None:
    table = load_prices("anthropic" if model.startswith("claude") else "openai")
    price = table.words(model)
    for size in (0, 1, 999, 50_000, 100_000, 100_001):
        worst = price.worst_case_microusd(size, price.max_output_tokens)
        for kind in ("input", "cache_write", "cache_write_1h", "cache_read"):
            assert (
                price.cost_microusd(Tokens.model_validate({kind: size, "output": price.max_output_tokens}))
                <= worst
            )


def test_a_long_prompt_without_a_known_price_is_refused() -> None:
    price = PricePerToken.model_validate(HAIKU.model_dump() | {"long_rates": None})
    with pytest.raises(ValueError, match="no known price"):
        price.worst_case_microusd(100_001, 1)


def test_the_first_vendor_that_makes_the_formats_scenes_at_a_known_price_is_chosen() -> None:
    chosen, _ = load_format("asmr-craft")
    fal, offline, claude = load_prices("fal"), load_prices("offline"), load_prices("anthropic")
    model = choices_of(chosen, [claude, fal, offline])[-1].models[0]
    assert (model.vendor, model.model, model.price_microusd, model.book) == (
        "fal",
        "wan-2.5",
        500_000,
        Book.USD,
    )
    assert {model.book for model in choices_of(chosen, [offline, fal])[-1].models} == {Book.SIMULATED}
    with pytest.raises(Trouble, match="at a known price"):
        choices_of(chosen, [load_prices("replicate"), claude])


def test_a_model_that_does_not_make_the_length_is_passed_over() -> None:
    chosen, _ = load_format("asmr-craft")
    table = load_prices("fal")
    short = table.clips("wan-2.5").model_copy(update={"durations_seconds": (10,)})
    other = PriceTable.model_validate(table.model_dump() | {"models": {"wan-2.5": short.model_dump()}})
    assert choices_of(chosen, [other, load_prices("offline")])[-1].models[0].vendor == "offline-studio"
