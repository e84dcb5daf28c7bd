"""What `doctor` says of messages and connections: what people were not told, and what may not fit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.store import outbox
from activities.store.database import Database
from schema.settings import Settings
from starter.stack import doctor
from starter.stack.stack_addresses import Addresses


async def found(database_url: str, home: Path, **given: object) -> dict[str, doctor.Finding]:
    """What is said of the database, by what was looked at."""
    addresses = Addresses(
        home=home,
        owner_pid=None,
        database_url=database_url,
        database_migration_url=database_url,
        database_embedded=False,
        temporal_address="",
        temporal_ui=None,
        temporal_embedded=False,
        studio_url=None,
    )
    settings = Settings.model_validate({"home": home, **given})
    said = await doctor._database(settings, addresses)  # pyright: ignore[reportPrivateUsage]
    return {finding.what: finding for finding in said}


async def test_where_all_is_well_nothing_is_said_of_messages_or_connections(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with database.transaction() as connection:
        await outbox.put(connection, "brake/a", "brake", "about a")
    assert set(await found(database_url, tmp_path)) == {"database"}


async def test_a_message_that_was_refused_for_good_is_held_up(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with database.transaction() as connection:
        await outbox.put(connection, "brake/a", "brake", "about a")
        await outbox.mark_refused(connection, "brake/a", "the channel is gone")
    said = (await found(database_url, tmp_path))["messages"]
    assert said.ok is False
    assert said.says == "1 refused for good within 7 days, the newest: the channel is gone"
    assert "reelwright alerts" in said.remedy


@pytest.mark.parametrize(("minutes", "is_said"), [(9, False), (11, True)])
def test_a_message_that_waits_for_long_is_held_up(minutes: int, is_said: bool) -> None:
    since = datetime.now(UTC) - timedelta(minutes=minutes)
    backlog = outbox.Backlog(waiting=3, waiting_since=since, refused=0, refusal=None)
    said = doctor._messages(backlog)  # pyright: ignore[reportPrivateUsage]
    assert [replace(finding, says="", remedy="") for finding in said] == (
        [doctor.Finding("messages", False, "")] if is_said else []
    )
    assert all(finding.says.startswith("3 wait to be delivered") for finding in said)


async def test_connections_that_may_not_fit_are_named_with_the_remedy(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    said = (await found(database_url, tmp_path, connections=40))["connections"]
    assert said.ok is None
    assert "REELWRIGHT_CONNECTIONS" in said.says
