"""The stack: `up`, `worker`, `studio`, `doors`, `migrate`, `backup`, `restore`, `logs`, `temporal`, `doctor`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from starter.commands.flags import AsJson
from starter.console.context import current, run

HANDED_OVER: dict[str, Any] = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": [],
}


def up() -> None:
    """Run everything, supervised, until Ctrl-C."""
    from starter.stack.run_stack import run_up

    raise typer.Exit(run(lambda: run_up(current.settings())))


def worker() -> None:
    """Run one more worker, of the running stack or of a remote one."""
    from starter.stack.run_stack import run_worker

    raise typer.Exit(run_worker(current.settings()))


def studio(
    port: Annotated[int, typer.Option(help="Loopback port.", min=1, max=65_535)] = 8_790,
    instant: Annotated[
        bool, typer.Option("--instant", help="Deliver a prepared clip at once, for measuring.")
    ] = False,
) -> None:
    """Run the offline studio alone, a stand-in for a vendor."""
    from starter.stack.run_stack import run_studio

    raise typer.Exit(run_studio(current.settings(), port, instant))


def doors(
    port: Annotated[
        int | None, typer.Option(help="Port; REELWRIGHT_DOORS_PORT if not given.", min=1, max=65_535)
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Run the doors alone.

    Each opens where it is configured: that of vendors, who call back, with REELWRIGHT_PUBLIC_URL.
    """
    from starter.stack.run_stack import run_doors

    raise typer.Exit(run_doors(current.settings(), host, port))


def migrate(
    restored: Annotated[
        bool,
        typer.Option(
            "--restored",
            help="A remote database was restored by its provider: buy and post nothing before `resume`.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the database to this version."""
    from starter.stack.run_stack import run_migrate

    raise typer.Exit(run(lambda: run_migrate(current.settings(), restored, as_json)))


def backup(
    to: Annotated[Path, typer.Argument(help="The archive to write.")], as_json: AsJson = False
) -> None:
    """Write the home folder into one archive, while it runs or not."""
    from starter.stack.run_stack import run_backup

    raise typer.Exit(run(lambda: run_backup(current.settings(), to, as_json)))


def restore(
    archive: Annotated[Path, typer.Argument(help="An archive that `backup` wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Replace what is in the home folder.")] = False,
) -> None:
    """Read a backup into the home folder of a stopped stack."""
    from starter.stack.run_stack import run_restore

    raise typer.Exit(run(lambda: run_restore(current.settings(), archive, replace)))


def logs(
    names: Annotated[
        list[str] | None, typer.Argument(help="worker, studio, temporal, postgres; all if not given.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,
) -> None:
    """Show what the processes of the stack have written."""
    from starter.stack.run_stack import show_logs

    raise typer.Exit(show_logs(current.settings(), names or [], follow))


def temporal(context: typer.Context) -> None:
    """Hand over to the packaged `temporal` command.

    It gets the address of the running stack.
    """
    from starter.stack.run_stack import run_temporal

    raise typer.Exit(run_temporal(current.settings(), context.args))


def doctor(as_json: AsJson = False) -> None:
    """Say what is set up, what is missing, and what it needs."""
    from starter.stack.doctor import examine

    raise typer.Exit(run(lambda: examine(current.settings(), as_json)))


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (up, worker, studio, doors, migrate, backup, restore, logs, doctor):
        app.command()(command)
    app.command(context_settings=HANDED_OVER)(temporal)
