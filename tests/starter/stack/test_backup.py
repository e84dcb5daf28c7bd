"""Backup and restore: the same data again, from a running or a stopped home, and nothing from a bad file."""

import importlib.metadata
import io
import json
import subprocess
import tarfile
import uuid
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from temporalio.client import Client

from activities.storage.folder import FolderStorage
from schema.failure import Trouble
from schema.settings import Settings, load_settings
from starter.stack.archive import unpack
from starter.stack.backup import backup, restore
from starter.stack.home import Home, Version
from starter.stack.keeper import Event
from starter.stack.supervisor import Blueprint, Stack
from tests.patching import always

OURS = Version.ours(1)


def plan(schema_number: int = 1) -> Blueprint:
    return Blueprint(children=lambda _: [], schema_number=schema_number)


def ignore(event: Event) -> None:
    pass


async def test_a_home_comes_back_from_a_backup_of_the_running_stack(folder: Path) -> None:
    settings, item = load_settings(folder / "a"), f"content/{uuid.uuid4()}"
    async with Stack(settings, plan(), ignore) as stack:
        client = await Client.connect(stack.addresses.temporal_address)
        await client.start_workflow("Nothing", id=item, task_queue="nobody")
        with psycopg.connect(stack.addresses.database_migration_url) as connection:
            connection.execute("create role reelwright_app login")
            connection.execute("create table kept as select 7 as number")
            connection.execute("grant select on kept to reelwright_app")
        video = stack.home.content / "item" / "raw" / "final.mp4"
        video.parent.mkdir(parents=True)
        video.write_bytes(b"\x00video" * 1000)
        FolderStorage(stack.home.folder).copy("content/item/raw/final.mp4", "content/item/final.mp4")
        saved = backup(settings, folder)
        with pytest.raises(Trouble, match="already exists"):
            backup(settings, saved)
        with pytest.raises(Trouble, match="already in use by process"):
            restore(saved, settings, OURS, replace=True)
    assert saved.stat().st_mode & 0o777 == 0o600

    again = load_settings(folder / "b")
    done = restore(saved, again, OURS)
    assert done.replaced is None
    assert set(done.manifest.parts) == {"postgres", "temporal", "content", "outbox", "vendors"}
    home = Home(again.home)
    for name in ("raw/final.mp4", "final.mp4"):
        assert (home.content / "item" / name).read_bytes() == b"\x00video" * 1000
    assert f"restored from {saved.name}" in home.quarantine_file.read_text()
    async with Stack(again, plan(), ignore) as stack:
        with psycopg.connect(stack.addresses.database_url) as connection:  # as the application, by its grant
            assert connection.execute("select number from kept").fetchone() == (7,)
        client = await Client.connect(stack.addresses.temporal_address)
        assert (await client.get_workflow_handle(item).describe()).id == item


@pytest.mark.usefixtures("_no_temporal")
async def test_a_stopped_home_is_saved_too_and_replaced_only_when_told(folder: Path) -> None:
    settings = load_settings(folder / "home")
    async with Stack(settings, plan(), ignore) as stack:
        execute(stack, "create table kept as select 1 as number")
    saved = backup(settings, folder / "saved.tar")
    async with Stack(settings, plan(), ignore) as stack:
        execute(stack, "update kept set number = 2")
    with pytest.raises(Trouble, match="holds data; add --replace"):
        restore(saved, settings, OURS)
    done = restore(saved, settings, OURS, replace=True)
    assert done.replaced is not None
    assert (done.replaced / "postgres" / "PG_VERSION").exists()
    async with Stack(settings, plan(), ignore) as stack:
        assert execute(stack, "select number from kept") == (1,)


@pytest.mark.usefixtures("_no_temporal", "_released")
async def test_an_older_home_is_saved_before_it_is_migrated(folder: Path) -> None:
    settings, lines = load_settings(folder / "home"), list[str]()
    async with Stack(settings, plan(), ignore) as stack:
        execute(stack, "create table kept as select 1 as number")
    async with Stack(settings, plan(2), lambda event: lines.append(event.line)) as stack:
        execute(stack, "drop table kept")
        assert stack.home.version() == Version.ours(2)
    assert lines[0].startswith("the home was made by an older version; saved its databases to ")
    (saved,) = Home(settings.home).backups.iterdir()
    restore(saved, load_settings(folder / "other"), Version.ours(2))
    async with Stack(load_settings(folder / "other"), plan(2), ignore) as stack:
        assert execute(stack, "select number from kept") == (1,)


@pytest.fixture
def _released(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a release: homes of unreleased code are not migrated."""
    monkeypatch.setattr(importlib.metadata, "version", always("1.2.0"))


@pytest.fixture
def _no_temporal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test is about the database; a Temporal of one's own takes a second to stop."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", "far:7233")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a home that never ran: files only."""
    return small_backup(tmp_path_factory.mktemp("small"), OURS)


def small_backup(folder: Path, version: Version) -> Path:
    home = Home(folder / "home")
    home.settle(version)
    (home.outbox / "journal.jsonl").write_text("{}\n" * 50_000)
    return backup(Settings(home=home.folder), folder / "small.tar.gz")


def test_a_backup_that_is_cut_off_or_changed_is_refused_and_nothing_is_touched(
    small: Path, folder: Path
) -> None:
    whole = small.read_bytes()
    bad = folder / "bad.tar.gz"
    settings = load_settings(folder / "home")
    for damaged in (
        whole[:-200],
        whole[: len(whole) // 2],
        b"",
        b"no tar at all",
        whole[:300] + b"x" + whole[301:],
    ):
        bad.write_bytes(damaged)
        with pytest.raises(Trouble, match=r"cannot be restored: .*; use another backup"):
            restore(bad, settings, OURS)
        assert [path.name for path in (folder / "home").iterdir()] == ["lock"]
    with pytest.raises(Trouble, match="there is no file"):
        restore(folder / "none.tar", settings, OURS)
    restore(small, settings, OURS)
    assert (folder / "home" / "outbox" / "journal.jsonl").read_text() == "{}\n" * 50_000


@pytest.mark.parametrize("name", ["../evil", "/evil", "content/../../evil"])
def test_a_backup_that_reaches_outside_is_refused(folder: Path, name: str) -> None:
    with tarfile.open(folder / "bad.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(Trouble, match="which no backup of ours would"):
        unpack(folder / "bad.tar", folder)
    assert not (folder.parent / "evil").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_backup_with_anything_but_files_is_refused(folder: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("content/link")
    info.type, info.linkname = kind, "/etc/passwd"
    with tarfile.open(folder / "bad.tar", "w") as tar:
        tar.addfile(info)
    with pytest.raises(Trouble, match="which no backup of ours would"):
        unpack(folder / "bad.tar", folder)


def test_a_backup_of_a_newer_version_is_refused(folder: Path) -> None:
    newer, older = (Version(reelwright=number, schema_number=3) for number in ("1.2.0", "1.1.0"))
    with pytest.raises(Trouble, match=r"newer than this 1\.1\.0"):
        restore(small_backup(folder, newer), load_settings(folder / "again"), older)


def test_a_backup_from_before_the_first_release_is_refused_with_the_command_that_saves_its_videos(
    folder: Path,
) -> None:
    unreleased = Version(reelwright="0.1.0", schema_number=11)
    archive = small_backup(folder, unreleased)
    with pytest.raises(Trouble, match=r"made by a Reelwright before 0\.1\.0") as refused:
        restore(archive, load_settings(folder / "again"), Version(reelwright="0.1.0", schema_number=1))
    command = str(refused.value).partition("save its videos with: ")[2]
    subprocess.run(command, shell=True, check=False, cwd=folder, capture_output=True)
    assert (folder / "outbox" / "journal.jsonl").read_text().startswith("{}")


def test_a_restore_that_was_killed_while_moving_is_finished_by_the_next_owner(
    small: Path, folder: Path
) -> None:
    settings = load_settings(folder / "home")
    restore(small, settings, OURS)
    home = Home(settings.home)
    (home.outbox / "journal.jsonl").write_text("old\n")
    # as it stands when killed after the first of two moves
    (home.restoring / "outbox").mkdir(parents=True)
    (home.restoring / "outbox" / "journal.jsonl").write_text("new\n")
    (home.restoring / "READY").write_text("replaced-1\n")
    with pytest.raises(Trouble, match="holds data"):
        restore(small, settings, OURS)
    assert (home.outbox / "journal.jsonl").read_text() == "new\n"
    assert (home.folder / "replaced-1" / "outbox" / "journal.jsonl").read_text() == "old\n"
    home.restoring.mkdir()  # one that was killed before it was ready
    (home.restoring / "content").mkdir()
    with pytest.raises(Trouble, match="holds data"):
        restore(small, settings, OURS)
    assert not home.restoring.exists()


def test_there_must_be_something_to_save(folder: Path) -> None:
    with pytest.raises(Trouble, match="there is no home in"):
        backup(load_settings(folder / "none"), folder)


def test_the_quarantine_says_since_when_and_why(small: Path, folder: Path) -> None:
    restore(small, load_settings(folder), OURS)
    assert set(json.loads((folder / "quarantine").read_text())) == {"reason", "backup_made", "since"}


def execute(stack: Stack, query: LiteralString) -> tuple[object, ...] | None:
    with psycopg.connect(stack.addresses.database_migration_url, autocommit=True) as connection:
        done = connection.execute(query)
        return done.fetchone() if done.description else None
