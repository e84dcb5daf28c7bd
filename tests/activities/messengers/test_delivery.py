"""The relay of alerts: what was raised waits until somebody has it, and is shown once whoever delivers it."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from activities.ledger import alerts
from activities.messengers.delivery import deliver
from activities.messengers.journal import JournalMessenger
from activities.store.database import Database
from schema.alert import Alert
from tests.journals import read_lines

LEASE = timedelta(seconds=30)
NAMES = ("brake/a", "overrun/a", "overrun/b")


@pytest.fixture(autouse=True)
async def _raised(database: Database) -> None:
    async with database.transaction() as connection:
        for name in NAMES:
            await alerts.raise_alert(connection, name, "overrun", f"about {name}")


async def waiting(database: Database) -> list[Alert]:
    async with database.statements() as connection:
        return [alert for alert in await alerts.newest(connection, 100) if alert.delivered_at is None]


def delivered(outbox: Path) -> Counter[str]:
    return Counter(str(line["alert_id"]) for line in read_lines(outbox / "alerts.jsonl"))


async def test_a_delivered_alert_is_shown_once_whoever_delivers_it_again(
    database: Database, tmp_path: Path
) -> None:
    for alert in await waiting(database):  # and then the worker died before it could write that down
        await JournalMessenger(tmp_path).tell(alert)
    await asyncio.gather(*(deliver(database, JournalMessenger(tmp_path), LEASE) for _ in range(4)))
    assert delivered(tmp_path) == dict.fromkeys(NAMES, 1)
    assert await waiting(database) == []
    assert await deliver(database, JournalMessenger(tmp_path), LEASE) == 0


async def test_what_cannot_be_delivered_waits(database: Database, tmp_path: Path) -> None:
    (tmp_path / "full").write_text("not a folder")
    with pytest.raises(OSError, match="full"):
        await deliver(database, JournalMessenger(tmp_path / "full"), LEASE)
    assert len(await waiting(database)) == len(NAMES)
    assert await deliver(database, JournalMessenger(tmp_path), LEASE) == len(NAMES)


class SlowMessenger(JournalMessenger):
    """A messenger that takes its time; remembers who was told what."""

    def __init__(self, outbox: Path) -> None:
        super().__init__(outbox)
        self.asked: list[str] = []

    async def tell(self, alert: Alert) -> None:
        self.asked.append(alert.alert_id)
        await asyncio.sleep(0.02)
        await super().tell(alert)


async def test_of_several_workers_one_delivers_an_alert(database: Database, tmp_path: Path) -> None:
    """Each has a messenger of its own, as workers on machines of their own have."""
    messengers = [SlowMessenger(tmp_path / str(number)) for number in range(4)]
    told = await asyncio.gather(*(deliver(database, one, LEASE) for one in messengers))
    assert sum(told) == len(NAMES)
    assert Counter(name for one in messengers for name in one.asked) == dict.fromkeys(NAMES, 1)


async def test_an_alert_whose_worker_died_is_delivered_by_another_once_its_claim_has_ended(
    database: Database, tmp_path: Path
) -> None:
    async with database.statements() as connection:
        claimed = await alerts.claim_oldest(connection, LEASE)
    assert claimed is not None
    assert claimed.alert_id == NAMES[0]
    messenger = SlowMessenger(tmp_path)
    assert await deliver(database, messenger, LEASE) == len(NAMES) - 1
    async with database.transaction() as connection:
        await connection.execute(
            "update alert set claimed_until = clock_timestamp() where delivered_at is null"
        )
    assert await deliver(database, messenger, LEASE) == 1
    assert messenger.asked == [NAMES[1], NAMES[2], NAMES[0]]
