"""Which models at which vendors may make the scenes of a format, in order."""

from collections.abc import Sequence

import structlog

from schema.failure import Fault, Trouble
from schema.formats.format_file import FormatFile, format_names, load_format
from schema.money import Book
from schema.prices.price_table import PriceTable
from schema.purchases.routing import Choice, SceneModel, Tier


def choices_of(
    chosen: FormatFile, prices: Sequence[PriceTable], tier: Tier = "standard"
) -> tuple[Choice, ...]:
    """Return the models that scenes may be bought from: a choice for each rule, and one for other scenes.

    All are of one book, that of the first model of the format that is offered. Raises `Trouble` (`bad_format`)
    where none is offered: an unknown price is a refusal.
    """
    duration = chosen.scenes.ordered_duration
    usual = _offered(chosen.scenes.models, chosen, prices)
    if not usual:
        raise Trouble(
            Fault.BAD_FORMAT,
            f"no vendor offers a model of {chosen.name!r} ({', '.join(chosen.scenes.models)}) at a known price",
        )
    book = usual[0].book
    choices: list[Choice] = []
    for rule in chosen.scenes.rules:
        models = [model for model in _offered(rule.models, chosen, prices) if model.book is book]
        if models and rule.may_hold(tier, duration):
            choices.append(Choice(rule=rule.name, styles=rule.styles, models=tuple(models)))
        if choices and not choices[-1].styles:
            return tuple(choices)  # it holds for every scene, so nothing after it is ever reached
    return (*choices, Choice(models=tuple(model for model in usual if model.book is book)))


def formats_made_of(table: PriceTable) -> list[str]:
    """Return the formats for which scenes can be bought at one vendor; empty: its key is of no use."""
    makeable = [chosen for chosen, _ in map(load_format, format_names()) if chosen.can_be_made]
    return [chosen.name for chosen in makeable if _offered(_named(chosen), chosen, [table])]


def warn_of_useless_keys(prices: Sequence[PriceTable]) -> None:
    """Log each vendor whose key is set and that offers nothing; items are then made elsewhere."""
    for table in prices:
        if table.book is Book.USD and not formats_made_of(table):
            structlog.get_logger().warning(
                f"the key of {table.vendor} is set, and its price list has no model for any format: nothing is bought "
                "there; put a list of your own into a folder and name that in REELWRIGHT_PRICES"
            )


def _named(chosen: FormatFile) -> list[str]:
    return [*chosen.scenes.models, *(name for rule in chosen.scenes.rules for name in rule.models)]


def _offered(names: Sequence[str], chosen: FormatFile, prices: Sequence[PriceTable]) -> list[SceneModel]:
    """Return each model at each vendor that makes what the format needs, in order."""
    duration = chosen.scenes.ordered_duration
    found: list[SceneModel] = []
    for model in names:
        for table in prices:
            try:
                price = table.clips(model)
                worst_case = price.cost_microusd(duration, chosen.scenes.resolution)
            except ValueError:  # not offered there, or not in this length and resolution
                continue
            if chosen.scenes.native_audio and not price.sound:
                continue
            found.append(
                SceneModel(
                    vendor=table.vendor,
                    model=model,
                    book=table.book,
                    price_microusd=worst_case,
                    max_prompt_chars=price.max_prompt_chars,
                )
            )
    return found
