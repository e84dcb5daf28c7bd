"""What the ledger costs: one item's effects alone, and reservations on one hot day.

Run as `python -m tests.benchmarks.ledger [--items N] [--rate N] [--json]`, on a durable PostgreSQL as `up` runs it.

- `an item`: all that the ledger does for one item with three scenes and a post (reserve the round; three sends, each
  recorded and settled; the post's reservation, claim, record, settlement and note; the closing), one item after
  another, with effects that take no time. Wall time and CPU of this process and of PostgreSQL.
- `hot day`: rounds of different items of one account, reserved at a steady rate, so that all of them lock the same
  rows of the day, the account's day and the whole; the time from when each was due to when it was reserved.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

from activities.buying.purchases import orders_of
from activities.ledger.port import Approval, Outcome, Sighting
from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.approvals import require_approval
from activities.reviews.arbiter import PostgresArbiter
from activities.reviews.closing import PostgresCloser
from activities.store.database import Database
from activities.store.postgres_store import PostgresStore
from schema.formats.instruction import Instructions
from schema.items.item import Ending, ItemState
from schema.items.plan import ItemPlan
from schema.purchases.operation import Operation, Order, Refusal
from schema.reviews.review import ReviewRequest, Word
from schema.reviews.subject import video_subject
from schema.settings import Settings, Timings
from tests.activities.ledger.scenery import plan, scene_order
from tests.benchmarks.stage import ACCOUNT, PLENTY_MICROUSD, Meter, Stage, open_stage

HASH = "a" * 64


def main(argv: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="ledger", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=1_000, help="reservations on the hot day")
    parser.add_argument("--rate", type=float, default=50, help="reservations a second")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    wished = parser.parse_args(argv)
    found = asyncio.run(measure(wished.items, wished.rate))
    print(json.dumps(found) if wished.json else in_words(found))  # noqa: T201 - a program's output
    return 0


async def measure(reservations: int, rate: float) -> dict[str, Any]:
    """Return both figures."""
    async with open_stage() as stage:
        database = Database(stage.database_url, connections=Settings().connections)
        await database.open()
        try:
            ledger = PostgresLedger(database, Timings(), may_post=require_approval)
            return {
                "an_item": await _item_costs(stage, database, ledger, max(20, reservations // 10)),
                "hot_day": await _hot_day(database, ledger, reservations, rate),
            }
        finally:
            await database.close()


async def _item_costs(
    stage: Stage, database: Database, ledger: PostgresLedger, times: int
) -> dict[str, float]:
    opened = [await _open(database, f"alone-{number:05d}") for number in range(times)]
    for item in opened[: times // 10]:
        await _live(database, ledger, item)
    rest = opened[times // 10 :]
    meter = Meter({"postgres": stage.postgres})
    took: list[float] = []
    for item in rest:
        began = time.perf_counter()
        await _live(database, ledger, item)
        took.append(1_000 * (time.perf_counter() - began))
    cpu = {name: 1_000 * used / len(rest) for name, used in meter.since().items()}
    return {
        "wall_ms": round(statistics.median(took), 1),
        "cpu_ms": round(cpu["driver"], 2),
        "postgres_cpu_ms": round(cpu["postgres"], 2),
    }


async def _live(database: Database, ledger: PostgresLedger, item: ItemPlan) -> None:
    """Do all of an item's effects."""
    reserved = await ledger.reserve(orders_of(item, 1, "system"), item.limits)
    assert not isinstance(reserved, Refusal)
    for operation in reserved:
        await ledger.reserve([scene_order(item, 1, int(operation.slot[-1]))], item.limits)
        sent = await ledger.carry_out(operation, HASH, _Instant())
        await ledger.settle(sent.operation_id, sent.reserved_microusd)
    approval = await _approved(database, item)
    order = Order(
        slot=f"{item.item_id}/1/publish/{_place(item)}",
        kind="publish",
        item_id=item.item_id,
        account_id=item.account_id,
        round=1,
        vendor=_place(item),
        book=item.book,
        amount_microusd=0,
    )
    post = await ledger.reserve([order], None)
    assert not isinstance(post, Refusal)
    posted = await ledger.publish(post[0], approval.content_sha256, _Instant(charged=0), approval)
    await ledger.note_post(posted, approval)
    await PostgresCloser(database).close_item(Ending(item_id=item.item_id, state=ItemState.PUBLISHED))


def _place(item: ItemPlan) -> str:
    return f"folder/outbox:{item.account_id}"


async def _approved(database: Database, item: ItemPlan) -> Approval:
    """Put something on show and approve it: two transactions, counted with the rest."""
    request = ReviewRequest(
        item_id=item.item_id,
        account_id=item.account_id,
        round=1,
        subject=video_subject("content/final.mp4", HASH, "Clay."),
        waits=item.review.waits,
        places=(_place(item),),
    )
    arbiter = PostgresArbiter(database)
    review = await arbiter.open_review(request)
    await arbiter.decide(Word(kind="approve", item_id=item.item_id, actor="ada", door="bench"))
    return Approval(review_id=review.review_id, content_sha256=review.content_sha256)


class _Instant:
    """An effect that takes no time."""

    def __init__(self, charged: int | None = None) -> None:
        self._charged = charged

    async def prepare(self, operation: Operation) -> str:
        return "1"

    async def send(self, operation: Operation) -> Outcome:
        return Outcome(handle="1", charged_microusd=self._charged)

    async def find(self, operation: Operation) -> Sighting:
        return Sighting(seen=False)

    async def find_forgotten(self, operation: Operation) -> Sighting:
        return await self.find(operation)


async def _hot_day(
    database: Database, ledger: PostgresLedger, reservations: int, rate: float
) -> dict[str, float]:
    opened = [await _open(database, f"hot-{number:06d}") for number in range(reservations)]
    limits = opened[0].limits.model_copy(update={"day_cap_microusd": PLENTY_MICROUSD})
    took: list[float] = []

    async def reserve(item: ItemPlan, due: float) -> None:
        await asyncio.sleep(due - time.perf_counter())
        assert not isinstance(await ledger.reserve(orders_of(item, 1, "system"), limits), Refusal)
        took.append(1_000 * (time.perf_counter() - due))

    start = time.perf_counter() + 0.5
    await asyncio.gather(*(reserve(item, start + number / rate) for number, item in enumerate(opened)))
    took.sort()
    return {
        "rate": rate,
        "reservations": reservations,
        "p50_ms": round(took[len(took) // 2], 1),
        "p95_ms": round(took[int(len(took) * 0.95)], 1),
        "most_ms": round(took[-1], 1),
    }


async def _open(database: Database, tail: str) -> ItemPlan:
    item = plan(f"{ACCOUNT}-20261120-{tail}", ACCOUNT, day_cap_microusd=PLENTY_MICROUSD)
    await PostgresStore(database).open_once(item, Instructions())
    return item


def in_words(found: dict[str, Any]) -> str:
    """Return the figures as two lines for a person."""
    item, day = found["an_item"], found["hot_day"]
    return (
        f"the ledger for one item: {item['wall_ms']} ms, CPU {item['cpu_ms']} ms here and {item['postgres_cpu_ms']} ms "
        f"in PostgreSQL\n"
        f"{day['rate']:g} reservations a second on one day: p50 {day['p50_ms']} ms, p95 {day['p95_ms']} ms, "
        f"most {day['most_ms']} ms, of {day['reservations']}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
