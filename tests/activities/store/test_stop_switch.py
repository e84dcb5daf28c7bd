"""The stop switch: every reason to stop stays on it until a person who was shown it resumes."""

import asyncio

import pytest

from activities.store import stop_switch
from activities.store.database import Database
from activities.store.stop_switch import Switch
from schema.failure import Trouble
from tests.activities.ledger.test_locks import waiting


async def stop(database: Database, reason: str, *, quarantine: bool = False) -> bool:
    async with database.transaction() as connection:
        return await stop_switch.stop(connection, reason, quarantine=quarantine)


async def now(database: Database) -> Switch:
    async with database.statements() as connection:
        return await stop_switch.read(connection)


async def resume(database: Database, seen: Switch) -> None:
    async with database.transaction() as connection:
        await stop_switch.resume(connection, seen, "ada")


async def test_a_second_reason_is_added_and_does_not_write_over_a_persons(database: Database) -> None:
    assert not await stop(database, "ada: lunch")
    assert await stop(database, "a vendor charged more than was reserved")
    assert await stop(database, "ada: lunch")
    assert (await now(database)).reason == "ada: lunch; a vendor charged more than was reserved"


async def test_many_long_reasons_keep_the_first_and_the_last(database: Database) -> None:
    await stop(database, "ada: lunch")
    for number in range(20):
        await stop(database, f"reason {number} {'x' * 400}")
    reason = (await now(database)).reason
    assert reason.startswith("ada: lunch; reason 0 ")
    assert "reason 19 " in reason
    assert len(reason) < 2_500


async def test_a_pause_leaves_a_quarantine_as_it_is(database: Database) -> None:
    await stop(database, "restored", quarantine=True)
    await stop(database, "ada: lunch")
    assert (await now(database)).quarantine
    await resume(database, await now(database))
    assert await now(database) == Switch(stopped=False)


async def test_a_resume_that_waited_for_a_new_reason_clears_nothing_that_nobody_has_seen(
    database: Database,
) -> None:
    await stop(database, "ada: lunch")
    seen = await now(database)
    async with database.transaction() as connection:
        await stop_switch.stop(connection, "an overrun")
        resuming = asyncio.create_task(resume(database, seen))
        await asyncio.wait_for(waiting(database, 1), 10)
    with pytest.raises(Trouble, match=r"not resumed.*an overrun"):
        await resuming
    assert await now(database) == Switch(stopped=True, reason="ada: lunch; an overrun")
