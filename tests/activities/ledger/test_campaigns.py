"""Campaigns: several items of one account under one cap, refused by name, raised by a person."""

import asyncio

import pytest

from activities.buying.purchases import orders_of
from activities.ledger.postgres_ledger import PostgresLedger
from activities.store import account_rows
from activities.store.database import Database
from schema.failure import Fault, Trouble
from schema.items.account import Account
from schema.items.plan import ItemPlan
from schema.purchases.operation import Refusal
from tests.activities.ledger.scenery import campaign_with, open_item, plan

ROUND = 1_500_000


async def item_of(database: Database, number: int, campaign_id: str | None = "spring") -> ItemPlan:
    return await open_item(database, plan(f"crafts-20261120-c{number:05d}", campaign_id=campaign_id))


async def test_items_of_a_campaign_share_its_cap_and_the_refusal_names_it_with_a_remedy(
    ledger: PostgresLedger, database: Database
) -> None:
    await campaign_with(database, 2 * ROUND)
    for number in (1, 2):
        item = await item_of(database, number)
        assert not isinstance(await ledger.reserve(orders_of(item, 1, "system"), item.limits), Refusal)
    third = await item_of(database, 3)
    refusal = await ledger.reserve(orders_of(third, 1, "system"), third.limits)
    assert isinstance(refusal, Refusal)
    assert (refusal.scope, refusal.left_microusd) == ("campaign:spring", 0)
    assert refusal.remedy == "`campaigns set spring --cap` raises the campaign's"
    outside = await item_of(database, 4, None)
    assert not isinstance(await ledger.reserve(orders_of(outside, 1, "system"), outside.limits), Refusal)


async def test_a_campaigns_new_cap_holds_at_once_for_items_that_were_opened_before(
    ledger: PostgresLedger, database: Database
) -> None:
    await campaign_with(database, ROUND - 1)
    item = await item_of(database, 1)
    assert isinstance(await ledger.reserve(orders_of(item, 1, "system"), item.limits), Refusal)
    await campaign_with(database, ROUND)
    assert not isinstance(await ledger.reserve(orders_of(item, 1, "system"), item.limits), Refusal)


async def test_a_campaign_lowered_below_what_is_committed_is_frozen(
    ledger: PostgresLedger, database: Database
) -> None:
    await campaign_with(database, 2 * ROUND)
    first, second = await item_of(database, 1), await item_of(database, 2)
    await ledger.reserve(orders_of(first, 1, "system"), first.limits)
    await campaign_with(database, 1)
    refusal = await ledger.reserve(orders_of(second, 1, "system"), second.limits)
    assert isinstance(refusal, Refusal)
    assert (refusal.scope, refusal.cap_microusd, refusal.left_microusd) == ("campaign:spring", 1, 0)


async def test_racers_never_pass_a_campaigns_cap(ledger: PostgresLedger, database: Database) -> None:
    await campaign_with(database, 5 * ROUND)
    items = [await item_of(database, number) for number in range(12)]
    answers = await asyncio.gather(
        *(ledger.reserve(orders_of(item, 1, "system"), item.limits) for item in items)
    )
    assert sum(not isinstance(answer, Refusal) for answer in answers) == 5


@pytest.mark.parametrize("campaign_id", ["autumn", "nobodys"])
async def test_an_item_cannot_join_a_campaign_that_its_account_does_not_have(
    database: Database, campaign_id: str
) -> None:
    await campaign_with(database, ROUND, "nobodys")
    stranger = plan("potters-20261120-abcdef", "potters", campaign_id=campaign_id)
    async with database.transaction() as connection:
        await account_rows.ensure(connection, Account(account_id="potters", title="potters"))
    with pytest.raises(Trouble, match=f"'potters' has no campaign '{campaign_id}'") as refusal:
        await open_item(database, stranger)
    assert refusal.value.fault is Fault.BAD_INPUT
