"""Items, orders and effects for tests of the ledger."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from activities.buying.purchases import order_of, purchases_of
from activities.ledger.port import NotResolvedYet, Outcome, Sighting
from activities.ledger.postgres_ledger import PostgresLedger
from activities.store import account_rows, campaign_rows
from activities.store.database import Database
from activities.store.postgres_store import PostgresStore
from schema.failure import NoEffect
from schema.formats.format_file import load_format
from schema.formats.instruction import instructions_of
from schema.items.account import Account
from schema.items.campaign import Campaign
from schema.items.plan import BoughtClips, FormatRef, ItemPlan, ReviewPlan, Waits
from schema.money import Book
from schema.purchases.operation import Limits, Operation, Order, Refusal
from schema.purchases.routing import Choice, SceneModel

HASH = "a" * 64
PRICE = 500_000


def plan(
    item_id: str = "crafts-20261120-abcdef",
    account_id: str = "crafts",
    *,
    item_cap_microusd: int = 2_000_000,
    day_cap_microusd: int = 20_000_000,
    price_microusd: int = PRICE,
    campaign_id: str | None = None,
    planned: bool = False,
    book: Book = Book.SIMULATED,
    vendor: str = "offline-studio",
    model: str = "wan-2.5",
) -> ItemPlan:
    """The plan of an ASMR item of three scenes."""
    bought = SceneModel(
        vendor=vendor, model=model, book=book, price_microusd=price_microusd, max_prompt_chars=800
    )
    return ItemPlan(
        item_id=item_id,
        account_id=account_id,
        campaign_id=campaign_id,
        account_voice="calm",
        format=FormatRef(name="asmr-craft", version=2, sha256=HASH, platforms=("folder",)),
        seed=7,
        source=BoughtClips(count=3, choices=(Choice(models=(bought,)),)),
        book=book,
        limits=Limits(item_cap_microusd=item_cap_microusd, day_cap_microusd=day_cap_microusd),
        review=ReviewPlan(reminders=(timedelta(hours=1),)),
        waits=Waits(poll=timedelta(seconds=1), headroom=timedelta(seconds=1), job=timedelta(minutes=5)),
        platforms=("folder",),
        planned=planned,
    )


def scene_order(of: ItemPlan, round_number: int, scene: int, model: SceneModel | None = None) -> Order:
    """The purchase of one scene."""
    purchase = purchases_of(of)[scene - 1]
    return order_of(of, round_number, purchase, model or purchase.reserved_from, of.on_behalf_of)


async def open_item(database: Database, of: ItemPlan) -> ItemPlan:
    """Store account and item."""
    async with database.transaction() as connection:
        await account_rows.ensure(connection, Account(account_id=of.account_id, title=of.account_id))
    stored, _ = await PostgresStore(database).open_once(of, instructions_of(load_format(of.format.name)[0]))
    return stored


async def campaign_with(database: Database, cap_microusd: int, campaign_id: str = "spring") -> None:
    """Store the campaign of the account `crafts`, or give it another cap."""
    campaign = Campaign(
        campaign_id=campaign_id, account_id="crafts", title="Spring", cap_microusd=cap_microusd
    )
    async with database.transaction() as connection:
        await account_rows.ensure(connection, Account(account_id="crafts", title="crafts"))
        if not any(
            row.campaign.campaign_id == campaign_id for row in await campaign_rows.all_campaigns(connection)
        ):
            await campaign_rows.add(connection, campaign)
        await campaign_rows.change(connection, campaign)


PLACE = "folder/outbox:crafts"
"""Where the items of the account `crafts` are posted."""


def post_order(of: ItemPlan, place: str = PLACE, round_number: int = 1) -> Order:
    """A post of an item."""
    return Order(
        slot=f"{of.item_id}/{round_number}/publish/{place}",
        kind="publish",
        item_id=of.item_id,
        account_id=of.account_id,
        round=round_number,
        vendor=place,
        book=of.book,
        amount_microusd=0,
    )


class Vendor:
    """The other side, in memory: remembers each effect, and fails as it is told."""

    def __init__(self) -> None:
        self.handles: list[str] = []
        """Of prepared posts."""
        self.unprepared: Exception | None = None
        """Raised instead of making a handle."""
        self.effects: list[str] = []
        self.before: Exception | None = None
        """Raised instead of having the effect."""
        self.after: Exception | None = None
        """Raised after having had the effect: the answer is lost."""
        self.lists = True
        """Whether its listing shows what it did."""
        self.authoritative = True
        self.visible_within = timedelta()

    async def prepare(self, operation: Operation) -> str:
        if self.unprepared:
            raise self.unprepared
        self.handles.append(f"handle-{len(self.handles) + 1}")
        return self.handles[-1]

    async def send(self, operation: Operation) -> Outcome:
        if self.before:
            raise self.before
        self.effects.append(operation.operation_id)
        if self.after:
            raise self.after
        return Outcome(handle=f"job-{len(self.effects)}")

    async def find(self, operation: Operation) -> Sighting:
        if not self.lists:
            return Sighting(seen=False, authoritative=self.authoritative, visible_within=self.visible_within)
        found = [number for number, name in enumerate(self.effects, 1) if name == operation.operation_id]
        if len(found) == 1:
            return Sighting(seen=True, outcome=Outcome(handle=f"job-{found[0]}"))
        return Sighting(seen=bool(found), authoritative=self.authoritative)

    async def find_forgotten(self, operation: Operation) -> Sighting:
        return await self.find(operation)


REFUSED = NoEffect("422: the prompt is not allowed", repeatable=False)
BUSY = NoEffect("429: busy", repeatable=True)
LOST = ConnectionResetError("connection reset by peer")


async def once_unlocked(ledger: PostgresLedger, operation: Operation, vendor: Vendor) -> Operation:
    """Carry out, once the server has noticed that the connection which held the lock is gone."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await ledger.carry_out(operation, HASH, vendor)
            except NotResolvedYet as wait:
                if "hands" not in str(wait):
                    raise
                await asyncio.sleep(0.02)


async def reserve_one(ledger: PostgresLedger, database: Database) -> Operation:
    """Reserve one scene of an item that is opened for it."""
    item = await open_item(database, plan())
    (operation,) = await reserved(ledger, [scene_order(item, 1, 1)], item)
    return operation


async def reserved(ledger: PostgresLedger, orders: Sequence[Order], item: ItemPlan) -> list[Operation]:
    """Reserve orders of an item, which no budget may refuse."""
    operations = await ledger.reserve(orders, item.limits)
    assert not isinstance(operations, Refusal)
    return operations


async def committed(database: Database) -> dict[str, tuple[int, int]]:
    """What is reserved and settled on each kind of budget."""
    async with database.transaction() as connection:
        cursor = await connection.execute("select scope, reserved_microusd, settled_microusd from budget")
        return {
            row["scope"].split(":")[0]: (row["reserved_microusd"], row["settled_microusd"])
            async for row in cursor
        }
