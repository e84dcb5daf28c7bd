"""The laws of the ledger: whatever is asked of it in whatever order, the books hold."""

import asyncio
import contextlib
from typing import Any

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from activities.ledger.port import Approval, NotResolvedYet
from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.approvals import require_approval
from activities.reviews.closing import PostgresCloser
from activities.store.database import Database
from schema.failure import NoEffect, Trouble
from schema.items.item import Ending, ItemPlan, ItemState
from schema.purchases.operation import Operation, OperationState, Refusal
from schema.settings import Timings
from tests.activities.ledger.scenery import (
    BUSY,
    HASH,
    LOST,
    REFUSED,
    Vendor,
    campaign_with,
    open_item,
    plan,
    post_order,
    scene_order,
)
from tests.activities.reviews.reviewing import approval_for

SENDABLE = Timings.model_validate({"send_deadline": 60, "visibility_delay": 0})

LAWS = {
    "a budget never commits more than its cap and what vendors overcharged": """
        select * from budget
        where reserved_microusd + settled_microusd > cap_microusd + overrun_microusd""",
    "what is reserved is the sum of the open operations": """
        select scope from budget where reserved_microusd <> coalesce((
            select sum(reserved_microusd) from operation
            where budget.scope = any(scopes) and operation.book = budget.book
              and state not in ('settled', 'released')), 0)""",
    "what is settled is the sum of the charges": """
        select scope from budget where settled_microusd <> coalesce((
            select sum(charged_microusd) from operation
            where budget.scope = any(scopes) and operation.book = budget.book and state = 'settled'), 0)""",
    "a campaign's items together never commit more than its cap": """
        select campaign_id, cap_microusd from campaign where cap_microusd < (
            select sum(case when operation.state = 'settled' then least(charged_microusd, reserved_microusd)
                            else reserved_microusd end)
            from operation join item using (item_id)
            where item.campaign_id = campaign.campaign_id and operation.state <> 'released')""",
    "what an item of a campaign buys falls under it": """
        select operation_id from operation join item using (item_id)
        where reserved_microusd > 0
          and (item.campaign_id is not null) <> coalesce('campaign:' || item.campaign_id = any(scopes), false)""",
    "no budget of a day or more has passed a threshold without a message": """
        select scope from budget cross join unnest('{50,75,90}'::int[]) as percent
        where scope not like 'item:%' and reserved_microusd + settled_microusd > 0
          and (reserved_microusd + settled_microusd) * 100 >= cap_microusd * percent
          and not exists (select from outbox where message_id = 'budget/' || scope || '/' || book || '/' || percent)""",
    "each operation has one reserve": """
        select operation_id from operation
        where (select count(*) from entry where entry.operation_id = operation.operation_id
               and movement = 'reserve') <> 1""",
    "each operation ends once, and only if it has ended": """
        select operation_id from operation
        where (select count(*) from entry where entry.operation_id = operation.operation_id
               and movement in ('settle', 'release')) <> (state in ('settled', 'released'))::int""",
    "what the next attempt holds is exactly what the one before gave back": """
        select operation.operation_id
        from operation join entry using (operation_id)
        left join operation as before on before.operation_id = entry.held_from
        left join entry as given on given.operation_id = before.operation_id and given.movement = 'release'
        where entry.held_from is not null and (
            before.slot is distinct from operation.slot or before.attempt + 1 <> operation.attempt
            or before.scopes <> operation.scopes or before.book <> operation.book
            or given.amount_microusd is distinct from entry.amount_microusd)""",
    "nothing of a post was sent before its handle was stored, and nothing else is prepared": """
        select operation_id from operation
        where kind = 'publish' and state in ('prepared', 'sending', 'unknown', 'accepted', 'settled')
              and prepared_handle is null
           or kind = 'paid' and prepared_handle is not null""",
    "each slot has one live attempt at most": """
        select slot from operation where state <> 'released' group by slot having count(*) > 1""",
}


class LedgerMachine(RuleBasedStateMachine):
    """Asks the ledger everything, in any order, while a vendor answers as it likes."""

    url: str
    operations = Bundle("operations")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(self.url, connections=4)
        self.runner.run(self.database.open())
        self.books = psycopg.connect(self.url, autocommit=True)
        self.vendor = Vendor()
        self.approvals: dict[str, Approval] = {}

    @initialize(item_cap=st.integers(0, 3_000_000), campaign_cap=st.integers(0, 3_000_000))
    def begin(self, item_cap: int, campaign_cap: int) -> None:
        with psycopg.connect(self.url.replace("reelwright_app", "postgres"), autocommit=True) as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute(
                "truncate outbox, entry, decision, operation, budget, post, review, take, scene, item, campaign cascade"
            )
            connection.execute(
                """update configuration set value = '{"stopped": false, "reason": ""}' where key = 'paid_calls'"""
            )
        self.item_cap = item_cap
        self.campaign_cap = campaign_cap
        self.runner.run(campaign_with(self.database, campaign_cap))

    @rule(
        target=operations,
        item=st.integers(0, 2),
        scene=st.integers(1, 3),
        price=st.integers(1, 900_000),
        vendor=st.sampled_from(["offline-studio", "another"]),
    )
    def reserve(self, item: int, scene: int, price: int, vendor: str) -> Any:
        stored = self.opened(item, price)
        try:
            answer = self.runner.run(
                PostgresLedger(self.database, SENDABLE).reserve(
                    [scene_order(stored, 1, scene).model_copy(update={"vendor": vendor})], stored.limits
                )
            )
        except NoEffect as refused:
            if refused.repeatable:
                raise
            return None  # this vendor has refused it before, for good
        except Trouble:
            return None
        return None if isinstance(answer, Refusal) else answer[0]

    @rule(
        operation=operations,
        lie=st.sampled_from(["none", "refuses", "is busy", "lost before", "lost after"]),
        lists=st.booleans(),
        authoritative=st.booleans(),
    )
    def carry_out(self, operation: Operation | None, lie: str, lists: bool, authoritative: bool) -> None:
        if operation is None:
            return
        self.vendor.before = {"refuses": REFUSED, "is busy": BUSY, "lost before": LOST}.get(lie)
        self.vendor.after = LOST if lie == "lost after" else None
        self.vendor.lists = lists
        # A listing that hides what happened is never authoritative: then nothing could be concluded from it.
        self.vendor.authoritative = authoritative and lists
        self.books.execute(
            "update operation set send_before = now() - interval '1 second' where state <> 'reserved'"
        )
        held, given_away = self.reserved_of(operation), False
        try:
            self.runner.run(PostgresLedger(self.database, SENDABLE).carry_out(operation, HASH, self.vendor))
        except NoEffect as proof:
            given_away = proof.repeatable and self.reserved_of(operation) != held
        except (NotResolvedYet, Trouble):
            return
        assert not given_away, "what may be tried again keeps its room"

    @rule(
        item=st.integers(0, 2),
        lie=st.sampled_from(["none", "not prepared", "refuses", "is busy", "lost before", "lost after"]),
    )
    def publish(self, item: int, lie: str) -> None:
        """Approve an item, if nobody did, and try to post it."""
        stored = self.opened(item)
        self.vendor.unprepared = BUSY if lie == "not prepared" else None
        self.vendor.before = {"refuses": REFUSED, "is busy": BUSY, "lost before": LOST}.get(lie)
        self.vendor.after = LOST if lie == "lost after" else None
        self.vendor.lists = self.vendor.authoritative = True
        ledger = PostgresLedger(self.database, SENDABLE, may_post=require_approval)
        with contextlib.suppress(NoEffect, NotResolvedYet, Trouble):
            answer = self.runner.run(ledger.reserve([post_order(stored)], None))
            assert not isinstance(answer, Refusal)
            if stored.item_id not in self.approvals:
                self.approvals[stored.item_id] = self.runner.run(approval_for(self.database, stored))
            self.runner.run(ledger.publish(answer[0], HASH, self.vendor, self.approvals[stored.item_id]))

    @rule(operation=operations, charged=st.integers(0, 1_000_000))
    def settle(self, operation: Operation | None, charged: int) -> None:
        if operation is None or self.state_of(operation) is not OperationState.ACCEPTED:
            return
        for _ in range(2):
            self.runner.run(PostgresLedger(self.database, SENDABLE).settle(operation.operation_id, charged))

    @rule(by=st.integers(0, 500_000))
    def raise_the_campaigns_cap(self, by: int) -> None:
        self.campaign_cap += by
        self.runner.run(campaign_with(self.database, self.campaign_cap))

    @rule(operation=consumes(operations))
    def close(self, operation: Operation | None) -> None:
        if operation is None:
            return
        ending = Ending(item_id=operation.item_id, state=ItemState.STOPPED)
        self.runner.run(PostgresCloser(self.database).close_item(ending))

    @invariant()
    def the_books_hold(self) -> None:
        for law, query in LAWS.items():
            assert self.books.execute(query.encode(), prepare=True).fetchall() == [], law

    @invariant()
    def nothing_was_sent_twice(self) -> None:
        assert len(self.vendor.effects) == len(set(self.vendor.effects))

    @invariant()
    def no_item_was_posted_twice(self) -> None:
        posted = [one.partition("/")[0] for one in self.vendor.effects if "/publish/" in one]
        assert len(posted) == len(set(posted))

    def opened(self, number: int, price: int = 500_000) -> ItemPlan:
        """Open one of the items, or read it as it was opened."""
        of = plan(
            f"crafts-20261120-item{number}",
            item_cap_microusd=self.item_cap,
            day_cap_microusd=4_000_000,
            price_microusd=price,
            campaign_id=("spring", "spring", None)[number],
        )
        return self.runner.run(open_item(self.database, of))

    def reserved_of(self, operation: Operation) -> int:
        """What the item of an operation has reserved while it is open."""
        row = self.books.execute(
            """
            select reserved_microusd from budget join item on scope = 'item:' || item_id
            where item_id = %s and ended_at is null
            """,
            [operation.item_id],
        ).fetchone()
        return row[0] if row else 0

    def state_of(self, operation: Operation) -> OperationState:
        row = self.books.execute(
            "select state from operation where operation_id = %s", [operation.operation_id]
        ).fetchone()
        return OperationState(row[0] if row else "released")

    def teardown(self) -> None:
        self.books.close()
        self.runner.run(self.database.close())
        self.runner.close()


def test_the_laws_hold_in_any_order(database_url: str) -> None:
    machine = type("LedgerMachine", (LedgerMachine,), {"url": database_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType] - iterates untyped
        ),
    )


async def test_racers_on_one_cap_never_pass_it_and_leave_less_than_one_price_unused(
    database: Database,
) -> None:
    """Each racer is a connection of its own; the day has room for some of them."""
    price = 700_000
    items = [
        await open_item(
            database,
            plan(f"crafts-20261120-race{number:02d}", price_microusd=price, day_cap_microusd=20_000_000),
        )
        for number in range(32)
    ]
    ledger = PostgresLedger(database, SENDABLE)
    answers = await asyncio.gather(
        *(ledger.reserve([scene_order(item, 1, 1)], item.limits) for item in items)
    )
    won = [answer for answer in answers if not isinstance(answer, Refusal)]
    assert len(won) == 20_000_000 // price
    async with database.transaction() as connection:
        row = await (
            await connection.execute("select reserved_microusd from budget where scope like 'account-day:%'")
        ).fetchone()
    assert row == {"reserved_microusd": len(won) * price}
