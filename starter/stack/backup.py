"""Backup and restore of a home, while it runs or not.

The parts are saved in the order in which they depend on each other: first what Temporal thinks has happened, then the
ledger in PostgreSQL that knows what really has, then the files both point to. A restored home is in quarantine: the
world has gone on since, and nothing is bought or posted before a person has looked and said `resume`.
"""

import json
import shlex
import shutil
import sqlite3
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from schema.failure import Fault, Trouble
from schema.settings import Settings
from starter.stack.archive import ArchiveWriter, Manifest, unpack, writing
from starter.stack.embedded_postgres import EmbeddedPostgres, end_leftover, run_program, socket_folder
from starter.stack.home import FIRST_RELEASE, Home, Version, write_atomically
from starter.stack.stack_addresses import require_running

_FOLDERS = ("content", "outbox", "vendors")
_DUMP, _ROLES, _TEMPORAL = "postgres.dump", "roles.sql", "temporal/temporal.db"
_READY = "READY"


@dataclass(frozen=True)
class Restored:
    """What a restore did."""

    manifest: Manifest
    replaced: Path | None
    """Where the home's former data now lies; None where there was none."""


def backup(settings: Settings, to: Path) -> Path:
    """Save the home into one file and return its path; `to` is a file or a folder.

    Works while the stack runs, from any process, and while it does not. A remote database is not saved: its
    provider's backups are the right ones. Raises `Trouble` where there is nothing to save or no room.
    """
    home = Home(settings.home)
    version = home.version()
    if version is None:
        raise Trouble(
            Fault.BAD_INPUT, f"there is no home in {str(home.folder)!r} to back up; name it with --home"
        )
    if to.is_dir():
        to = to / f"reelwright-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz"
    if to.exists():
        raise Trouble(Fault.BAD_INPUT, f"{str(to)!r} already exists; choose another name")
    if home.owner() is not None:
        found = require_running(settings)
        _save(home, to, version, found.database_migration_url if found.database_embedded else None, _FOLDERS)
    else:
        with home.hold(), _database(home) as url:
            _save(home, to, version, url, _FOLDERS)
    return to


def save_before_migrating(home: Home) -> Path:
    """Save what a migration changes, the two databases, into the home itself. The caller holds the home."""
    version = home.version()
    assert version is not None
    to = home.backups / f"before-migration-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz"
    with _database(home) as url:
        _save(home, to, version, url, ())
    return to


def restore(archive: Path, settings: Settings, version: Version, *, replace: bool = False) -> Restored:
    """Make the home what the backup says, and put it into quarantine. `version` is ours.

    Everything is unpacked, checked and loaded beside the present data before any of it is moved, and a restore that
    is killed while moving is finished by the next start. Former data is kept in `replaced-<time>`.
    Raises `Trouble` where the home is in use, holds data (unless `replace`), or the backup is bad or newer.
    """
    home = Home(settings.home)
    with home.hold():
        finish_restore(home)
        if home.version() is not None and not replace:
            raise Trouble(
                Fault.BAD_INPUT,
                f"the home {str(home.folder)!r} holds data; add --replace, or restore into another with --home",
            )
        if home.version() is None:
            home.refuse_strangers()
        home.restoring.mkdir(mode=0o700)
        try:
            manifest = unpack(archive, home.restoring)
            if manifest.version.is_unreleased and manifest.version != version:
                raise Trouble(
                    Fault.BAD_INPUT,
                    f"{str(archive)!r} was made by a Reelwright before {FIRST_RELEASE} "
                    f"({manifest.version.reelwright}), which no other can read; save its videos with: "
                    f"tar -xf {shlex.quote(str(archive))} content outbox",
                )
            if manifest.version.order() > version.order():
                raise Trouble(
                    Fault.BAD_INPUT,
                    f"{str(archive)!r} was made by Reelwright {manifest.version.reelwright}, newer than this "
                    f"{version.reelwright}; restore it with that version",
                )
            _load(home, manifest, archive.name)
        except (OSError, sqlite3.Error) as error:
            shutil.rmtree(home.restoring)
            raise Trouble(
                Fault.DISK_FULL, f"{str(archive)!r} could not be restored ({error}); nothing was changed"
            ) from error
        except BaseException:  # also Ctrl-C: half unpacked must not look restored; it is raised again
            shutil.rmtree(home.restoring)
            raise
        return Restored(manifest, finish_restore(home))


def finish_restore(home: Home) -> Path | None:
    """Move a restored home's parts into place, or throw away one that was never ready. The caller holds the home.

    Safe to be killed and run again. Returns where the former data now lies; None where there was none.
    """
    if not home.restoring.exists():
        return None
    mark = home.restoring / _READY
    if not mark.exists():
        shutil.rmtree(home.restoring)
        return None
    replaced = home.folder / mark.read_text().strip()
    if home.postgres.exists():
        end_leftover(home.postgres)
    for part in sorted(home.restoring.iterdir()):
        if part == mark:
            continue
        place = home.folder / part.name
        if place.exists():
            replaced.mkdir(mode=0o700, exist_ok=True)
            place.rename(replaced / part.name)
        part.rename(place)
    shutil.rmtree(home.restoring)
    return replaced if replaced.exists() else None


def _save(home: Home, to: Path, version: Version, url: str | None, folders: tuple[str, ...]) -> None:
    home.cache.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="backup-", dir=home.cache) as name, writing(to) as writer:
        work = Path(name)
        parts = [*(["temporal"] if _add_temporal(writer, home, work) else [])]
        if url is not None:
            run_program("pg_dump", "--format=custom", "--compress=1", f"--file={work / _DUMP}", url)
            run_program("pg_dumpall", "--roles-only", f"--file={work / _ROLES}", f"--dbname={url}")
            writer.add(_DUMP, work / _DUMP)
            writer.add(_ROLES, work / _ROLES)
            parts.append("postgres")
        for folder in folders:
            writer.add_folder(folder, home.folder / folder)
            parts.append(folder)
        writer.finish(version, tuple(parts), work)


def _add_temporal(writer: ArchiveWriter, home: Home, work: Path) -> bool:
    source = home.folder / _TEMPORAL
    if not source.exists():
        return False
    copy = work / "temporal.db"
    with _sqlite(source) as running, _sqlite(copy) as saved:
        running.backup(saved)
    writer.add(_TEMPORAL, copy)
    return True


def _load(home: Home, manifest: Manifest, source: str) -> None:
    """Turn the unpacked files into the parts of a home, and mark them as ready to be moved."""
    staged = home.restoring
    if "postgres" in manifest.parts:
        _load_postgres(staged)
    if "temporal" in manifest.parts:
        with _sqlite(staged / _TEMPORAL) as database:
            if database.execute("pragma integrity_check").fetchone() != ("ok",):
                raise Trouble(
                    Fault.BAD_INPUT, f"the Temporal store in {source!r} is damaged; use another backup"
                )
    for folder in set(manifest.parts) & set(_FOLDERS):
        (staged / folder).mkdir(mode=0o700, exist_ok=True)
    write_atomically(staged / home.version_file.name, manifest.version.model_dump_json() + "\n")
    now = datetime.now(UTC)
    reason = {
        "reason": f"restored from {source}",
        "backup_made": manifest.made.isoformat(),
        "since": now.isoformat(),
    }
    write_atomically(staged / home.quarantine_file.name, json.dumps(reason) + "\n")
    write_atomically(staged / _READY, f"replaced-{now:%Y%m%d-%H%M%S}\n")


def _load_postgres(staged: Path) -> None:
    dump, roles = staged / _DUMP, staged / _ROLES
    # the owner exists in every cluster; everything else about roles is taken over
    lines = roles.read_text().splitlines(keepends=True)
    roles.write_text("".join(line for line in lines if line.strip() != "CREATE ROLE postgres;"))
    log = staged / "postgres.log"
    with socket_folder() as sockets:
        server = EmbeddedPostgres(staged / "postgres", sockets=sockets)
        with server.running(log) as url:
            run_program("psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--file={roles}", url)
            run_program("pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={url}", str(dump))
    for path in (dump, roles, log):
        path.unlink()


@contextmanager
def _database(home: Home) -> Generator[str | None]:
    """The stopped home's database, started for the time of the block; None where it has none."""
    if not (home.postgres / "PG_VERSION").exists():
        yield None
        return
    with EmbeddedPostgres(home.postgres).running(home.log("postgres")) as url:
        yield url


@contextmanager
def _sqlite(path: Path) -> Generator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=30)
    try:
        yield connection
    finally:
        connection.close()
