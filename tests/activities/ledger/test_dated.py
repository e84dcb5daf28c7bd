"""Since when an operation can have been made: whoever looks for it looks back so far, and no further."""

from datetime import datetime

import pytest

from activities.ledger import operation_rows
from activities.ledger.port import NotResolvedYet, Sighting
from activities.ledger.postgres_ledger import PostgresLedger
from activities.store.database import Database
from schema.failure import NoEffect
from schema.purchases.operation import Operation, Refusal
from tests.activities.ledger.scenery import (
    HASH,
    LOST,
    Vendor,
    once_unlocked,
    open_item,
    plan,
    scene_order,
)
from tests.timings import SHORT


class Asked(Vendor):
    """A vendor that notes since when it is asked to look."""

    def __init__(self) -> None:
        super().__init__()
        self.since: list[datetime | None] = []

    async def find(self, operation: Operation) -> Sighting:
        self.since.append(operation.not_made_before)
        return await super().find(operation)


async def reserved(database: Database) -> Operation:
    """One operation of an item that was opened an hour before."""
    item = await open_item(database, plan())
    async with database.transaction() as connection:
        await connection.execute("update item set created_at = created_at - interval '1 hour'")
    found = await PostgresLedger(database, SHORT).reserve([scene_order(item, 1, 1)], item.limits)
    assert not isinstance(found, Refusal)
    return found[0]


async def moment(database: Database, what: str) -> datetime:
    """When the item was opened, or the operation reserved."""
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "select item.created_at as item, operation.created_at as operation"
            " from operation join item using (item_id)"
        )
        row = await cursor.fetchone()
    assert row is not None
    return row[what]


async def restored(database: Database) -> None:
    """Note that a backup was restored just now."""
    async with database.transaction() as connection:
        await connection.execute(
            "insert into configuration (key, value) values ('restored_at', to_jsonb(clock_timestamp()))"
        )


async def test_a_lost_answer_is_looked_for_since_its_operation_was_reserved(database: Database) -> None:
    operation, vendor = await reserved(database), Asked()
    vendor.after = LOST
    ledger = PostgresLedger(database, SHORT)
    with pytest.raises(NotResolvedYet):
        await ledger.carry_out(operation, HASH, vendor)
    assert (await once_unlocked(ledger, operation, vendor)).handle
    assert vendor.since == [await moment(database, "operation")]


async def test_after_a_restore_it_is_looked_for_since_its_item_was_opened(database: Database) -> None:
    """The operation may be younger than what was bought under its name: the backup has forgotten that."""
    operation, vendor = await reserved(database), Asked()
    await restored(database)
    vendor.after = LOST
    ledger = PostgresLedger(database, SHORT)
    with pytest.raises((NotResolvedYet, NoEffect)):
        await ledger.carry_out(operation, HASH, vendor)
    assert (await once_unlocked(ledger, operation, vendor)).handle
    assert vendor.since == [await moment(database, "item")] * 2


async def test_an_item_that_was_opened_after_a_restore_is_not_touched_by_it(database: Database) -> None:
    await restored(database)
    item = await open_item(database, plan())
    found = await PostgresLedger(database, SHORT).reserve([scene_order(item, 1, 1)], item.limits)
    assert not isinstance(found, Refusal)
    async with database.transaction() as connection:
        dated = await operation_rows.dated(connection, found[0])
    assert dated.not_made_before == await moment(database, "operation")


async def test_one_whose_very_name_a_schedule_gives_again_may_have_been_made_long_ago(
    database: Database,
) -> None:
    await restored(database)
    item = await open_item(database, plan("crafts-20261119-planne", planned=True))
    found = await PostgresLedger(database, SHORT).reserve([scene_order(item, 1, 1)], item.limits)
    assert not isinstance(found, Refusal)
    async with database.transaction() as connection:
        assert (await operation_rows.dated(connection, found[0])).not_made_before is None
