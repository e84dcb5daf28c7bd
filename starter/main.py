"""The command line. Commands are declared here and in `commands/`; what they do is imported when they run."""

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from starter.commands import (
    account_commands,
    campaign_commands,
    decision_commands,
    format_commands,
    item_commands,
    make_commands,
    money_commands,
    schedule_commands,
    stack_commands,
)
from starter.console.context import FAILED, INTERRUPTED, current

app = typer.Typer(
    name="reelwright",
    help="Makes and publishes short vertical videos; never pays twice, never posts twice.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _say_version(asked: bool) -> None:
    if asked:
        import importlib.metadata  # loaded late, as all that few commands need

        sys.stdout.write(f"reelwright {importlib.metadata.version('reelwright')}\n")
        raise typer.Exit


@app.callback()
def options(
    home: Annotated[
        Path | None, typer.Option(help="Folder for everything made while running.", envvar="REELWRIGHT_HOME")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Say which version this is.", is_eager=True, callback=_say_version),
    ] = False,
) -> None:
    """Take the flags that every command shares."""
    current.home = home
    current.debug = debug


for room in (make_commands, stack_commands, item_commands, decision_commands, money_commands):
    room.add_to(app)
app.add_typer(account_commands.app, name="accounts", help="For whom videos are made.")
app.add_typer(campaign_commands.app, name="campaigns", help="Budgets for several items of an account.")
app.add_typer(format_commands.app, name="formats", help="Kinds of video.")
app.add_typer(schedule_commands.app, name="schedule", help="Daily production.")


def main() -> None:
    """Run the command line."""
    _open_closed_streams()
    _leave(answer(sys.argv[1:]))


def answer(arguments: list[str]) -> int:
    """Run one command and return its exit code; whatever goes wrong is told in one line."""
    try:
        code: int | None = app(arguments, prog_name="reelwright", standalone_mode=False)
    except (
        TyperException
    ) as error:  # a wrong flag, a missing argument; or no command at all, which shows the help
        line = error.format_message().rstrip(".")
        sys.stderr.write(
            f"{line}\n" if "\n" in line else f"reelwright: {line}; {_help_of(error)} shows how\n"
        )
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):  # Ctrl-C before a command could say what it means
        return INTERRUPTED
    except Exception as error:  # the last resort: a person gets one line, a developer asks for more
        if current.debug:
            raise
        said = " ".join(str(error).split())
        sys.stderr.write(
            f"reelwright: {type(error).__name__}: {said}; `reelwright --debug ...` shows where\n"
        )
        return FAILED
    return code or 0


def _open_closed_streams() -> None:
    """Give each standard stream that the caller has closed a place, before a file of ours takes its number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            free = os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
            os.set_inheritable(free, True)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _leave(code: int) -> NoReturn:
    """Exit without the interpreter's own end, in which a late thread of Temporal's client can crash the process."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (BrokenPipeError, AttributeError):  # the reader of our lines has gone
        pass
    except OSError as error:
        sys.stderr.write(f"reelwright: the result could not be written: {error.strerror}\n")
        code = code or FAILED
    os._exit(code)


def _help_of(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f"`{context.command_path if context else 'reelwright'} --help`"
