"""One release as a folder: histories, a dump of the schema, and the hashes of its migrations."""

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString, cast

import psycopg
from packaging.version import Version

from activities.store.migrate import migrations
from schema.failure import Fault, Trouble
from starter.stack.binaries import postgres_programs

RELEASES = Path(__file__).parent
_SCHEMA = "schema.sql"
_MIGRATIONS = "migrations.json"
_HISTORIES = "histories"


@dataclass(frozen=True)
class Release:
    """A released version; `folder` is named after it."""

    folder: Path

    @property
    def histories(self) -> list[Path]:
        """The recorded histories, one for each ending."""
        return sorted((self.folder / _HISTORIES).glob("*.json"))

    @property
    def migrations(self) -> dict[str, str]:
        """The SHA-256 of each migration by its name."""
        return json.loads((self.folder / _MIGRATIONS).read_text(encoding="utf-8"))

    def changed_migrations(self) -> list[str]:
        """Return the migrations of the release that are gone or differ now."""
        now = _digests()
        return [name for name, digest in self.migrations.items() if now.get(name) != digest]

    def restore(self, url: str) -> None:
        """Make an empty database one of this release; `url` is a superuser's."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                cast(LiteralString, (self.folder / _SCHEMA).read_text(encoding="utf-8")), prepare=False
            )
        with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.executemany(
                "insert into schema_migration (name, sha256) values (%s, %s)", list(self.migrations.items())
            )


def released() -> list[Release]:
    """Return all releases, oldest first."""
    folders = [file.parent for file in RELEASES.glob(f"*/{_MIGRATIONS}")]
    return [Release(folder) for folder in sorted(folders, key=lambda folder: Version(folder.name))]


def cut(version: str, changelog: str, histories: Path, url: str, to: Path = RELEASES) -> Release:
    """Write down what this version promises; `url` is that of a migrated database.

    Raises `Trouble` (`bad_input`) for a version that is no release, is already there, or has no section in the
    changelog.
    """
    if Version(version).is_prerelease or Version(version).is_devrelease:
        raise Trouble(Fault.BAD_INPUT, f"{version} is no release; set the version in pyproject.toml first")
    if not re.search(rf"^## {re.escape(version)}\b", changelog, re.MULTILINE):
        raise Trouble(Fault.BAD_INPUT, f"CHANGELOG.md has no section `## {version}`; write it first")
    folder = to / version
    if folder.exists():
        raise Trouble(Fault.BAD_INPUT, f"{version} was released before; a release is never written again")
    shutil.copytree(
        histories, folder / _HISTORIES, ignore=lambda _, names: [n for n in names if n[-5:] != ".json"]
    )
    (folder / _SCHEMA).write_text(dump(url), encoding="utf-8")
    (folder / _MIGRATIONS).write_text(json.dumps(_digests(), indent=1) + "\n", encoding="utf-8")
    return Release(folder)


def dump(url: str) -> str:
    """Return the schema of a database as SQL, without rows, comments and commands of psql."""
    program = postgres_programs() / "pg_dump"
    dumped = subprocess.run(
        [program, "--schema-only", url], capture_output=True, check=True, text=True
    ).stdout
    return "\n".join(_statements(dumped)) + "\n"


def _statements(dumped: str) -> Iterator[str]:
    for line in dumped.splitlines():
        if line and not line.startswith(("--", "\\")):
            yield line


def _digests() -> dict[str, str]:
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in migrations()}
