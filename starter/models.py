"""`models`: what can be bought where, at which price, and what it can do."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from rich.table import Table
from rich.text import Text

from schema.money import Book, in_words, microusd, usd
from schema.price import PriceTable, price_list_names, prices_of
from schema.settings import Settings
from starter.display import paper

_SCENE_S = 5


@dataclass(frozen=True)
class Offer:
    """One model at one resolution, as listed."""

    vendor: str
    model: str
    resolution: str
    scene_seconds: int
    """Five, or where it makes none of five seconds the next longer one."""
    scene_usd: float
    sound: bool
    from_image: bool
    """Whether a clip may begin with an image."""
    found_again: bool
    """Whether an order whose answer was lost can be looked up; else it is a question for a person."""
    book: str
    most_prompt_characters: int
    source: str
    read_on: str


def list_models(settings: Settings, as_json: bool) -> int:
    """List every model of clips that has a price, with source and date."""
    found = [offer for name in price_list_names() for offer in _offers(prices_of(name, settings.prices))]
    if as_json:
        sys.stdout.write(json.dumps([offer.__dict__ for offer in found], indent=2) + "\n")
        return 0
    table = Table("vendor", "model", "size", "a scene", "can do", "read on", box=None, header_style="bold")
    for offer in found:
        cost = f"{offer.scene_seconds} s {in_words(microusd(str(offer.scene_usd)), Book(offer.book))}"
        able = [word for word, can in (("sound", offer.sound), ("image", offer.from_image)) if can]
        row = (offer.vendor, offer.model, offer.resolution, cost, ", ".join(able), offer.read_on)
        table.add_row(*(Text(cell, no_wrap=True) for cell in row))
    paper().print(table)
    return 0


def _offers(table: PriceTable) -> Iterator[Offer]:
    for name, model in table.clip_models.items():
        seconds = min(
            (s for s in model.durations_seconds if s >= _SCENE_S), default=max(model.durations_seconds)
        )
        for resolution in model.resolutions:
            try:
                cost = model.cost_microusd(timedelta(seconds=seconds), resolution)
            except ValueError:
                continue  # this length has no price at this resolution
            yield Offer(
                vendor=table.vendor,
                model=name,
                resolution=resolution,
                scene_seconds=seconds,
                scene_usd=float(usd(cost)),
                sound=model.sound,
                from_image=model.from_image is not None,
                found_again=model.wire is None or model.wire.marker is not None,
                book=table.book,
                most_prompt_characters=model.max_prompt_chars,
                source=table.source,
                read_on=table.read_on.isoformat(),
            )
