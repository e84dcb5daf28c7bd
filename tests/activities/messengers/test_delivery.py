"""What people are told waits until it has arrived, and is shown once whoever delivers it."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from activities.messengers.delivery import Delivery
from activities.messengers.journal import JournalMessenger
from activities.messengers.port import MessageRefused, Messenger
from activities.store import outbox
from activities.store.database import Database
from schema.reviews.message import Message
from tests.journals import read_lines

LEASE = timedelta(seconds=30)
NAMES = ("brake/a", "overrun/a", "overrun/b")


@pytest.fixture(autouse=True)
async def _written(database: Database) -> None:
    async with database.transaction() as connection:
        for name in NAMES:
            await outbox.put(connection, name, "overrun", f"about {name}")


async def waiting(database: Database) -> list[Message]:
    async with database.statements() as connection:
        return [one for one in await outbox.newest(connection, 100) if one.delivered_at is None]


async def row_of(database: Database, name: str) -> dict[str, Any]:
    async with database.statements() as connection:
        cursor = await connection.execute(
            "select *, next_attempt_at - clock_timestamp() as rest from outbox where message_id = %s", [name]
        )
        row = await cursor.fetchone()
    assert row is not None
    return row


def delivered(folder: Path) -> Counter[str]:
    return Counter(str(line["message_id"]) for line in read_lines(folder / "alerts.jsonl"))


async def deliver(database: Database, messenger: Messenger, lease: timedelta = LEASE) -> int:
    """Deliver what is due; return how much that was."""
    delivery, done = Delivery(database, messenger, lease), 0
    while await delivery.tick():
        done += 1
    return done


async def test_a_delivered_message_is_shown_once_whoever_delivers_it_again(
    database: Database, tmp_path: Path
) -> None:
    for message in await waiting(database):  # and then the worker died before it could write that down
        await JournalMessenger(tmp_path).tell(message)
    await asyncio.gather(*(deliver(database, JournalMessenger(tmp_path)) for _ in range(4)))
    assert delivered(tmp_path) == dict.fromkeys(NAMES, 1)
    assert await waiting(database) == []
    assert await deliver(database, JournalMessenger(tmp_path)) == 0


async def test_the_other_sides_own_name_of_a_message_is_kept(database: Database, tmp_path: Path) -> None:
    await deliver(database, JournalMessenger(tmp_path))
    kept = {name: (await row_of(database, name))["external_id"] for name in NAMES}
    journal = (tmp_path / "alerts.jsonl").read_bytes()
    for name, external_id in kept.items():
        begins = int(external_id.removeprefix("alerts.jsonl:"))
        assert journal[begins:].startswith(f'{{"message_id":"{name}"'.encode())


class Moody(JournalMessenger):
    """A messenger that fails as it is told, by message; remembers who was told what."""

    def __init__(self, folder: Path, **fails: Exception) -> None:
        super().__init__(folder)
        self.fails = fails
        self.asked: list[str] = []

    async def tell(self, message: Message) -> str:
        self.asked.append(message.message_id)
        await asyncio.sleep(0.02)
        if error := self.fails.get(message.message_id.replace("/", "_")):
            raise error
        return await super().tell(message)


async def test_what_cannot_be_delivered_now_rests_twice_as_long_each_time_and_holds_up_nothing_else(
    database: Database, tmp_path: Path
) -> None:
    messenger = Moody(tmp_path, brake_a=ConnectionRefusedError("nobody there"))
    delivery = Delivery(database, messenger, LEASE)
    rests: list[int] = []
    for attempt in range(1, 13):
        with pytest.raises(ConnectionRefusedError):
            await delivery.tick()
        row = await row_of(database, "brake/a")
        assert (row["attempts"], row["claimed_by"]) == (attempt, None)
        rests.append(round(row["rest"].total_seconds()))
        if attempt == 1:
            assert await deliver(database, messenger) == len(NAMES) - 1
        async with database.transaction() as connection:
            await connection.execute("update outbox set next_attempt_at = clock_timestamp()")
    longest = round(outbox.LONGEST_REST.total_seconds())
    assert rests == [min(5 * 2**number, longest) for number in range(12)]
    messenger.fails.clear()
    assert await deliver(database, messenger) == 1
    assert delivered(tmp_path) == dict.fromkeys(NAMES, 1)


async def test_a_messenger_that_takes_too_long_counts_as_away(database: Database, tmp_path: Path) -> None:
    class Silent(Moody):
        async def tell(self, message: Message) -> str:
            await asyncio.sleep(60)
            return ""

    with pytest.raises(TimeoutError):
        await Delivery(database, Silent(tmp_path), timedelta(seconds=0.1)).tick()
    assert (await row_of(database, NAMES[0]))["claimed_by"] is None


async def test_what_is_refused_for_good_is_marked_and_not_tried_again(
    database: Database, tmp_path: Path
) -> None:
    messenger = Moody(tmp_path, overrun_a=MessageRefused("the channel is gone"))
    assert await deliver(database, messenger) == len(NAMES)
    async with database.transaction() as connection:
        await connection.execute(
            "update outbox set claimed_until = null, next_attempt_at = clock_timestamp()"
        )
        found = await outbox.backlog(connection, timedelta(days=7))
    assert await deliver(database, messenger) == 0
    assert Counter(messenger.asked) == dict.fromkeys(NAMES, 1)
    assert (found.waiting, found.refused, found.refusal) == (0, 1, "the channel is gone")
    assert [(one.message_id, one.refusal) for one in await waiting(database)] == [
        ("overrun/a", "the channel is gone")
    ]


async def test_what_waits_and_since_when_can_be_asked(database: Database, tmp_path: Path) -> None:
    await deliver(database, Moody(tmp_path, brake_a=MessageRefused("gone")))
    async with database.transaction() as connection:
        await outbox.put(connection, "brake/b", "brake", "about b")
        found = await outbox.backlog(connection, timedelta(days=7))
        (newest,) = await outbox.newest(connection, 1)
        later = await outbox.backlog(connection, timedelta())
    assert (found.waiting, found.waiting_since, found.refused) == (1, newest.created_at, 1)
    assert (later.refused, later.refusal) == (0, None)


async def test_of_several_workers_one_delivers_a_message(database: Database, tmp_path: Path) -> None:
    """Each has a messenger of its own, as workers on machines of their own have."""
    messengers = [Moody(tmp_path / str(number)) for number in range(4)]
    told = await asyncio.gather(*(deliver(database, one) for one in messengers))
    assert sum(told) == len(NAMES)
    assert Counter(name for one in messengers for name in one.asked) == dict.fromkeys(NAMES, 1)


async def test_a_message_whose_worker_died_is_delivered_by_another_once_its_claim_has_ended(
    database: Database, tmp_path: Path
) -> None:
    async with database.statements() as connection:
        claimed = await outbox.claim_due(connection, "elsewhere/1", LEASE)
    assert claimed is not None
    assert (claimed.message_id, claimed.attempts) == (NAMES[0], 1)
    messenger = Moody(tmp_path)
    assert await deliver(database, messenger) == len(NAMES) - 1
    async with database.transaction() as connection:
        await connection.execute(
            "update outbox set claimed_until = clock_timestamp() where delivered_at is null"
        )
    assert await deliver(database, messenger) == 1
    assert messenger.asked == [NAMES[1], NAMES[2], NAMES[0]]


async def test_a_worker_that_slept_past_its_claim_delivers_nothing_by_it(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter((0.0, LEASE.total_seconds() + 1))
    monkeypatch.setattr("activities.messengers.delivery.since_boot", lambda: next(ticks))
    messenger = Moody(tmp_path)
    assert await Delivery(database, messenger, LEASE).tick()
    assert messenger.asked == []
    assert len(await waiting(database)) == len(NAMES)


async def test_only_the_worker_that_claimed_a_message_gives_it_back(database: Database) -> None:
    async with database.statements() as connection:
        await outbox.claim_due(connection, "here/1", LEASE)
        await outbox.put_off(connection, NAMES[0], "elsewhere/2")
    assert (await row_of(database, NAMES[0]))["claimed_by"] == "here/1"


async def test_what_is_told_to_one_person_names_them(database: Database) -> None:
    async with database.transaction() as connection:
        assert await outbox.put(connection, "review/x", "review", "about x", recipient="ada")
        assert not await outbox.put(connection, "review/x", "review", "another line", recipient="bob")
        (newest,) = await outbox.newest(connection, 1)
    assert (newest.recipient, newest.line) == ("ada", "about x")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with database.transaction() as connection:
            await connection.execute("update outbox set recipient = 'eve'")
