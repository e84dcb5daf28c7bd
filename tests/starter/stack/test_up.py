"""The standard stack as commands use it: joined, started for their time, or named by the environment."""

import asyncio
import os
import sys
from pathlib import Path

import psycopg
import pytest

from schema.failure import Trouble
from schema.settings import load_settings
from starter.stack.keeper import Child, Event
from starter.stack.stack_addresses import running
from starter.stack.supervisor import Blueprint, Stack
from starter.stack.up import embedded
from tests.starter.stack.stand_ins import blueprint
from tests.waiting import until


def ignore(event: Event) -> None:
    pass


async def test_nothing_is_started_that_the_environment_names(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://far/away")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "far:7233")
    monkeypatch.setenv("TEMPORAL_API_KEY", "secret")
    events: list[Event] = []
    plan = Blueprint(
        children=lambda _: [Child("worker", ("/bin/sleep", "600"), lambda _: True)], schema_number=1
    )
    async with Stack(load_settings(folder), plan, events.append) as stack:
        variables = stack.addresses.environment()
    assert {event.name for event in events if event.kind == "started"} == {"worker"}
    assert variables["DATABASE_URL"] == variables["DATABASE_MIGRATION_URL"] == "postgresql://far/away"
    assert variables["TEMPORAL_API_KEY"] == "secret"
    everything_remote = running(load_settings(folder))
    assert everything_remote is not None
    assert everything_remote.temporal_address == "far:7233"


async def test_a_profile_for_another_cluster_does_not_reach_the_embedded_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_API_KEY", "secret")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "elsewhere")
    async with Stack(
        load_settings(folder), Blueprint(children=lambda _: [], schema_number=1), ignore
    ) as stack:
        variables = stack.addresses.environment()
    assert "TEMPORAL_API_KEY" not in variables
    assert variables["TEMPORAL_NAMESPACE"] == "default"


async def test_without_a_running_stack_demo_has_its_own_for_as_long_as_it_needs_it(folder: Path) -> None:
    settings = load_settings(folder)
    async with embedded(settings, Blueprint(children=lambda _: [], schema_number=1), ignore) as own:
        assert own.stack is not None
        assert own.addresses.owner_pid == os.getpid() == own.stack.home.owner()
    assert own.stack.home.owner() is None


@pytest.mark.usefixtures("_remote")
async def test_a_home_that_cannot_be_used_is_told_in_one_line(folder: Path) -> None:
    (folder / "logs").write_text("a file where a folder should be")
    with pytest.raises(Trouble, match=r"the home '.*' cannot be used: .*logs"):
        await Stack(load_settings(folder), blueprint(), ignore).__aenter__()


@pytest.mark.usefixtures("_remote")
async def test_a_failed_migration_is_told_in_its_own_words(folder: Path) -> None:
    migrate = (sys.executable, "-c", "import sys; sys.exit('the database is newer')")
    plan = Blueprint(children=lambda _: [], schema_number=1, migrate=migrate)
    with pytest.raises(Trouble, match="could not be migrated: the database is newer"):
        await Stack(load_settings(folder), plan, ignore).__aenter__()


async def test_a_stack_that_would_end_waits_for_the_commands_that_joined_it(folder: Path) -> None:
    settings, events = load_settings(folder), list[Event]()
    joined, may_leave = asyncio.Event(), asyncio.Event()

    async def other_command() -> None:
        async with embedded(settings, blueprint(), ignore) as found:
            assert found.stack is None
            joined.set()
            await may_leave.wait()
            with psycopg.connect(found.addresses.database_migration_url) as connection:
                connection.execute("select 1")

    async def owner() -> None:
        async with embedded(settings, blueprint(), events.append):
            other = asyncio.create_task(other_command())
            await joined.wait()
        await other

    owning = asyncio.create_task(owner())
    await asyncio.to_thread(until, "it says so", lambda: any("still uses" in event.line for event in events))
    assert not owning.done()
    may_leave.set()
    await owning
    assert running(settings) is None
