"""Locks and grants: no circular waits, and history is append-only."""

import asyncio

import psycopg
import pytest

from activities.ledger.postgres_ledger import PostgresLedger
from activities.store.database import Database
from schema.purchases.operation import OperationState, Refusal
from tests.activities.ledger.scenery import open_item, plan, scene_order
from tests.services import PostgresServer
from tests.timings import SHORT

YESTERDAY = "-yesterday"


async def test_two_items_of_two_days_are_released_at_once_without_a_deadlock(database: Database) -> None:
    """Each began with one operation on either day, in opposite order; all of them share the installation's budget."""
    ledger = PostgresLedger(database, SHORT)
    items = [await open_item(database, plan(f"crafts-20261120-lock0{number}")) for number in (1, 2)]
    for item in items:
        await ledger.reserve([scene_order(item, 1, 1), scene_order(item, 1, 2)], item.limits)
    for item, scene in zip(items, (1, 2), strict=True):
        await move_to_yesterday(database, f"{item.item_id}/1/scene/{scene}/1")
    async with database.transaction() as connection:
        await connection.execute("select 1 from budget where scope = 'global' for update")
        releasing = [asyncio.create_task(ledger.release_unsent(item.item_id)) for item in items]
        await asyncio.wait_for(waiting(database, 2), 10)
    assert await asyncio.gather(*releasing) == [2, 2]
    async with database.transaction() as connection:
        cursor = await connection.execute("select sum(reserved_microusd)::int as open from budget")
        assert await cursor.fetchone() == {"open": 0}


async def test_what_is_ordered_elsewhere_after_midnight_does_not_wait_in_a_circle(database: Database) -> None:
    """It gives back yesterday's money and reserves today's, while another item reserves today's only."""
    ledger = PostgresLedger(database, SHORT)
    late, other = [await open_item(database, plan(f"crafts-20261120-lock1{number}")) for number in (1, 2)]
    order = scene_order(late, 1, 1)
    await ledger.reserve([order], late.limits)
    await ledger.reserve([scene_order(other, 1, 1)], other.limits)
    await move_to_yesterday(database, f"{order.slot}/1")
    elsewhere = order.model_copy(update={"vendor": "another-studio"})
    async with database.transaction() as connection:
        await connection.execute(
            "select 1 from budget where scope ~ '^account-day:' and scope !~ %s for update", [YESTERDAY]
        )
        today = asyncio.create_task(ledger.reserve([scene_order(other, 1, 2)], other.limits))
        await asyncio.wait_for(waiting(database, 1), 10)
        moving = asyncio.create_task(ledger.reserve([elsewhere], late.limits))
        await asyncio.wait_for(waiting(database, 2), 10)
    assert not any(isinstance(answer, Refusal) for answer in await asyncio.gather(today, moving))
    states = {operation.operation_id[-1]: operation.state for operation in await ledger.of_item(late.item_id)}
    assert states == {"1": OperationState.RELEASED, "2": OperationState.RESERVED}
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "select sum(reserved_microusd)::int as open from budget where scope ~ %s", [YESTERDAY]
        )
        assert await cursor.fetchone() == {"open": 0}


async def move_to_yesterday(database: Database, operation_id: str) -> None:
    """Let an operation fall under the budgets of another day."""
    async with database.transaction() as connection:
        await connection.execute(
            """
            with moved as (
                update operation set scopes = array(
                    select scope || case when scope ~ 'day:' then %(suffix)s else '' end from unnest(scopes) as scope)
                where operation_id = %(id)s returning scopes, book, reserved_microusd
            ), added as (
                insert into budget (scope, book, reserved_microusd)
                select scope, book, reserved_microusd from moved, unnest(scopes) as scope where scope ~ 'day:'
                on conflict (scope, book) do update
                    set reserved_microusd = budget.reserved_microusd + excluded.reserved_microusd
                returning 1
            )
            update budget set reserved_microusd = budget.reserved_microusd - moved.reserved_microusd
            from moved where budget.scope || %(suffix)s = any(moved.scopes) and budget.book = moved.book
            """,
            {"id": operation_id, "suffix": YESTERDAY},
        )


async def waiting(database: Database, wanted: int) -> None:
    """Wait until so many wait for locks."""
    while True:
        async with database.statements() as connection:
            cursor = await connection.execute(
                """
                select count(distinct pid) as waiting from pg_locks
                where not granted and pid in (select pid from pg_stat_activity where datname = current_database())
                """
            )
            row = await cursor.fetchone()
        if row and row["waiting"] >= wanted:
            return
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("table", ["entry", "decision"])
def test_entries_and_decisions_are_appended_to_and_never_changed(
    postgres: PostgresServer, empty_database_name: str, table: str
) -> None:
    """The application lacks the right; whoever has every right is stopped by the trigger."""
    for user in ("reelwright_app", "reelwright_owner", "postgres"):
        why = "permission denied" if user == "reelwright_app" else f"{table} is append-only"
        with psycopg.connect(postgres.url(empty_database_name, user), autocommit=True) as connection:
            for change in ("update {} set account_id = 'x'", "delete from {}", "truncate {} cascade"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match=why):
                    connection.execute(change.format(table).encode())
    with psycopg.connect(postgres.url(empty_database_name, "reelwright_app")) as connection:
        granted = connection.execute(
            "select array_agg(privilege_type::text order by privilege_type::text)"
            " from information_schema.role_table_grants where table_name = %s and grantee = 'reelwright_app'",
            [table],
        ).fetchone()
    assert granted == (["INSERT", "SELECT"],)
