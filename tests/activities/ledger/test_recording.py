"""What became of a send is written once, by its rightful holder, together with its money."""

import pytest

from activities.ledger import operation_rows, recording
from activities.ledger.crash_points import OFF
from activities.ledger.port import NotResolvedYet, Outcome, Sighting
from activities.ledger.postgres_ledger import PostgresLedger
from activities.ledger.sending import LOOK_AGAIN
from activities.store import outbox
from activities.store.database import Connection, Database
from schema.purchases.operation import Operation, OperationState
from tests.activities.ledger.scenery import (
    BUSY,
    HASH,
    LOST,
    PRICE,
    Vendor,
    committed,
    once_unlocked,
    reserve_one,
)
from tests.timings import SHORT


class Synchronous(Vendor):
    """A vendor that says at once what it charged."""

    wasted = ""

    async def send(self, operation: Operation) -> Outcome:
        sent = await super().send(operation)
        return sent.model_copy(update={"charged_microusd": 300_000, "wasted": self.wasted})


@pytest.mark.parametrize("wasted", ["", "the answer cannot be used"])
async def test_a_charge_that_is_known_at_once_is_settled_with_the_answer(
    ledger: PostgresLedger, database: Database, wasted: str
) -> None:
    vendor = Synchronous()
    vendor.wasted = wasted
    done = await ledger.carry_out(await reserve_one(ledger, database), HASH, vendor)
    assert (done.state, done.handle, done.charged_microusd) == (OperationState.SETTLED, "job-1", 300_000)
    assert done.reason == wasted
    assert (await committed(database))["item"] == (0, 300_000)


async def test_a_charge_that_is_not_known_yet_stays_reserved(
    ledger: PostgresLedger, database: Database
) -> None:
    done = await ledger.carry_out(await reserve_one(ledger, database), HASH, Vendor())
    assert (done.state, done.handle, done.charged_microusd) == (OperationState.ACCEPTED, "job-1", None)
    assert (await committed(database))["item"] == (PRICE, 0)


async def unknown(ledger: PostgresLedger, database: Database) -> tuple[Operation, Operation]:
    """One operation as it was when its answer was lost, and as it stands since."""
    before = await reserve_one(ledger, database)
    vendor = Vendor()
    vendor.after = LOST
    with pytest.raises(NotResolvedYet):
        await ledger.carry_out(before, HASH, vendor)
    (after,) = await ledger.of_item(before.item_id)
    assert after.epoch > before.epoch
    return before, after


async def accept(connection: Connection, operation: Operation) -> Operation:
    return await recording.accept(connection, operation, Outcome(handle="late"), OFF)


async def test_who_was_overtaken_writes_nothing(ledger: PostgresLedger, database: Database) -> None:
    before, after = await unknown(ledger, database)
    async with database.statements() as connection:
        with pytest.raises(NotResolvedYet, match="taken over by another process"):
            await accept(connection, before)
    assert await ledger.of_item(before.item_id) == [after]
    async with database.statements() as connection:
        found = await accept(connection, after)
        assert (found.state, found.handle, found.reason) == (OperationState.ACCEPTED, "late", "")
        with pytest.raises(NotResolvedYet):
            await accept(connection, after)


@pytest.mark.parametrize("state", ["reserved", "accepted", "settled", "released", "parked"])
async def test_only_what_was_sent_and_is_not_known_is_found_out(
    ledger: PostgresLedger, database: Database, state: str
) -> None:
    _, operation = await unknown(ledger, database)
    async with database.transaction() as connection:
        await connection.execute("update operation set state = %s", [state])
    async with database.statements() as connection:
        with pytest.raises(NotResolvedYet):
            await accept(connection, operation)
        assert (await operation_rows.operation(connection, operation.operation_id)).state == state


async def test_a_handle_is_never_forgotten(ledger: PostgresLedger, database: Database) -> None:
    _, operation = await unknown(ledger, database)
    async with database.transaction() as connection:
        await connection.execute("update operation set handle = 'job-7'")
        await recording.park(connection, operation, "seen twice")
    (parked,) = await ledger.of_item(operation.item_id)
    assert (parked.state, parked.handle, parked.reason) == (OperationState.PARKED, "job-7", "seen twice")


async def test_a_question_for_a_person_is_told_and_keeps_its_money(
    ledger: PostgresLedger, database: Database
) -> None:
    _, operation = await unknown(ledger, database)
    async with database.transaction() as connection:
        await recording.park(connection, operation, "seen twice")
    async with database.statements() as connection:
        (told,) = await outbox.newest(connection, 10)
    assert (told.kind, told.account_id) == ("parked", "crafts")
    assert told.line == (
        f"{operation.operation_id} waits for you: seen twice; `reelwright unknowns` lists it, and closes it"
    )
    assert (await committed(database))["item"] == (PRICE, 0)


async def test_a_busy_vendor_holds_no_room_for_an_item_that_has_ended(
    ledger: PostgresLedger, database: Database
) -> None:
    _, operation = await unknown(ledger, database)
    async with database.transaction() as connection:
        await connection.execute("update item set ended_at = now(), state = 'stopped'")
        await recording.release(connection, operation, BUSY)
    assert [one.state for one in await ledger.of_item(operation.item_id)] == [OperationState.RELEASED]
    assert (await committed(database))["item"] == (0, 0)


async def test_a_lost_answer_that_is_found_is_what_was_sent(
    ledger: PostgresLedger, database: Database
) -> None:
    operation = await reserve_one(ledger, database)
    vendor = Vendor()
    vendor.after = LOST
    with pytest.raises(NotResolvedYet):
        await ledger.carry_out(operation, HASH, vendor)
    found = await once_unlocked(ledger, operation, vendor)
    assert (found.state, found.handle) == (OperationState.ACCEPTED, "job-1")
    assert vendor.effects == [operation.operation_id]


async def test_what_ended_in_an_error_is_free_for_another_worker_to_look_up(
    ledger: PostgresLedger, database: Database, database_url: str
) -> None:
    operation = await reserve_one(ledger, database)
    vendor = Vendor()
    vendor.after = LOST
    with pytest.raises(NotResolvedYet):
        await ledger.carry_out(operation, HASH, vendor)
    other = Database(database_url, connections=2)
    await other.open()
    found = await once_unlocked(PostgresLedger(other, SHORT), operation, vendor)
    await other.close()
    assert (found.state, vendor.effects) == (OperationState.ACCEPTED, [operation.operation_id])


async def test_however_long_ago_it_was_sent_its_absence_counts_only_from_the_first_look(
    ledger: PostgresLedger, database: Database
) -> None:
    """A sender may have slept past its deadline while it held the lock."""
    _, operation = await unknown(ledger, database)
    async with database.transaction() as connection:
        await connection.execute("update operation set send_before = now() - interval '1 hour'")
    vendor = Vendor()
    with pytest.raises(NotResolvedYet, match="does not list it yet") as wait:
        await once_unlocked(ledger, operation, vendor)
    assert 0 < wait.value.seconds <= SHORT.visibility_delay.total_seconds()
    assert (await committed(database))["item"] == (PRICE, 0)


async def test_a_listing_that_cannot_be_read_is_left_alone_for_a_while(
    ledger: PostgresLedger, database: Database
) -> None:
    class Unreadable(Vendor):
        async def find(self, operation: Operation) -> Sighting:
            raise ConnectionRefusedError("nobody there")

    _, operation = await unknown(ledger, database)
    with pytest.raises(NotResolvedYet, match="cannot be looked up: nobody there") as wait:
        await once_unlocked(ledger, operation, Unreadable())
    assert 1.0 <= wait.value.seconds <= LOOK_AGAIN.total_seconds()
