"""The home folder: what lies in it, whose it is, and which version made it."""

import contextlib
import fcntl
import importlib.metadata
import json
import os
import pwd
import shlex
import time
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from packaging.version import Version as Release
from pydantic import BaseModel, ConfigDict, ValidationError

from schema.failure import Fault, Trouble
from starter.stack.binaries import POSTGRES_MAJOR

FIRST_RELEASE = Release("0.1.0")
"""The first one whose homes later ones can read."""


class Version(BaseModel):
    """Which versions made the home."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    reelwright: str
    schema_number: int
    """The number of the newest migration."""
    postgres: int = POSTGRES_MAJOR

    @classmethod
    def ours(cls, schema_number: int) -> "Version":
        return cls(reelwright=importlib.metadata.version("reelwright"), schema_number=schema_number)

    def order(self) -> tuple[Release, int]:
        """For comparing: our release first, then the schema."""
        return Release(self.reelwright), self.schema_number

    @property
    def is_unreleased(self) -> bool:
        """True for what was made before 0.1.0, which said 0.1.0 for some time, with many migrations."""
        return self.order() < (FIRST_RELEASE, 1) or (
            Release(self.reelwright) == FIRST_RELEASE and self.schema_number > 1
        )


class Home:
    """The paths of one home. Making one touches nothing; `settle` does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = folder / "postgres"
        self.temporal = folder / "temporal"
        self.content = folder / "content"
        self.outbox = folder / "outbox"
        self.vendors = folder / "vendors"
        self.logs = folder / "logs"
        self.cache = folder / "cache"
        self.run = folder / "run"
        self.users_file = self.run / "users"
        self.backups = folder / "backups"
        self.restoring = folder / "restoring"
        self.version_file = folder / "version"
        self.lock_file = folder / "lock"
        self.ports_file = folder / "ports.json"
        self.quarantine_file = folder / "quarantine"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def pid_file(self, name: str) -> Path:
        return self.run / f"{name}.pid"

    def quarantined(self) -> str | None:
        """Return what this home was restored from and has not told its database yet; None where it was not."""
        try:
            told = json.loads(self.quarantine_file.read_text())
            made = datetime.fromisoformat(told["backup_made"]).astimezone(UTC)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            return "restored from a backup"
        return f"restored from a backup of {made:%Y-%m-%d %H:%M} UTC"

    def settle(self, version: Version) -> Literal["new", "same", "older"]:
        """Check the folder and make what is missing; says how its version compares to `version`.

        A new home gets the version at once; an older one is for the caller to back up, migrate and `stamp`.
        Raises `Trouble` for a folder that is not ours to use or was made by a newer version.
        """
        self._check_folder()
        found = self.version()
        if found is None:
            self.refuse_strangers()
            self.stamp(version)
        elif found.is_unreleased and found != version:
            raise Trouble(
                Fault.BAD_INPUT,
                f"the home {str(self.folder)!r} was made by a Reelwright before {FIRST_RELEASE} "
                f"({found.reelwright}, schema {found.schema_number}), which no other can read; save its videos with: "
                f"cp -r {shlex.quote(str(self.outbox))} {shlex.quote(str(self.content))} .   and use another home "
                "with --home",
            )
        elif found.order() > version.order():
            raise Trouble(
                Fault.BAD_INPUT,
                f"the home {str(self.folder)!r} was made by Reelwright {found.reelwright} (schema "
                f"{found.schema_number}), newer than this {version.reelwright} (schema {version.schema_number}); "
                "use that version, or another home with --home",
            )
        for folder in (self.content, self.outbox, self.vendors, self.logs, self.cache, self.run):
            folder.mkdir(mode=0o700, exist_ok=True)
        if found is None:
            return "new"
        return "same" if found.order() == version.order() else "older"

    def version(self) -> Version | None:
        """What made this home; None where there is no home yet. Raises `Trouble` for an unreadable file."""
        try:
            return Version.model_validate_json(self.version_file.read_text())
        except FileNotFoundError:
            return None
        except (ValidationError, OSError) as error:
            raise Trouble(
                Fault.BAD_INPUT,
                f"{str(self.version_file)!r} cannot be read ({type(error).__name__}); restore the home from a "
                "backup with: ./reelwright restore",
            ) from error

    def stamp(self, version: Version) -> None:
        """Write down that the home is of this version now."""
        write_atomically(self.version_file, version.model_dump_json() + "\n")

    @contextlib.contextmanager
    def hold(self) -> Generator[None]:
        """Own the home for a `with` block. The lock ends with the process, however that ends.

        Raises `Trouble` with the owner's pid where another process has it.
        """
        self._check_folder()
        lock = os.open(self.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            deadline = time.monotonic() + 0.5  # others may look at it for a moment, see `owner`
            while not _try_lock(lock, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    raise Trouble(
                        Fault.BAD_INPUT,
                        f"the home {str(self.folder)!r} is already in use by process {self._written_owner()}; "
                        "stop that one first, or choose another home with --home",
                    )
                time.sleep(0.02)
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(lock)

    def owner(self) -> int | None:
        """The pid of the live process that owns the home; None where none does."""
        try:
            lock = os.open(self.lock_file, os.O_RDONLY)
        except OSError:
            return None
        try:
            return None if _try_lock(lock, fcntl.LOCK_SH) else self._written_owner()
        finally:
            os.close(lock)

    @contextlib.contextmanager
    def use(self) -> Generator[None]:
        """Keep the owner's stack up for a `with` block: one that ends by itself waits for us."""
        lock = os.open(self.users_file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield
        finally:
            os.close(lock)

    def is_used(self) -> bool:
        """Say whether another command keeps the stack up."""
        lock = os.open(self.users_file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            return not _try_lock(lock, fcntl.LOCK_EX)
        finally:
            os.close(lock)

    def _written_owner(self) -> int:
        with contextlib.suppress(OSError, ValueError):
            return int(self.lock_file.read_text())
        return 0

    def _check_folder(self) -> None:
        where = f"the home {str(self.folder)!r}"
        remedy = "choose another with --home or REELWRIGHT_HOME"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = self.folder.stat()
        except FileExistsError:
            raise Trouble(Fault.BAD_INPUT, f"{where} is a file, not a folder; {remedy}") from None
        except NotADirectoryError:
            raise Trouble(Fault.BAD_INPUT, f"{where} lies under a file, not a folder; {remedy}") from None
        except OSError as error:
            raise Trouble(Fault.BAD_INPUT, f"{where} cannot be made ({error.strerror}); {remedy}") from error
        if status.st_uid != os.geteuid():
            raise Trouble(
                Fault.BAD_INPUT, f"{where} belongs to {_user(status.st_uid)}; run as that user, or {remedy}"
            )
        if not os.access(self.folder, os.R_OK | os.W_OK | os.X_OK):
            raise Trouble(
                Fault.BAD_INPUT, f"{where} is not writable; make it so with chmod u+rwx, or {remedy}"
            )

    def refuse_strangers(self) -> None:
        """A folder full of other things is no place for ours."""
        ours = {path.name for path in vars(self).values()} | {"models"}
        strange = sorted(
            entry.name
            for entry in self.folder.iterdir()
            if entry.name not in ours and not entry.name.startswith(".")
        )
        if strange:
            raise Trouble(
                Fault.BAD_INPUT,
                f"{str(self.folder)!r} is not a Reelwright home and not empty (it has {strange[0]!r}); "
                "choose an empty or new folder with --home or REELWRIGHT_HOME",
            )


def write_atomically(path: Path, text: str) -> None:
    """Write a small private file so that a reader, or a crash, sees the old one or the new one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)


def read_json(path: Path) -> dict[str, object]:
    """A JSON object from a file of ours; empty where there is none or it is damaged."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text())
        if isinstance(found, dict):
            return {str(key): value for key, value in found.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return {}


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise Trouble(
            Fault.BAD_INPUT,
            f"the disk of the home cannot lock files ({error.strerror}); choose a local one with --home",
        ) from error
    return True


def _user(number: int) -> str:
    try:
        return f"user {pwd.getpwuid(number).pw_name!r}"
    except KeyError:
        return f"user number {number}"
