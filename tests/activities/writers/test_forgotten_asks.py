"""After a restored backup: what was asked since is neither known nor kept, and the item still gets its words."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities.store import quarantine, stop_switch
from activities.store.database import Database
from schema.failure import Fault, Trouble
from schema.purchases.operation import OperationState
from tests.activities.writers.vendors import WRITERS, Author, WriterVendor
from tests.services import PostgresServer


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[WriterVendor]:
    with WRITERS["anthropic"](tmp_path / "vendor") as running:
        yield running
        await running.writer.aclose()
        await running.unreachable.aclose()


async def restored(database: Database, owner_url: str) -> None:
    await quarantine.begin(owner_url, "restored from a backup")
    async with database.transaction() as connection:
        await stop_switch.resume(connection, await stop_switch.read(connection), "ada")


async def test_one_ask_counts_as_lost_and_the_next_one_is_made(
    database: Database,
    postgres: PostgresServer,
    empty_database_name: str,
    vendor: WriterVendor,
    tmp_path: Path,
) -> None:
    author = await Author.of(database, vendor.writer, tmp_path / "home")
    await restored(database, postgres.url(empty_database_name))
    idea = await author.idea()
    assert idea.beats
    first, second = await author.operations()
    assert (first.state, first.handle, first.charged_microusd) == (
        OperationState.SETTLED,
        "lost",
        first.reserved_microusd,
    )
    assert (second.state, second.reason) == (OperationState.SETTLED, "")
    assert second.handle != "lost"
    assert vendor.asks() == 1
    assert await author.budget() == (0, first.reserved_microusd + vendor.charged_microusd())


async def test_an_ask_that_a_busy_vendor_did_not_take_is_not_taken_for_a_lost_one(
    database: Database,
    postgres: PostgresServer,
    empty_database_name: str,
    vendor: WriterVendor,
    tmp_path: Path,
) -> None:
    author = await Author.of(database, vendor.writer, tmp_path / "home")
    await restored(database, postgres.url(empty_database_name))
    vendor.process.lie({"call": "ask", "kind": "error", "status": 429})
    with pytest.raises(Trouble) as busy:
        await author.idea()
    assert busy.value.fault is Fault.VENDOR_DOWN
    assert (await author.idea()).beats
    settled = [one for one in await author.operations() if one.state is OperationState.SETTLED]
    assert [one.handle == "lost" for one in settled] == [True, False]
    assert vendor.asks() == 1


async def test_an_answer_that_was_kept_is_found_and_paid_once(
    database: Database,
    postgres: PostgresServer,
    empty_database_name: str,
    vendor: WriterVendor,
    tmp_path: Path,
) -> None:
    """The files are newer than the database where only a remote database was restored."""
    kept = await Author.of(database, vendor.writer, tmp_path / "home")
    idea = await kept.idea()
    with_another = await Author.of(
        database, vendor.writer, tmp_path / "home", item_id="pots-20261120-second", account_id="pots"
    )
    asked = tmp_path / "home" / "content" / kept.item.item_id / "asks" / "r1-idea-1.json"
    place = tmp_path / "home" / "content" / with_another.item.item_id / "asks"
    place.mkdir(parents=True)
    (place / "r1-idea-1.json").write_bytes(asked.read_bytes())
    await restored(database, postgres.url(empty_database_name))
    assert (await with_another.idea()).title == idea.title
    assert vendor.asks() == 1
