"""The people of a run: they start items, look at what is on show, and decide."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import psycopg
from psycopg_pool import PoolTimeout
from temporalio.service import RPCError

from activities.reviews.arbiter import PostgresArbiter
from activities.store import account_rows
from activities.store.database import Database
from schema.failure import Trouble
from schema.items.account import Account
from schema.items.item import BASE32, ItemRequest
from schema.reviews.review import Verdict, WordForm
from signals import names
from signals.doors.intake import DecisionIntake
from starter.items.start_item import start
from tests.chaos.stage import Stage

Mind = Literal["approve", "approve twice", "quarrel", "by hand", "edit", "revise", "reject", "stop by hand"]
MINDS: tuple[tuple[Mind, int], ...] = (
    ("approve", 40),
    ("approve twice", 15),
    ("quarrel", 10),
    ("by hand", 12),
    ("edit", 6),
    ("revise", 10),
    ("reject", 5),
    ("stop by hand", 2),
)
"""What a person will do about an item, and how often in a hundred."""
LOOK_EVERY_S = 0.3
PRICE_MICROUSD = 1_500_000
"""Of the three scenes of a round."""
ITEMS_OF_AN_ACCOUNT = 20
AWAY = (psycopg.Error, PoolTimeout, RPCError, RuntimeError, OSError, TimeoutError)
"""What a person sees as an error while something is down; they try again."""


@dataclass(frozen=True)
class Wanted:
    """An item somebody wants."""

    item_id: str
    account_id: str
    mind: Mind
    at_s: float


@dataclass(frozen=True)
class Accepted:
    """A word that was answered as accepted."""

    item_id: str
    review_id: str
    kind: str
    actor: str


@dataclass
class Plan:
    """Who wants what, and what it may cost: drawn from the seed."""

    items: list[Wanted]
    accounts: list[Account]
    day_cap_microusd: int


def draw(seed: int, items: int, seconds: float) -> Plan:
    """Return a plan whose caps are too small: the day's for a quarter of the items, one account's for half."""
    dice = random.Random(f"people {seed}")
    count = max(2, -(-items // ITEMS_OF_AN_ACCOUNT))
    today = f"{datetime.now(UTC):%Y%m%d}"
    tails = set[str]()
    while len(tails) < items:
        tails.add("".join(dice.choices(BASE32, k=6)))
    minds, weights = zip(*MINDS, strict=True)
    wanted = [
        Wanted(
            item_id=f"craft{number % count}-{today}-{tail}",
            account_id=f"craft{number % count}",
            mind=dice.choices(minds, weights)[0],
            at_s=number * 0.8 * seconds / items,
        )
        for number, tail in enumerate(sorted(tails))
    ]
    share = items // count + 1
    owners = [
        Account(
            account_id=f"craft{number}",
            title=f"Craft {number}",
            item_cap_microusd=PRICE_MICROUSD * (5 if number % 2 else 3) // 2,
            day_cap_microusd=PRICE_MICROUSD * (share // 2 if number == 0 else 2 * share) + 300_000,
        )
        for number in range(count)
    ]
    return Plan(wanted, owners, PRICE_MICROUSD * (items * 3 // 4) + 400_000)


@dataclass
class People:
    """Everybody outside the product."""

    stage: Stage
    plan: Plan
    tell: Callable[[str], None]
    accepted: list[Accepted] = field(default_factory=list[Accepted])
    signals: int = 0
    errors: int = 0
    """How often somebody was told that it does not work just now."""
    _done: set[str] = field(default_factory=set[str])
    """Reviews that need no more words."""
    _busy: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self._door = DecisionIntake(
            PostgresArbiter(self.stage.database), self.stage.database, self.stage.client
        )
        self._minds = {wanted.item_id: wanted.mind for wanted in self.plan.items}

    async def found_accounts(self) -> None:
        """Make the accounts and set the caps, before anything goes wrong."""
        async with self.stage.database.transaction() as connection:
            for account in self.plan.accounts:
                await account_rows.add(connection, account)
        await _set_day_cap(self.stage.database, self.plan.day_cap_microusd)

    async def start_items(self) -> None:
        """Start every item at its time; a start that was not answered is repeated."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        async with asyncio.TaskGroup() as group:
            for wanted in self.plan.items:
                await asyncio.sleep(max(begun + wanted.at_s - clock(), 0))
                group.create_task(self._start(wanted))

    async def look_after_reviews(self) -> None:
        """Answer what is on show, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                with self._errors():
                    for review_id, item_id in await self._open_reviews():
                        if review_id not in self._done | self._busy:
                            self._busy.add(review_id)
                            group.create_task(self._look(review_id, item_id))
                await asyncio.sleep(LOOK_EVERY_S)

    async def _start(self, wanted: Wanted) -> None:
        request = ItemRequest(item_id=wanted.item_id, account_id=wanted.account_id, topic=wanted.item_id)
        while True:
            with self._errors():
                await start(self.stage.client, request)
                return
            await asyncio.sleep(0.5)

    async def _open_reviews(self) -> list[tuple[str, str]]:
        async with self.stage.database.statements() as connection:
            cursor = await connection.execute("select review_id, item_id from review where state = 'open'")
            return [(row["review_id"], row["item_id"]) async for row in cursor]

    async def _look(self, review_id: str, item_id: str) -> None:
        try:
            with self._errors():
                if await self._answer(review_id, item_id):
                    self._done.add(review_id)
                else:
                    await asyncio.sleep(2)  # and see whether it is still there
        finally:
            self._busy.discard(review_id)

    async def _answer(self, review_id: str, item_id: str) -> bool:
        """Do what this item's person has in mind; say whether nothing more is to be said about the review."""
        mind = self._minds[item_id]
        match mind:
            case "approve twice":
                await asyncio.gather(
                    self._say(review_id, item_id, "approve"), self._say(review_id, item_id, "approve")
                )
            case "quarrel":
                await asyncio.gather(
                    self._say(review_id, item_id, "approve", actor="ada"),
                    self._say(review_id, item_id, "reject", actor="bea"),
                )
            case "by hand":
                return await self._by_hand(item_id, names.APPROVE)
            case "stop by hand":
                return await self._by_hand(item_id, names.STOP)
            case "edit" if review_id.endswith("/1"):
                await self._say(review_id, item_id, "edit_caption", caption=f"Better words for {item_id}.")
            case "revise" if review_id.endswith("/1/video/1"):
                verdict = await self._say(review_id, item_id, "revise", notes="warmer light")
                if not verdict.accepted:
                    await self._say(review_id, item_id, "approve")
            case "reject":
                await self._say(review_id, item_id, "reject")
            case _:
                await self._say(review_id, item_id, "approve")
        return True

    async def _say(
        self,
        review_id: str,
        item_id: str,
        kind: str,
        *,
        actor: str = "ada",
        notes: str = "",
        caption: str | None = None,
    ) -> Verdict:
        word = WordForm.model_validate(
            {
                "kind": kind, "item_id": item_id, "review_id": review_id, "actor": actor, "door": "chaos",
                "notes": notes, "caption": caption,
            }
        )  # fmt: skip
        verdict = await self._door.decide(word)
        if verdict.accepted:
            self.accepted.append(Accepted(item_id, review_id, kind, actor))
        return verdict

    async def _by_hand(self, item_id: str, signal: str) -> bool:
        """Send a signal; its effect shows later, so it is never the last word."""
        await self.stage.client.get_workflow_handle(names.workflow_id(item_id)).signal(signal)
        self.signals += 1
        return False

    @contextlib.contextmanager
    def _errors(self) -> Generator[None]:
        try:
            yield
        except (*AWAY, Trouble, LookupError):
            self.errors += 1


async def _set_day_cap(database: Database, cap_microusd: int) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "update configuration set value = to_jsonb(%s::bigint) where key = 'day_cap_microusd'",
            [cap_microusd],
        )
