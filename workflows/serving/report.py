"""What this worker could do, as it says itself with `--check`: for `doctor` and `quote`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from activities.buying.model_choice import formats_made_of
from activities.buying.price_estimate import quote
from activities.platforms.platform_registry import PLATFORMS
from activities.runtime.key_check import HasKey
from activities.runtime.key_check import check as check_keys
from activities.writers.port import Writer
from schema.failure import Trouble
from schema.formats.format_file import format_names, load_format
from schema.money import Book
from schema.prices.price_table import PriceTable
from schema.purchases.quote import Quote
from schema.purchases.routing import Tier
from schema.settings import Settings


async def report(
    settings: Settings,
    writers: Mapping[Book, Writer],
    tables: Sequence[PriceTable],
    keyed: Sequence[HasKey],
    tier: Tier,
) -> dict[str, Any]:
    """Return what can be made, by whom, and at what price in a `tier`.

    Each of the `keyed` vendors is asked one free question.
    """
    books = {table.book for table in tables}
    return {
        "writers": {book: {"name": writers[book].name, "model": writers[book].model} for book in books},
        "studios": {
            table.vendor: {
                "models": sorted(table.clip_models),
                "formats": formats_made_of(table),
                "stand_in": table.book is Book.SIMULATED,
            }
            for table in tables
        },
        "platforms": list(PLATFORMS),
        "storage": "folder",
        "slots": settings.slots,
        "media_slots": settings.media_slots,
        "quotes": [made.model_dump(mode="json") for made in _quotes(tables, writers, tier)],
        "keys": [found.model_dump(mode="json") for found in await check_keys(keyed)],
    }


def _quotes(tables: Sequence[PriceTable], writers: Mapping[Book, Writer], tier: Tier) -> Iterator[Quote]:
    """Yield what an item costs, for each format that can be made and each book in which it is offered."""
    for chosen, _ in map(load_format, format_names()):
        for book in sorted({table.book for table in tables}) if chosen.can_be_made else ():
            with suppress(Trouble):
                yield quote(chosen, [table for table in tables if table.book is book], writers[book], tier)
