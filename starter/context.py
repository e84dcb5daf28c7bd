"""What every command knows: the home folder that was asked for, and how errors are told."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from schema.settings import Settings

Result = TypeVar("Result")

FAILED = 1
USAGE = 2
INTERRUPTED = 130


@dataclass
class Context:
    """The global flags."""

    home: Path | None = None
    debug: bool = False

    def settings(self) -> "Settings":
        """Read the settings once a command needs them."""
        from pydantic import ValidationError

        from schema.settings import load_settings

        try:
            return load_settings(self.home)
        except ValidationError as error:
            first = error.errors()[0]
            name = "REELWRIGHT_" + "__".join(str(part) for part in first["loc"]).upper()
            fail(f"the setting {name} cannot be used: {first['msg']}", USAGE)


current = Context()
"""One process runs one command."""


def run(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run a command's work; every error a person can mend becomes one line."""
    from schema.failure import Fault, Trouble

    try:
        return asyncio.run(work())
    except Trouble as trouble:
        if current.debug:
            raise
        code = USAGE if trouble.fault in (Fault.BAD_INPUT, Fault.BAD_FORMAT, Fault.BAD_FOOTAGE) else FAILED
        fail(str(trouble), code)
    except LookupError as error:
        if current.debug:
            raise
        fail(str(error.args[0]), USAGE)
    except (KeyboardInterrupt, asyncio.CancelledError):
        fail(
            "interrupted; what was begun goes on or ends by itself, `reelwright items` shows it", INTERRUPTED
        )


def fail(line: str, code: int = FAILED) -> NoReturn:
    """Tell a person in one line, and exit."""
    sys.stderr.write(f"reelwright: {line}\n")
    raise typer.Exit(code)


def tell(line: str) -> None:
    """Say something on the way; never on standard output, which belongs to the result."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
