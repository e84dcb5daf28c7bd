"""`quote`: what an item costs at most, before anything is bought."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from activities.store import account_rows
from schema.failure import Fault, Trouble
from schema.formats.format_file import makeable_format
from schema.items.account import USUAL_ITEM_CAP_MICROUSD
from schema.money import Book, in_words, usd
from schema.purchases.quote import Quote
from schema.purchases.routing import Tier
from schema.settings import Settings
from starter.console.from_database import stored
from starter.console.json_output import print_json
from starter.console.option_values import dollars
from starter.stack.worker_report import ask_worker


@dataclass(frozen=True)
class Inquiry:
    """What a person wants to know the price of."""

    format: str
    tier: Tier
    account: str | None
    """Whose cap an item would fall under; None: an account's usual one."""
    cap: str | None
    """In dollars, as `make --cap` would set it; it beats the account's."""


async def quote_item(settings: Settings, inquiry: Inquiry, as_json: bool) -> int:
    """Say what an item costs at most, in the book that would be spent.

    Raises `Trouble`: `bad_format` where it cannot be made, `bad_input` for an unknown account or a wrong cap.
    """
    chosen, _ = makeable_format(inquiry.format)
    cap, whose = await _cap_of(settings, inquiry)
    said = await asyncio.to_thread(ask_worker, settings, f"--tier={inquiry.tier}")
    quote = _quote_in(said, chosen.name)
    if quote is None:
        raise Trouble(Fault.BAD_FORMAT, f"no vendor offers the scenes of {chosen.name!r} at a known price")
    if as_json:
        print_json(settings.home, quote=_as_json(quote, cap))
    else:
        sys.stdout.write("\n".join(_in_words(quote, cap, whose)) + "\n")
    return 0


async def require_budget_for_a_round(settings: Settings, format_name: str, tier: Tier, cap: int) -> None:
    """Raise `Trouble` (`bad_input`) where an item's cap does not hold one round, before the item begins."""
    said = await asyncio.to_thread(ask_worker, settings, f"--tier={tier}")
    quote = _quote_in(said, format_name)
    each = quote.round_microusd if quote else 0
    if quote and cap < each:
        raise Trouble(
            Fault.BAD_INPUT,
            f"--cap {in_words(cap, quote.book)} does not hold one round of {format_name}, which costs at most "
            f"{in_words(each, quote.book)}; `reelwright quote` says more",
        )


def _quote_in(said: dict[str, Any], format_name: str) -> Quote | None:
    """Return the quote for the money that would be spent: real dollars where a real vendor is configured."""
    found = [Quote.model_validate(one) for one in said["quotes"] if one["format"] == format_name]
    return next((one for one in found if one.book is Book.USD), found[0] if found else None)


async def _cap_of(settings: Settings, inquiry: Inquiry) -> tuple[int, str]:
    """Return the item's cap, and whose it is in words."""
    given = dollars(inquiry.cap)
    if given is not None:
        return given, "its cap"
    if inquiry.account is None:
        return USUAL_ITEM_CAP_MICROUSD, "an item's usual cap"
    async with stored(settings) as connection:
        account = await account_rows.get(connection, inquiry.account)
    return account.item_cap_microusd, f"the item cap of {account.account_id}"


def _in_words(quote: Quote, cap: int, whose: str) -> Iterator[str]:
    book, rounds, each = quote.book, quote.max_revisions + 1, quote.round_microusd
    yield (
        f"{quote.format}, {quote.tier}: {quote.scenes} scenes of {quote.first.model} at {quote.first.vendor}, "
        f"{in_words(quote.first.price_microusd, book)} each"
    )
    if quote.others:
        elsewhere = ", ".join(f"{model.vendor} ({model.model})" for model in quote.others)
        yield f"where it makes nothing, next: {elsewhere}"
    yield (
        f"a round costs at most {in_words(each, book)}: "
        + " and ".join(f"{in_words(most, book)} for {name}" for name, most in quote.most_by_name.items())
        + f" by {quote.writer}"
    )
    yield (
        f"an item costs at most {in_words(quote.most_microusd, book)}: {rounds} rounds,"
        f" if it is revised {quote.max_revisions} times"
    )
    paid = min(cap // each, rounds) if each else rounds
    if paid == 0:
        yield f"{whose}, {in_words(cap, book)}, does not hold one round: such an item is refused"
    elif paid < rounds:
        yield (
            f"{whose}, {in_words(cap, book)}, holds {paid} round{'s' * (paid > 1)} and {paid - 1 or 'no'} "
            f"revision{'s' * (paid != 2)}; `revise --raise-cap` raises it for one item"
        )
    else:
        yield f"{whose}, {in_words(cap, book)}, holds all of it"


def _as_json(quote: Quote, cap: int) -> dict[str, Any]:
    return {
        "format": quote.format,
        "tier": quote.tier,
        "vendor": quote.first.vendor,
        "model": quote.first.model,
        "next": [{"vendor": model.vendor, "model": model.model} for model in quote.others],
        "writer": quote.writer,
        "book": quote.book,
        "scenes": quote.scenes,
        **{f"{name}_of_a_round_usd": float(usd(most)) for name, most in quote.most_by_name.items()},
        "round_usd": float(usd(quote.round_microusd)),
        "most_revisions": quote.max_revisions,
        "most_usd": float(usd(quote.most_microusd)),
        "cap_usd": float(usd(cap)),
        "most_within_cap_usd": float(usd(min(cap, quote.most_microusd))),
    }
