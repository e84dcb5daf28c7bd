"""`models`: what can be bought where, at which price, and what it can do."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from rich.table import Table
from rich.text import Text

from schema.money import in_words, microusd, usd
from schema.prices.clip_price import ClipPrice
from schema.prices.price_table import PricePerImage, PricePerToken, PriceTable, price_list_names, prices_of
from schema.settings import Settings
from starter.console.display import paper
from starter.console.json_output import print_json

_SCENE_S = 5


@dataclass(frozen=True)
class Offer:
    """One model, of clips at one resolution, as listed."""

    table: PriceTable
    model: str
    makes: Literal["clips", "stills", "words"]
    prices_usd: dict[str, Decimal]
    """What each unit costs, e.g. a `second` of a clip, or a `million_tokens_in`."""
    cost: str
    """The same in words, for a scene where it makes clips."""
    abilities: tuple[str, ...] = ()
    """What it can do beside."""
    details: dict[str, Any] | None = None
    """What only models of its kind have, for JSON."""

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return {
            "vendor": self.table.vendor,
            "model": self.model,
            "makes": self.makes,
            "prices_usd": {unit: float(price) for unit, price in self.prices_usd.items()},
            "book": self.table.book,
            **(self.details or {}),
            "source": self.table.source,
            "read_on": self.table.read_on.isoformat(),
        }


@dataclass(frozen=True)
class ClipDetails:
    """What is told of a model of clips at one resolution."""

    resolution: str
    scene_seconds: int
    """Five, or where it makes none of five seconds the next longer one."""
    scene_usd: float
    sound: bool
    from_image: bool
    """Whether a clip may begin with an image."""
    found_again: bool
    """Whether an order whose answer was lost can be looked up; else it is parked for a person."""
    most_prompt_characters: int


def list_models(settings: Settings, as_json: bool) -> int:
    """List every model that has a price, with source and date. Raises `Trouble` (`bad_input`) for a bad list."""
    found = [offer for name in price_list_names() for offer in _offers(prices_of(name, settings.prices))]
    if as_json:
        print_json(settings.home, models=[offer.as_json() for offer in found])
        return 0
    table = Table("vendor", "model", "makes", "costs", "can do", "read on", box=None, header_style="bold")
    for offer in found:
        row = (offer.table.vendor, offer.model, offer.makes, offer.cost, ", ".join(offer.abilities))
        table.add_row(*(Text(cell, no_wrap=True) for cell in (*row, offer.table.read_on.isoformat())))
    paper().print(table)
    return 0


def _offers(table: PriceTable) -> Iterator[Offer]:
    for name, model in table.models.items():
        match model:
            case PricePerToken():
                yield _words(table, name, model)
            case PricePerImage():
                cost = f"{_amount(table, model.price_usd)} {_a(model.unit)}"
                yield Offer(table, name, "stills", {model.unit: model.price_usd}, cost)
            case _:
                yield from _clips(table, name, model)


def _clips(table: PriceTable, name: str, model: ClipPrice) -> Iterator[Offer]:
    seconds = min((s for s in model.durations_seconds if s >= _SCENE_S), default=max(model.durations_seconds))
    abilities = tuple(word for word, can in (("sound", model.sound), ("image", model.from_image)) if can)
    for resolution in model.resolutions:
        try:
            cost = model.cost_microusd(timedelta(seconds=seconds), resolution)
        except ValueError:
            continue  # this length has no price at this resolution
        details = ClipDetails(
            resolution=resolution,
            scene_seconds=seconds,
            scene_usd=float(usd(cost)),
            sound=model.sound,
            from_image=model.from_image is not None,
            found_again=model.wire is None or model.wire.marker is not None,
            most_prompt_characters=model.max_prompt_chars,
        )
        unit = {"second": usd(cost) / seconds} if model.unit == "second" else {"video": usd(cost)}
        said = f"{in_words(cost, table.book)} for {seconds} s at {resolution}"
        yield Offer(table, name, "clips", unit, said, abilities, asdict(details))


def _words(table: PriceTable, name: str, model: PricePerToken) -> Offer:
    rates = {"million_tokens_in": model.rates.input_usd, "million_tokens_out": model.rates.output_usd}
    dear = ""
    if model.long_above_tokens is not None and model.long_rates is not None:
        rates["million_tokens_in_long"] = model.long_rates.input_usd
        rates["million_tokens_out_long"] = model.long_rates.output_usd
        dear = f"; dearer above {model.long_above_tokens} in"
    into, out = _amount(table, model.rates.input_usd), _amount(table, model.rates.output_usd)
    said = f"{into} in, {out} out a million tokens{dear}"
    return Offer(table, name, "words", rates, said, details={"most_tokens_out": model.max_output_tokens})


def _a(unit: str) -> str:
    return f"{'an' if unit[0] in 'aeiou' else 'a'} {unit}"


def _amount(table: PriceTable, price: Decimal) -> str:
    return in_words(microusd(price), table.book)
