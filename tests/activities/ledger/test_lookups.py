"""Finding out what became of a send where the finding out fails too: the listing, the database, the process."""

import asyncio
from datetime import timedelta
from typing import Any, LiteralString

import psycopg
import pytest
from structlog.testing import capture_logs

from activities.ledger import claiming, parked_operations
from activities.ledger.port import NotResolvedYet, Outcome, Sighting
from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.closing import PostgresCloser
from activities.store import outbox
from activities.store.database import Database
from activities.store.locks import LockLost
from schema.failure import Fault, Trouble, can_pass
from schema.items.item import Ending, ItemState
from schema.purchases.operation import Operation, OperationState, Refusal
from tests.activities.ledger.scenery import (
    HASH,
    LOST,
    PRICE,
    Vendor,
    once_unlocked,
    open_item,
    plan,
    scene_order,
)
from tests.activities.ledger.test_takeover import StalledVendor
from tests.services import PostgresServer
from tests.timings import SHORT

IMPATIENT = SHORT.model_copy(update={"look_up_patience": timedelta(seconds=0.3)})


async def reserved(database: Database) -> Operation:
    item = await open_item(database, plan())
    answer = await PostgresLedger(database, SHORT).reserve([scene_order(item, 1, 1)], item.limits)
    assert not isinstance(answer, Refusal)
    return answer[0]


async def as_it_stands(database: Database, operation: Operation) -> Operation:
    (found,) = await PostgresLedger(database, SHORT).of_item(operation.item_id)
    return found


class Unreadable(Vendor):
    """Its answer is lost, and its listing is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.after = LOST
        self.gone = True

    async def find(self, operation: Operation) -> Sighting:
        if self.gone:
            raise Trouble(Fault.VENDOR_REFUSED, "the listing answers 410:\nGone")
        return await super().find(operation)


async def lost(database: Database, vendor: Vendor) -> Operation:
    operation = await reserved(database)
    with pytest.raises(NotResolvedYet, match="lost"):
        await PostgresLedger(database, SHORT).carry_out(operation, HASH, vendor)
    return operation


async def test_a_listing_that_fails_is_read_again_until_it_answers(database: Database) -> None:
    vendor, ledger = Unreadable(), PostgresLedger(database, SHORT)
    operation = await lost(database, vendor)
    for _ in range(2):
        with pytest.raises(NotResolvedYet, match="cannot be looked up: the listing answers 410: Gone"):
            await once_unlocked(ledger, operation, vendor)
    assert (await as_it_stands(database, operation)).state is OperationState.UNKNOWN
    vendor.gone = False
    assert (await once_unlocked(ledger, operation, vendor)).handle == "job-1"


async def test_a_listing_that_fails_for_good_ends_in_a_question_for_a_person_and_an_alert(
    database: Database,
) -> None:
    vendor, ledger = Unreadable(), PostgresLedger(database, IMPATIENT)
    operation = await lost(database, vendor)
    async with asyncio.timeout(20):
        while (await as_it_stands(database, operation)).state is not OperationState.PARKED:
            with pytest.raises((NotResolvedYet, Trouble)):
                await once_unlocked(ledger, operation, vendor)
            await asyncio.sleep(0.05)
    with pytest.raises(Trouble) as parked:
        await once_unlocked(ledger, operation, vendor)
    assert parked.value.fault is Fault.PARKED
    found = await as_it_stands(database, operation)
    assert found.reason.endswith("cannot be looked up: the listing answers 410: Gone")
    async with database.transaction() as connection:
        told = await outbox.newest(connection, 10)
    assert [(alert.kind, alert.message_id, alert.account_id) for alert in told] == [
        ("parked", f"parked/{operation.operation_id}", "crafts")
    ]
    assert found.reason in told[0].line
    assert vendor.effects == [operation.operation_id]


async def test_a_person_is_not_heard_while_somebody_is_sending(database: Database) -> None:
    """What was declared not to have happened could go out after all, and its charge would be in no book."""
    operation, vendor, ledger = await reserved(database), StalledVendor(), PostgresLedger(database, SHORT)
    sending = asyncio.create_task(ledger.carry_out(operation, HASH, vendor))
    await vendor.asked.wait()
    await PostgresCloser(database).close_item(Ending(item_id=operation.item_id, state=ItemState.STOPPED))
    with pytest.raises(Trouble, match="being sent or looked up at this moment; try again"):
        async with database.transaction() as connection:
            await parked_operations.prove_none(connection, operation.operation_id, "ada")
    vendor.go_on.set()
    assert (await sending).state is OperationState.ACCEPTED
    async with database.transaction() as connection:
        settled = await parked_operations.adopt(connection, operation.operation_id, "ada", "job-1", PRICE)
    assert (settled.state, settled.charged_microusd) == (OperationState.SETTLED, PRICE)


class CutsOff(Vendor):
    """Answers, and some of our connections are ended at a moment of the test's choice."""

    def __init__(self, owner_url: str, which: LiteralString, charged_microusd: int | None = None) -> None:
        super().__init__()
        self._owner_url = owner_url
        self._which = which
        self._charged_microusd = charged_microusd

    async def cut(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._owner_url, autocommit=True) as connection:
            await connection.execute(b"select pg_terminate_backend(pid, 10000) " + self._which.encode())

    async def send(self, operation: Operation) -> Outcome:
        outcome = await super().send(operation)
        await self.cut()
        return outcome.model_copy(update={"charged_microusd": self._charged_microusd})

    async def find(self, operation: Operation) -> Sighting:
        raise AssertionError("what was answered is not looked up")


LOCKS = """
    from pg_locks where locktype = 'advisory' and granted
      and database = (select oid from pg_database where datname = current_database())"""
ALL = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


@pytest.mark.parametrize("charged_microusd", [None, PRICE - 1])
async def test_an_answer_is_recorded_although_the_database_went_away_before_it_was(
    database: Database, postgres: PostgresServer, empty_database_name: str, charged_microusd: int | None
) -> None:
    operation = await reserved(database)
    vendor = CutsOff(postgres.url(empty_database_name), ALL, charged_microusd)
    with capture_logs() as logs:
        answered = await PostgresLedger(database, SHORT).carry_out(operation, HASH, vendor)
    found = await as_it_stands(database, operation)
    assert answered == found
    assert (found.handle, found.charged_microusd) == ("job-1", charged_microusd)
    assert found.state is (OperationState.SETTLED if charged_microusd else OperationState.ACCEPTED)
    told = {(line["operation"], line["handle"]) for line in logs}
    assert told == {(operation.operation_id, "job-1")}
    assert vendor.effects == [operation.operation_id]


async def test_an_answer_is_recorded_although_the_lock_was_lost_before_it_was(
    database: Database, postgres: PostgresServer, empty_database_name: str
) -> None:
    operation = await reserved(database)
    vendor = CutsOff(postgres.url(empty_database_name), LOCKS)
    answered = await PostgresLedger(database, SHORT).carry_out(operation, HASH, vendor)
    assert (answered.state, answered.handle) == (OperationState.ACCEPTED, "job-1")


async def test_nothing_is_sent_once_the_lock_was_lost(
    database: Database, postgres: PostgresServer, empty_database_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim goes through, and the connection that held the lock dies before the first byte goes out."""
    operation = await reserved(database)
    vendor = CutsOff(postgres.url(empty_database_name), LOCKS)
    claim = claiming.claim

    async def and_cut(*values: Any) -> Any:
        claimed = await claim(*values)
        await vendor.cut()
        return claimed

    monkeypatch.setattr(claiming, "claim", and_cut)
    with pytest.raises(LockLost) as lost_lock:
        await PostgresLedger(database, SHORT).carry_out(operation, HASH, vendor)
    assert can_pass(lost_lock.value)
    assert vendor.effects == []
    assert (await as_it_stands(database, operation)).state is OperationState.SENDING


async def test_nothing_is_concluded_once_the_lock_was_lost(
    database: Database, postgres: PostgresServer, empty_database_name: str
) -> None:
    """A listing that shows nothing proves nothing to a process that may have been overtaken meanwhile."""
    vendor = Vendor()
    vendor.before = LOST
    operation = await lost(database, vendor)

    class Absent(CutsOff):
        async def find(self, operation: Operation) -> Sighting:
            await self.cut()
            return Sighting(seen=False)

    async with database.transaction() as connection:  # long ago, so that absence would count
        await connection.execute(
            "update operation set send_before = now() - interval '1 hour', resolving_since = now() - interval '1 hour'"
        )
    with pytest.raises(LockLost):
        await once_unlocked(
            PostgresLedger(database, SHORT), operation, Absent(postgres.url(empty_database_name), LOCKS)
        )
    assert (await as_it_stands(database, operation)).state is OperationState.UNKNOWN
