"""Every release goes on: its items replay, and its databases migrate. A trial release stands for those to come."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from activities.store import migrate as migrating
from activities.store.database import Database
from activities.store.migrate import migrate, migrations
from schema.failure import Trouble
from signals.converter import data_converter
from tests.databases import MigratedDatabase
from tests.histories.record import FOLDER
from tests.releases.release import Release, cut, dump, released
from tests.services import PostgresServer
from tests.workflows.changed_story import ChangedWithMarker, ChangedWithoutMarker
from workflows.content_item import ContentItem
from workflows.nightly_audit import NightlyAudit
from workflows.plan_day import PlanDay

CHANGELOG = "# Changelog\n\n## 9.9.0\n\n- A trial.\n"
LATER = [("9999_of_a_later_version.sql", "alter table item add column of_a_later_version text;")]
TRIAL = "trial"


@pytest.fixture
def trial(postgres: PostgresServer, migrated: MigratedDatabase, tmp_path: Path) -> Release:
    """A release cut from this very checkout."""
    return cut("9.9.0", CHANGELOG, FOLDER, postgres.url(migrated.NAME), tmp_path)


@pytest.fixture(params=[TRIAL, *(one.folder.name for one in released())])
def release(request: pytest.FixtureRequest, trial: Release) -> Release:
    """The trial, and each release that was made."""
    return next((one for one in released() if one.folder.name == request.param), trial)


@pytest.fixture
def another_database(postgres: PostgresServer) -> Iterator[str]:
    """The address of an empty database, as a superuser."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("create database of_a_release")
        yield postgres.url("of_a_release")
        connection.execute("drop database of_a_release with (force)")


async def test_items_of_a_release_go_on_in_this_version(release: Release) -> None:
    replayer = Replayer(workflows=[ContentItem, PlanDay, NightlyAudit], data_converter=data_converter)
    assert release.histories
    for file in release.histories:
        await replayer.replay_workflow(WorkflowHistory.from_json(file.stem, file.read_text(encoding="utf-8")))


def test_migrations_of_a_release_stay_as_they_were(release: Release) -> None:
    assert release.migrations
    assert not release.changed_migrations()


async def test_a_database_of_a_release_becomes_one_of_this_version(
    release: Release, migrated: MigratedDatabase, postgres: PostgresServer, another_database: str
) -> None:
    release.restore(another_database)
    await migrate(another_database)
    assert dump(another_database) == dump(postgres.url(migrated.NAME))


async def test_a_later_migration_is_applied_to_a_released_database(
    trial: Release, another_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.restore(another_database)
    monkeypatch.setattr(migrating, "migrations", lambda: [*migrations(), *LATER])
    older = Database(another_database)
    with pytest.raises(Trouble, match=r"lacks 1 migration\(s\), first '9999_of_a_later_version.sql'"):
        await older.open()
    assert await migrate(another_database) == ["9999_of_a_later_version.sql"]
    assert "of_a_later_version" in dump(another_database)


async def test_a_story_changed_without_a_marker_breaks_the_items_of_a_release(trial: Release) -> None:
    published = next(file for file in trial.histories if file.stem == "published")
    history = WorkflowHistory.from_json("published", published.read_text(encoding="utf-8"))
    with pytest.raises(NondeterminismError):
        await Replayer(workflows=[ChangedWithoutMarker], data_converter=data_converter).replay_workflow(
            history
        )
    await Replayer(workflows=[ChangedWithMarker], data_converter=data_converter).replay_workflow(history)


def test_a_changed_migration_of_a_release_is_named(trial: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = [(name, f"{text}\n-- changed") for name, text in migrations()]
    monkeypatch.setattr("tests.releases.release.migrations", lambda: changed)
    assert trial.changed_migrations() == [name for name, _ in changed]


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("9.9.0.dev0", "9.9.0.dev0 is no release; set the version"),
        ("9.8.0", "CHANGELOG.md has no section `## 9.8.0`"),
        ("9.9.0", "9.9.0 was released before"),
    ],
)
def test_what_is_no_new_release_is_refused_in_one_line(
    trial: Release, version: str, said: str, postgres: PostgresServer, migrated: MigratedDatabase
) -> None:
    with pytest.raises(Trouble, match=said):
        cut(version, CHANGELOG, FOLDER, postgres.url(migrated.NAME), trial.folder.parent)
