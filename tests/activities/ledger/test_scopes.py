"""The budgets of an order are one list: a new kind is one line, and all else follows."""

import pytest

from activities.buying.purchases import orders_of
from activities.ledger import scopes
from activities.ledger.postgres_ledger import PostgresLedger
from activities.ledger.scopes import Caps, Scope, scopes_of
from activities.reviews.arbiter import PostgresArbiter
from activities.store import outbox
from activities.store.database import Database
from schema.purchases.operation import Limits, Order, Refusal
from schema.purchases.scope import scope_name
from tests.activities.ledger.scenery import HASH, PRICE, Vendor, open_item, plan
from tests.activities.reviews.reviewing import request_for, say, states

ROUND = 3 * PRICE
CAPS = Caps(
    account_day="2026-11-21",
    account_cap_microusd=20,
    day="2026-11-20",
    day_cap_microusd=30,
    global_cap_microusd=None,
    campaign_id="spring",
    campaign_cap_microusd=40,
)


def person_month(order: Order, _: Limits | None, caps: Caps) -> Scope | None:
    """A month's cap of two rounds for each person, and none for the system."""
    if order.on_behalf_of == "system":
        return None
    name = scope_name("person-month", order.on_behalf_of, caps.day[:7])
    return Scope(name=name, cap_microusd=2 * ROUND, account_id=order.account_id)


def order_by(person: str, item_id: str = "crafts-20261120-abcdef") -> Order:
    return orders_of(plan(item_id), 1, person)[0]


def test_an_order_falls_under_its_item_its_account_and_campaign_the_day_and_all_there_is() -> None:
    found = scopes_of(order_by("ada"), Limits(item_cap_microusd=10, day_cap_microusd=5), CAPS)
    assert [(scope.name, scope.cap_microusd, scope.account_id) for scope in found] == [
        ("account-day:crafts:2026-11-21", 20, "crafts"),
        ("campaign:spring", 40, "crafts"),
        ("day:2026-11-20", 30, None),
        ("global", None, None),
        ("item:crafts-20261120-abcdef", 10, "crafts"),
    ]
    assert [scope.own_cap_microusd for scope in found] == [5, None, None, None, None]
    assert [scope.name for scope in found if scope.first_cap_stays] == ["item:crafts-20261120-abcdef"]


def test_an_item_of_no_campaign_falls_under_none() -> None:
    found = scopes_of(order_by("ada"), None, CAPS.model_copy(update={"campaign_id": None}))
    assert [scope.name.partition(":")[0] for scope in found] == ["account-day", "day", "global", "item"]


async def test_a_kind_of_budget_is_one_line_more(
    ledger: PostgresLedger, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scopes, "KINDS", (*scopes.KINDS, person_month))
    bought = [await open_item(database, plan(f"crafts-20261120-p{number:05d}")) for number in range(3)]
    for item in bought[:2]:
        reserved = await ledger.reserve(orders_of(item, 1, "ada"), item.limits)
        assert not isinstance(reserved, Refusal)
    first = (await ledger.of_item(bought[0].item_id))[0]
    await ledger.carry_out(first, HASH, Vendor())
    await ledger.settle(first.operation_id, PRICE // 2)
    assert await month_of(database, "ada") == (2 * ROUND - PRICE, PRICE // 2)
    refusal = await ledger.reserve(orders_of(bought[2], 1, "ada"), bought[2].limits)
    assert isinstance(refusal, Refusal)
    assert refusal.scope.startswith("person-month:ada:")
    assert refusal.left_microusd == PRICE // 2
    assert not isinstance(await ledger.reserve(orders_of(bought[2], 1, "ben"), bought[2].limits), Refusal)
    assert await month_of(database, "ben") == (ROUND, 0)
    async with database.statements() as connection:
        told = [one.line for one in await outbox.newest(connection, 10)]
    assert any("person-month:ada" in line and "90 %" in line for line in told)


async def test_what_is_bought_for_the_system_falls_under_no_persons_budget(
    ledger: PostgresLedger, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scopes, "KINDS", (*scopes.KINDS, person_month))
    item = await open_item(database, plan())
    assert not isinstance(await ledger.reserve(orders_of(item, 1, "system"), item.limits), Refusal)
    assert await month_of(database, "system") is None


async def test_a_revise_is_bought_for_the_person_who_asked_for_it_wherever_it_is_ordered_later(
    ledger: PostgresLedger, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scopes, "KINDS", (*scopes.KINDS, person_month))
    item = await open_item(database, plan(item_cap_microusd=9_000_000))
    review = await PostgresArbiter(database).open_review(request_for(item))
    assert (await say(database, review, "revise", notes="warmer")).accepted
    assert await month_of(database, "ada") == (ROUND, 0)
    assert await states(database) == {"1/video/1": "revised"}
    elsewhere = orders_of(item, 2, "system")[0].model_copy(
        update={"vendor": "another", "amount_microusd": 2 * PRICE}
    )
    assert not isinstance(await ledger.reserve([elsewhere], item.limits), Refusal)
    assert await month_of(database, "ada") == (ROUND + PRICE, 0)


async def test_orders_for_two_people_are_not_reserved_together(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan())
    first, second, _ = orders_of(item, 1, "system")
    with pytest.raises(ValueError, match="one person"):
        await ledger.reserve([first, second.model_copy(update={"on_behalf_of": "ada"})], item.limits)


async def month_of(database: Database, person: str) -> tuple[int, int] | None:
    """What is reserved and settled of a person's month."""
    async with database.statements() as connection:
        cursor = await connection.execute(
            "select reserved_microusd, settled_microusd from budget where starts_with(scope, %s)",
            [f"person-month:{person}:"],
        )
        row = await cursor.fetchone()
    return (row["reserved_microusd"], row["settled_microusd"]) if row else None
