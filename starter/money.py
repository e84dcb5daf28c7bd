"""What things cost, what was spent, what is not known, and the stop switch."""

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, LiteralString

from psycopg.types.json import Jsonb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from activities.ledger import questions
from activities.open_item import makeable_format
from activities.quoting import Quote
from schema.failure import Fault, Trouble
from schema.money import Book, in_words, microusd, usd
from schema.payload import Payload
from schema.price import PriceTable, price_list_names, prices_of
from schema.settings import Settings
from starter.able import ask_worker
from starter.context import tell
from starter.display import paper
from starter.given import actor as this_person
from starter.given import dollars
from starter.receipt import WASTED
from starter.session import connected

_SCENE_S = 5
_GROUPS: dict[str, LiteralString] = {
    "day": "to_char(operation.created_at, 'YYYY-MM-DD')",
    "account": "operation.account_id",
    "campaign": "coalesce(item.campaign_id, '')",
    "format": "item.format",
    "vendor": "operation.vendor",
}


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


class Cost(Payload):
    """What one group of operations cost, in micro-dollars of one book."""

    group: str
    book: Book
    operations: int
    charged: int
    open: int
    """Reserved, and neither charged nor given back yet."""
    wasted: int
    """Charged, and of no use."""


async def show_costs(settings: Settings, by: str, as_csv: bool) -> int:
    """Add up operations. The books never mix: each group has a row a book."""
    async with connected(settings) as session, session.database.transaction() as connection:
        cursor = await connection.execute(
            f"""
            select {_GROUPS[by]} as group, operation.book as book, count(*) as operations,
                coalesce(sum(charged_microusd), 0)::bigint as charged,
                coalesce(sum(reserved_microusd) filter (
                    where operation.state not in ('settled', 'released')), 0)::bigint as open,
                coalesce(sum(charged_microusd) filter (where {WASTED}), 0)::bigint as wasted
            from operation join item using (item_id)
            left join take on take.operation_id = operation.operation_id
            where operation.kind = 'paid'
            group by 1, 2 order by 1, 2
            """
        )
        found = [Cost.model_validate(row) async for row in cursor]
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow([by, "book", "operations", "charged_usd", "open_usd", "wasted_usd"])
        for cost in found:
            amounts = [str(usd(amount)) for amount in (cost.charged, cost.open, cost.wasted)]
            writer.writerow([cost.group, cost.book, cost.operations, *amounts])
        return 0
    table = Table(by, "book", "operations", "charged", "reserved", "wasted", box=None, header_style="bold")
    for cost in found:
        amounts = [in_words(amount, Book.USD) for amount in (cost.charged, cost.open, cost.wasted)]
        table.add_row(cost.group, cost.book, str(cost.operations), *amounts)
    Console().print(table)
    return 0


async def list_unknowns(settings: Settings, as_json: bool) -> int:
    """List what waits for a person."""
    async with connected(settings) as session, session.database.transaction() as connection:
        found = await questions.open_questions(connection)
    if as_json:
        sys.stdout.write(
            json.dumps([question.model_dump(mode="json") for question in found], indent=2) + "\n"
        )
        return 0
    if not found:
        tell("nothing is unknown")
        return 0
    table = Table(
        "operation", "vendor", "reserved", "since", "what is not known", box=None, header_style="bold"
    )
    for question in found:
        operation = question.operation
        table.add_row(
            operation.operation_id,
            operation.vendor,
            in_words(operation.reserved_microusd, operation.book),
            f"{question.since.astimezone():%Y-%m-%d %H:%M}",
            operation.reason or f"its item ended while it was {operation.state}",
        )
    Console().print(table)
    return 0


async def close_unknown(
    settings: Settings,
    operation_id: str,
    answer: Literal["adopt", "write-off", "none"],
    actor: str | None,
    handle: str = "",
    charged: str = "0",
) -> int:
    """Close what was not known, as a person says."""
    person = actor or this_person()
    async with connected(settings) as session, session.database.transaction() as connection:
        match answer:
            case "adopt":
                closed = await questions.adopt(
                    connection, operation_id, person, handle, dollars(charged) or 0
                )
            case "write-off":
                closed = await questions.write_off(connection, operation_id, person)
            case "none":
                closed = await questions.prove_none(connection, operation_id, person)
    tell(f"{operation_id}: {closed.state}, charged {in_words(closed.charged_microusd or 0, closed.book)}")
    return 0


async def set_caps(settings: Settings, day: str | None, in_all: str | None) -> int:
    """Set the installation's caps where they were given, and say what they are."""
    given = {
        "day_cap_microusd": None if day is None else dollars(day),
        "global_cap_microusd": None if in_all is None or in_all == "none" else dollars(in_all),
    }
    changed: dict[str, int | None] = {key: value for key, value in given.items() if value is not None}
    if in_all == "none":
        changed["global_cap_microusd"] = None
    async with connected(settings) as session, session.database.transaction() as connection:
        for key, value in changed.items():
            await connection.execute(
                "update configuration set value = %s, updated_at = now() where key = %s", [Jsonb(value), key]
            )
        cursor = await connection.execute(
            "select key, value from configuration where key = any(%s)", [list(given)]
        )
        now = {row["key"]: row["value"] async for row in cursor}
    for key, name in (("day_cap_microusd", "a day"), ("global_cap_microusd", "in all")):
        tell(f"{name}: {'no cap' if now[key] is None else in_words(now[key], Book.USD)}")
    return 0


async def switch(settings: Settings, *, stopped: bool, reason: str, actor: str | None) -> int:
    """Turn the stop switch; the next reservation sees it, and so does every send that was not claimed yet."""
    why = f"{actor or this_person()}: {reason or 'no reason given'}" if stopped else ""
    value: dict[str, Any] = {"stopped": stopped, "reason": why}
    async with connected(settings) as session, session.database.transaction() as connection:
        cursor = await connection.execute(
            "update configuration set value = %s, updated_at = now() where key = 'paid_calls' returning key",
            [Jsonb(value)],
        )
        if await cursor.fetchone() is None:
            raise Trouble(Fault.BAD_INPUT, "the database has no stop switch; run ./reelwright migrate")
    tell(
        "paid calls are stopped; `reelwright resume` allows them again"
        if stopped
        else "paid calls are allowed"
    )
    return 0
