"""Ending a reservation: one statement, and once, however many want to."""

import asyncio
from typing import Any

import psycopg
import pytest

from activities.ledger import ending
from activities.ledger.postgres_ledger import PostgresLedger
from activities.store.database import Database
from schema.purchases.operation import OperationState
from tests.activities.ledger.scenery import HASH, PRICE, Vendor, committed, reserve_one
from tests.activities.ledger.test_locks import waiting

CHARGED = 300_000


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the database is told from now on."""
    told: list[str] = []
    execute = psycopg.AsyncCursor[Any].execute

    async def counted(cursor: Any, query: Any, *args: Any, **options: Any) -> Any:
        told.append(str(query))
        return await execute(cursor, query, *args, **options)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", counted)
    return told


async def test_settling_is_one_statement(
    ledger: PostgresLedger, database: Database, statements: list[str]
) -> None:
    operation = await ledger.carry_out(await reserve_one(ledger, database), HASH, Vendor())
    statements.clear()
    await ledger.settle(operation.operation_id, CHARGED)
    assert len(statements) == 1


@pytest.mark.parametrize("first", ["settled", "released", "touched"])
async def test_who_comes_second_waits_and_moves_nothing_twice(
    ledger: PostgresLedger, database: Database, first: str
) -> None:
    operation = await ledger.carry_out(await reserve_one(ledger, database), HASH, Vendor())
    async with database.transaction() as connection:
        match first:
            case "settled":
                await ending.settle(connection, operation.operation_id, CHARGED)
            case "released":
                await ending.release(connection, operation.operation_id, "it failed")
            case _:
                await connection.execute("update operation set epoch = epoch + 1")
        second = asyncio.create_task(ledger.settle(operation.operation_id, PRICE))
        await asyncio.wait_for(waiting(database, 1), 10)
    if first == "released":
        with pytest.raises(ValueError, match="was released"):
            await second
    else:
        assert (await second).state is OperationState.SETTLED
    charged = {"settled": CHARGED, "released": 0, "touched": PRICE}[first]
    assert set((await committed(database)).values()) == {(0, charged)}
    async with database.statements() as connection:
        cursor = await connection.execute("select movement from entry order by entry_id")
        moved = [row["movement"] async for row in cursor]
    assert moved == ["reserve", "release" if first == "released" else "settle"]
