"""A day ends at midnight where the account is, and the installation's where its budget is, whoever's clock is asked."""

from datetime import datetime
from zoneinfo import ZoneInfo

import psycopg
import pytest

from activities.ledger.postgres_ledger import PostgresLedger
from activities.store import account_rows
from activities.store.database import Database
from schema.items.account import Account
from schema.purchases.operation import Operation, Refusal
from tests.activities.ledger.scenery import HASH, PRICE, Vendor, open_item, plan, scene_order
from tests.services import PostgresServer
from tests.timings import SHORT

FIRST, LAST = "Pacific/Kiritimati", "Etc/GMT+12"
"""The first and the last place on earth to begin a day: never on the same one."""


async def places(
    database: Database, account_zone: str, budget_zone: str, cap_microusd: int = 20_000_000
) -> None:
    """Put an account and the installation's budget into their zones."""
    account = Account(
        account_id="crafts", title="crafts", time_zone=account_zone, day_cap_microusd=cap_microusd
    )
    async with database.transaction() as connection:
        await account_rows.ensure(connection, account)
        await account_rows.change(connection, account)
        await connection.execute(
            "update configuration set value = to_jsonb(%s::text) where key = 'budget_time_zone'",
            [budget_zone],
        )


async def buy(database: Database, number: int) -> Operation | Refusal:
    """Reserve one scene of an item of its own."""
    item = await open_item(database, plan(f"crafts-20261120-day00{number}"))
    answer = await PostgresLedger(database, SHORT).reserve([scene_order(item, 1, 1)], item.limits)
    return answer if isinstance(answer, Refusal) else answer[0]


async def days(database: Database) -> dict[str, set[str]]:
    """The days of each kind of budget that has any money on it."""
    async with database.statements() as connection:
        cursor = await connection.execute(
            "select scope from budget where position('day:' in scope) > 0 and reserved_microusd + settled_microusd > 0"
        )
        found: dict[str, set[str]] = {}
        async for row in cursor:
            kind, _, name = row["scope"].partition(":")
            found.setdefault(kind, set()).add(name.removeprefix("crafts:"))
    return found


def today(zone: str) -> str:
    return f"{datetime.now(ZoneInfo(zone)):%Y-%m-%d}"


@pytest.mark.parametrize("session", ["UTC", FIRST, LAST])
@pytest.mark.parametrize(("account_zone", "budget_zone"), [(FIRST, LAST), (LAST, FIRST)])
async def test_each_day_is_that_of_its_own_zone_whatever_zone_the_server_keeps(
    postgres: PostgresServer,
    empty_database_name: str,
    database: Database,
    account_zone: str,
    budget_zone: str,
    session: str,
) -> None:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"alter database {empty_database_name} set timezone to '{session}'".encode())
    await places(database, account_zone, budget_zone)
    own = Database(postgres.url(empty_database_name, "reelwright_app"), connections=2)
    await own.open()
    before = {"account-day": {today(account_zone)}, "day": {today(budget_zone)}}
    await buy(own, 1)
    await own.close()
    after = {"account-day": {today(account_zone)}, "day": {today(budget_zone)}}
    assert await days(database) in (before, after)  # midnight may have passed meanwhile


async def test_a_full_day_of_an_account_is_no_matter_after_its_own_midnight(database: Database) -> None:
    """Midnight is brought about by a move to the other end of the earth."""
    await places(database, LAST, "UTC", cap_microusd=PRICE)
    assert isinstance(await buy(database, 1), Operation)
    full = await buy(database, 2)
    assert isinstance(full, Refusal)
    assert full.scope.startswith("account-day:crafts:")
    await places(database, FIRST, "UTC", cap_microusd=PRICE)
    assert isinstance(await buy(database, 2), Operation)
    assert isinstance(await buy(database, 3), Refusal)


async def test_a_full_day_of_the_installation_is_no_matter_after_its_own_midnight(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "update configuration set value = to_jsonb(%s::bigint) where key = 'day_cap_microusd'", [PRICE]
        )
    await places(database, "UTC", LAST)
    assert isinstance(await buy(database, 1), Operation)
    full = await buy(database, 2)
    assert isinstance(full, Refusal)
    assert full.scope.startswith("day:")
    await places(database, "UTC", FIRST)
    assert isinstance(await buy(database, 2), Operation)


async def test_what_is_settled_after_midnight_stays_on_the_day_on_which_it_was_reserved(
    database: Database,
) -> None:
    await places(database, LAST, LAST)
    operation = await buy(database, 1)
    assert isinstance(operation, Operation)
    reserved_on = await days(database)
    await places(database, FIRST, FIRST)
    ledger = PostgresLedger(database, SHORT)
    await ledger.carry_out(operation, HASH, Vendor())
    await ledger.settle(operation.operation_id, PRICE)
    assert await days(database) == reserved_on
