"""The processes of the stack, together or one by one, and the care of the home folder."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
from psycopg.rows import DictRow, dict_row

from activities.store import quarantine, stop_switch
from activities.store.migrate import migrate, migrations
from schema.failure import Trouble
from schema.settings import Settings
from starter.console.context import INTERRUPTED, USAGE, fail, say, tell
from starter.console.json_output import print_json
from starter.stack.backup import backup, restore
from starter.stack.binaries import temporal_program
from starter.stack.blueprint import blueprint
from starter.stack.environment import command_here, environment, python_module
from starter.stack.home import Home, Version
from starter.stack.keeper import Event
from starter.stack.log_files import tail
from starter.stack.stack_addresses import Addresses, migration_url, require_running
from starter.stack.up import up


async def run_up(settings: Settings) -> int:
    """Run the whole stack until Ctrl-C."""

    def told(event: Event) -> None:
        tell(event.line)
        if event.name == "stack" and event.kind == "ready":
            found = require_running(settings)
            tell(f"Temporal UI: {found.temporal_ui or found.temporal_address}   stop with Ctrl-C")
            tell(
                f"next, in another terminal: {command_here(settings.home)} accounts add NAME, then make --account NAME"
            )
            if line := _stopped(found):
                tell(line)

    await up(settings, blueprint(settings), told)
    return 0


def _stopped(found: Addresses) -> str:
    """Return what is stopped, as the database says; empty where nothing is, and where it does not answer."""

    async def ask() -> str:
        async with await psycopg.AsyncConnection[DictRow].connect(
            found.database_url, row_factory=dict_row, connect_timeout=5
        ) as connection:
            return (await stop_switch.read(connection)).line

    with contextlib.suppress(psycopg.Error, Trouble), ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, ask()).result()
    return ""


def run_worker(settings: Settings) -> int:
    """Become a worker of the running stack, or of the one that the environment names."""
    return _become_module(python_module("worker"), _environment(settings))


def run_studio(settings: Settings, port: int, instant: bool) -> int:
    """Become the offline studio."""
    folder = settings.home / "vendors" / "offline-studio"
    folder.mkdir(parents=True, exist_ok=True)
    command = python_module("activities.offline.studio_server", "--port", str(port), "--folder", str(folder))
    home = {"REELWRIGHT_HOME": str(settings.home)}
    return _become_module((*command, "--instant") if instant else command, environment(home))


def run_doors(settings: Settings, host: str, port: int | None) -> int:
    """Become the doors of the running stack, or of the one that the environment names."""
    command = python_module("signals.doors", "--host", host, "--port", str(port or settings.doors_port))
    return _become_module(command, _environment(settings))


async def run_migrate(settings: Settings, restored: bool, as_json: bool) -> int:
    """Apply the migrations that the database lacks; after a restore, hold what costs money or becomes public.

    `restored` says so of a remote database; of a home, its own marker does.
    """
    url = migration_url(settings) or require_running(settings).database_migration_url
    applied = await migrate(url)
    home = Home(settings.home)
    what = home.quarantined() or ("the database was restored from a backup" if restored else None)
    if what:
        await quarantine.begin(url, what)
        home.quarantine_file.unlink(missing_ok=True)
        tell(f"{what}: nothing is bought or posted before `reelwright resume`")
    if as_json:
        print_json(settings.home, applied=applied, restored=what)
        return 0
    say(
        f"applied {', '.join(applied)}"
        if applied
        else f"nothing to do: all {len(migrations())} migrations are there"
    )
    return 0


async def run_backup(settings: Settings, to: Path, as_json: bool) -> int:
    """Write the home into one archive."""
    written = backup(settings, to)
    if as_json:
        print_json(settings.home, archive=written.absolute(), size_bytes=written.stat().st_size)
    else:
        say(f"wrote {written}")
    return 0


async def run_restore(settings: Settings, archive: Path, replace: bool) -> int:
    """Read an archive into the home."""
    restored = restore(archive, settings, Version.ours(len(migrations())), replace=replace)
    say(
        f"restored into {settings.home}"
        + (f"; what was there is in {restored.replaced}" if restored.replaced else "")
        + "; once it runs, nothing is bought or posted before `reelwright resume`"
    )
    return 0


def show_logs(settings: Settings, names: list[str], follow: bool) -> int:
    """Print the ends of the logs; with `follow` until Ctrl-C."""
    try:
        for line in tail(Home(settings.home).folder / "logs", names, follow=follow):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    except Trouble as trouble:
        fail(str(trouble), USAGE)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stdout = None  # the reader has gone, and so has the place to say so
    return 0


def run_temporal(settings: Settings, arguments: list[str]) -> int:
    """Become the packaged `temporal` command, with the address of the running stack."""
    try:
        program = temporal_program()
    except Trouble as trouble:
        fail(str(trouble))
    return _become((str(program), *arguments), _environment(settings))


def _environment(settings: Settings) -> dict[str, str]:
    try:
        return require_running(settings).environment()
    except Trouble as trouble:
        fail(str(trouble))


def _become_module(command: tuple[str, ...], surroundings: dict[str, str]) -> int:
    """Become a module of ours. Ctrl-C is held back for the few milliseconds until its first lines take it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    return _become(command, surroundings)


def _become(command: tuple[str, ...], surroundings: dict[str, str]) -> int:
    """Replace this process: signals and exit code are then the command's own."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execvpe(command[0], command, surroundings)


def programs_version(command: list[str]) -> str:
    """Return the first line a program prints of its own version."""
    finished = subprocess.run(
        command, env=environment({}), capture_output=True, text=True, timeout=20, check=False
    )
    return (
        (finished.stdout or finished.stderr).splitlines()[0] if finished.returncode == 0 else "does not run"
    )
