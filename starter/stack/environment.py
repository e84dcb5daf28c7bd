"""What our children, and libpq in this very process, hear of the caller's shell: decided here alone.

A person's variables for another PostgreSQL, another Temporal or another Python are not meant for ours. Those of
Python never reach a process of ours. Those of libpq and of Temporal do where the server is a remote one, as they do
with every other program; the embedded servers, their clients and their tools never hear them.
"""

import contextlib
import os
import shlex
import sys
from collections.abc import Generator, Mapping
from pathlib import Path

from platformdirs import user_data_path

from schema.settings import Settings

PYTHON, LIBPQ, TEMPORAL = "PYTHON", "PG", "TEMPORAL_"
"""What the names of each family begin with."""


def unheard(*families: str) -> dict[str, str]:
    """Return the variables of these families as `environment` takes them away."""
    return {name: "" for name in os.environ if name.startswith(families)}


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of a child: ours, with `extra` on top; an empty value takes a variable away."""
    wanted = unheard(PYTHON) | dict(extra)
    return {name: value for name, value in {**os.environ, **wanted}.items() if value or name not in wanted}


def known_user(home: Path) -> dict[str, str]:
    """Return what a program needs to hear that asks who runs it, where the machine does not know: `docker --user`."""
    usual = {"USER": "reelwright", "HOME": str(home)}
    return {name: os.environ.get(name) or value for name, value in usual.items()}


def python_module(name: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs a module of ours: isolated, so that no folder of the caller's is imported from."""
    return (sys.executable, "-I", "-X", "utf8", "-m", name, *arguments)


def shut_out(settings: Settings) -> None:
    """Take out of this very process what it, and all it starts, must not hear."""
    embedded = [LIBPQ] if settings.database_url is None else []
    if remote_temporal() is None:
        embedded.append(TEMPORAL)
    for name in unheard(PYTHON, *embedded):
        del os.environ[name]


@contextlib.contextmanager
def without(*families: str) -> Generator[None]:
    """Hide families of variables from libraries in this process for the time of a block."""
    taken = {name: os.environ.pop(name) for name in unheard(*families)}
    try:
        yield
    finally:
        os.environ.update(taken)


def command_here(home: Path) -> str:
    """Return how this person calls us: the launcher's path, and `--home` if given."""
    called = os.environ.get("RW_CALLED_AS") or "./reelwright"
    try:
        usual = Path(os.environ.get("REELWRIGHT_HOME") or user_data_path("reelwright", appauthor=False))
    except RuntimeError:  # a user without a home folder
        usual = None
    words = [called] if usual and usual.absolute() == home else [called, "--home", str(home)]
    return shlex.join(words)


def remote_temporal() -> str | None:
    """Return the address of a Temporal that is not ours to start; None means the embedded one.

    The connection to Temporal has standard names of its own and is the one thing read beside `schema/settings.py`.
    """
    return os.environ.get("TEMPORAL_ADDRESS") or None
