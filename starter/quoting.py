"""`quote`: what an item costs at most, before anything is bought."""

import json
import sys
from typing import Any

from schema.failure import Fault, Trouble
from schema.format import makeable_format
from schema.money import Book, in_words, usd
from schema.quote import Quote
from starter.able import ask_worker


def quote_format(format_name: str, as_json: bool) -> int:
    """Say what an item costs at most, in the book that would be spent. Raises `Trouble` where it cannot be made."""
    chosen, _ = makeable_format(format_name)
    found = [Quote.model_validate(one) for one in ask_worker()["quotes"] if one["format"] == chosen.name]
    if not found:
        raise Trouble(Fault.BAD_FORMAT, f"nobody offers the scenes of {chosen.name!r} at a known price")
    quote = next((one for one in found if one.book is Book.USD), found[0])
    if as_json:
        sys.stdout.write(json.dumps(_quote_as_json(quote), indent=2) + "\n")
        return 0
    elsewhere = ", ".join(f"{model.vendor} ({model.model})" for model in quote.others)
    lines = [
        f"{quote.format}: {quote.scenes} scenes of {quote.first.model} at {quote.first.vendor}, "
        f"{in_words(quote.first.price_microusd, quote.book)} each",
        f"a round costs at most {in_words(quote.round_microusd, quote.book)} for scenes"
        f" and {in_words(quote.words_microusd, quote.book)} for words by {quote.writer}",
        f"each of up to {quote.max_revisions} revisions the same again, within the caps",
        f"where it makes nothing, next: {elsewhere}" if elsewhere else "",
    ]
    sys.stdout.write("\n".join(filter(None, lines)) + "\n")
    return 0


def _quote_as_json(quote: Quote) -> dict[str, Any]:
    return {
        "format": quote.format,
        "vendor": quote.first.vendor,
        "model": quote.first.model,
        "next": [{"vendor": model.vendor, "model": model.model} for model in quote.others],
        "writer": quote.writer,
        "book": quote.book,
        "scenes": quote.scenes,
        "scenes_of_a_round_usd": float(usd(quote.round_microusd)),
        "words_of_a_round_usd": float(usd(quote.words_microusd)),
        "round_usd": float(usd(quote.round_microusd + quote.words_microusd)),
        "most_revisions": quote.max_revisions,
        "most_usd": float(usd(quote.most_microusd)),
    }
