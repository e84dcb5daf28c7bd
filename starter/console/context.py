"""What every command knows: the home folder that was asked for, and how errors are told."""

import asyncio
import logging
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
        """Read the settings once a command needs them, and shut out what is not meant for us."""
        from schema.failure import Trouble
        from schema.settings import load_settings
        from starter.stack.environment import shut_out

        try:
            settings = load_settings(self.home)
        except (Trouble, OSError) as error:
            fail_with(error)
        shut_out(settings)
        return settings


current = Context()
"""One process runs one command."""


def run(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run a command's work; every error a person can mend becomes one line."""
    _quieten()
    try:
        return asyncio.run(work())
    except (KeyboardInterrupt, asyncio.CancelledError):
        fail(
            "interrupted; what was begun goes on or ends by itself, `reelwright items` shows it", INTERRUPTED
        )
    except Exception as error:  # the last resort: told in one line, or raised with --debug
        if current.debug or isinstance(error, typer.Exit):
            raise
        fail_with(error)


def fail_with(error: Exception) -> NoReturn:
    """Tell a person what went wrong, and exit; an unexpected error is raised again."""
    from schema.failure import Trouble
    from starter.console.error_lines import in_one_line, usage_fault

    line = in_one_line(error)
    if line is None or current.debug:
        raise error
    fail(line, USAGE if isinstance(error, Trouble) and usage_fault(error) else FAILED)


def _quieten() -> None:
    """Hide library logs about servers that are away: the command says it in one line."""
    for name in ("psycopg.pool", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL if not current.debug else logging.WARNING)


def fail(line: str, code: int = FAILED) -> NoReturn:
    """Tell a person in one line, and exit."""
    sys.stderr.write(f"reelwright: {line}\n")
    raise typer.Exit(code)


def say(line: str) -> None:
    """Say what came of a command, on standard output."""
    sys.stdout.write(f"{line}\n")


def tell(line: str) -> None:
    """Say something on the way; never on standard output, which belongs to the result."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
