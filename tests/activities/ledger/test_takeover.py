"""Two processes at one operation: a slow one comes back late, and changes nothing that was found out."""

import asyncio
from datetime import timedelta

import psycopg
import pytest

from activities.ledger.port import NotResolvedYet, Outcome
from activities.ledger.postgres_ledger import PostgresLedger
from activities.store.database import Database
from schema.purchases.operation import Operation, OperationState, Refusal
from tests.activities.ledger.scenery import HASH, Vendor, once_unlocked, open_item, plan, scene_order
from tests.services import PostgresServer
from tests.timings import SHORT


async def reserved(database: Database) -> Operation:
    item = await open_item(database, plan())
    answer = await PostgresLedger(database, SHORT).reserve([scene_order(item, 1, 1)], item.limits)
    assert not isinstance(answer, Refusal)
    return answer[0]


async def as_it_stands(database: Database, operation: Operation) -> Operation:
    (found,) = await PostgresLedger(database, SHORT).of_item(operation.item_id)
    assert found.operation_id == operation.operation_id
    return found


async def end_lock_sessions(owner_url: str) -> None:
    """Cut each connection that holds an advisory lock in this database."""
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as connection:
        await connection.execute(
            """
            select pg_terminate_backend(pid, 10000) from pg_locks where locktype = 'advisory' and granted
              and database = (select oid from pg_database where datname = current_database())
            """
        )


class SlowVendor(Vendor):
    """Somebody else finds the order while its sender still waits for the answer."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    async def send(self, operation: Operation) -> Outcome:
        await super().send(operation)
        async with self._database.transaction() as connection:
            await connection.execute(
                """
                update operation set state = 'accepted', handle = 'job-found', epoch = epoch + 1
                where operation_id = %s
                """,
                [operation.operation_id],
            )
        return Outcome(handle="job-late", charged_microusd=1)


async def test_an_answer_that_comes_late_does_not_write_over_what_was_found(database: Database) -> None:
    operation = await reserved(database)
    with pytest.raises(NotResolvedYet, match="taken over"):
        await PostgresLedger(database, SHORT).carry_out(operation, HASH, SlowVendor(database))
    found = await as_it_stands(database, operation)
    assert (found.state, found.handle, found.charged_microusd) == (
        OperationState.ACCEPTED,
        "job-found",
        None,
    )


class StalledVendor(Vendor):
    """Takes an order and says nothing until it is let go; its listing shows nothing meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()
        self.lists = False

    async def send(self, operation: Operation) -> Outcome:
        self.asked.set()
        await self.go_on.wait()
        return await super().send(operation)


async def test_nothing_is_concluded_while_somebody_is_sending(database: Database) -> None:
    operation, vendor = await reserved(database), StalledVendor()
    sending = asyncio.create_task(PostgresLedger(database, SHORT).carry_out(operation, HASH, vendor))
    await vendor.asked.wait()
    await asyncio.sleep(SHORT.send_deadline.total_seconds() + 2 * SHORT.visibility_delay.total_seconds())
    for _ in range(3):
        with pytest.raises(NotResolvedYet, match="another process's hands"):
            await PostgresLedger(database, SHORT).carry_out(operation, HASH, vendor)
    vendor.go_on.set()
    assert (await sending).state is OperationState.ACCEPTED
    assert vendor.effects == [operation.operation_id]


async def test_nothing_is_concluded_while_a_sender_that_lost_its_lock_may_be_sending(
    database: Database, database_url: str, postgres: PostgresServer, empty_database_name: str
) -> None:
    """Its connection is gone, its call is not: for as long as a call may take, silence proves nothing."""
    operation, vendor = await reserved(database), StalledVendor()
    patient = SHORT.model_copy(update={"request": timedelta(seconds=1), "effect": timedelta(seconds=3)})
    elsewhere = Database(database_url, connections=2)
    await elsewhere.open()
    sending = asyncio.create_task(PostgresLedger(elsewhere, patient).carry_out(operation, HASH, vendor))
    await vendor.asked.wait()
    await end_lock_sessions(postgres.url(empty_database_name))
    begun = asyncio.get_running_loop().time()
    may_send_s = (patient.send_deadline + patient.effect - timedelta(seconds=1)).total_seconds()
    vendor.lists = False
    while asyncio.get_running_loop().time() - begun < may_send_s:
        with pytest.raises(NotResolvedYet, match="does not list it yet"):
            await once_unlocked(PostgresLedger(database, patient), operation, vendor)
        await asyncio.sleep(0.1)
    vendor.go_on.set()
    assert (await sending).state is OperationState.ACCEPTED
    assert vendor.effects == [operation.operation_id]
    await elsewhere.close()


async def test_what_is_given_back_just_before_its_send_is_claimed_is_not_sent_and_is_asked_for_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation, vendor = await reserved(database), Vendor()

    async def given_back(*_: object) -> None:
        await PostgresLedger(database, SHORT).release_if_unsent(
            operation.operation_id, "somebody else has it"
        )

    monkeypatch.setattr("activities.ledger.claiming.stop_switch.require_open", given_back)
    with pytest.raises(NotResolvedYet, match="given back"):
        await PostgresLedger(database, SHORT).carry_out(operation, HASH, vendor)
    assert vendor.effects == []
    assert (await as_it_stands(database, operation)).state is OperationState.RELEASED
