"""`up` and `demo`: the standard stack in the foreground, or for as long as a command needs it."""

import asyncio
import contextlib
import http.client
import signal
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from schema.failure import Fault, Trouble
from schema.settings import Settings
from starter.stack.environment import python_module
from starter.stack.home import Home
from starter.stack.keeper import Child, Event, Probe, Tell
from starter.stack.stack_addresses import Addresses, running
from starter.stack.supervisor import Blueprint, Stack

_PATIENCE = timedelta(minutes=5)
"""How long a stack that another process is starting may take."""


@dataclass(frozen=True)
class Running:
    """A stack that is ready: ours, or another process's that we joined."""

    addresses: Addresses
    stack: Stack | None
    """Ours to kill and stop; None where we joined."""


async def up(settings: Settings, blueprint: Blueprint, tell: Tell) -> None:
    """Run the stack until SIGINT, SIGTERM or SIGHUP, then stop it; a second signal stops it at once.

    Raises `Trouble` where the home is in use or something does not start.
    """
    with _cancelled_by_signals(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        try:
            async with Stack(settings, blueprint, tell):
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            if not signals:
                raise


@contextlib.asynccontextmanager
async def embedded(settings: Settings, blueprint: Blueprint, tell: Tell) -> AsyncGenerator[Running]:
    """The stack for a `with` block: joins a running one, or starts one and stops it at the end,
    once every other command that has joined it has ended.

    Raises `Trouble` where neither works. SIGTERM and SIGHUP cancel the block, as Ctrl-C does under `asyncio.run`.
    """
    if (found := await _join(settings)) is not None:
        with Home(settings.home).use():
            yield Running(found, None)
        return
    with _cancelled_by_signals(signal.SIGTERM, signal.SIGHUP):
        async with Stack(settings, blueprint, tell) as stack:
            yield Running(stack.addresses, stack)
            await _let_others_end(stack.home, tell)


async def _let_others_end(home: Home, tell: Tell) -> None:
    """Wait for the commands that have joined our stack: what they make would stop halfway."""
    used = await asyncio.to_thread(home.is_used)
    if used:
        line = "another command still uses this stack, which stays up until that one ends, or until Ctrl-C"
        tell(Event("note", "stack", line))
    while used:
        await asyncio.sleep(0.5)
        used = await asyncio.to_thread(home.is_used)


async def _join(settings: Settings) -> Addresses | None:
    """A stack over this home, waited for while it is starting; None where no process owns the home."""
    home = Home(settings.home)
    deadline = time.monotonic() + _PATIENCE.total_seconds()
    while (owner := home.owner()) is not None:
        if (found := running(settings)) is not None:
            return found
        if time.monotonic() > deadline:
            raise Trouble(
                Fault.VENDOR_DOWN,
                f"process {owner} owns the home {str(home.folder)!r} but does not become ready; stop it first",
            )
        await asyncio.sleep(0.2)
    return None


@contextlib.contextmanager
def _cancelled_by_signals(*numbers: signal.Signals) -> Generator[list[signal.Signals]]:
    """Let signals cancel the current task; yields the list of those that came."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    came: list[signal.Signals] = []

    def take(number: signal.Signals) -> None:
        came.append(number)
        task.cancel()

    for number in numbers:
        loop.add_signal_handler(number, take, number)
    try:
        yield came
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def standard_children(settings: Settings, addresses: Addresses) -> list[Child]:
    """The offline studio, unless the settings name another one; the worker; the doors where one is configured."""
    from signals.doors.registry import any_configured  # loaded late: with it comes the web server

    children: list[Child] = []
    if settings.studio_url is None:
        children.append(studio_child(addresses))
    children.append(worker_child(settings, addresses))
    return [*children, doors_child(settings)] if any_configured(settings) else children


def studio_child(addresses: Addresses) -> Child:
    """The offline studio as a process of its own."""
    port = str(addresses.ports["studio"])
    folder = str(addresses.home / "vendors" / "offline-studio")
    return Child(
        "studio",
        python_module("activities.offline.studio_server", "--port", port, "--folder", folder),
        ready=answers_http(f"http://127.0.0.1:{port}/health"),
    )


def worker_child(settings: Settings, addresses: Addresses) -> Child:
    """The worker; it is ready once it polls, which it says by writing its pid into `run/worker.ready`."""
    return Child(
        "worker",
        python_module("worker"),
        ready=wrote_pid(addresses.home / "run" / "worker.ready"),
        grace=settings.timings.graceful_shutdown + timedelta(seconds=2),
    )


def doors_child(settings: Settings) -> Child:
    """The doors, on this machine's own address: what serves the public one leads there."""
    return Child(
        "doors",
        python_module("signals.doors"),
        ready=answers_http(f"http://127.0.0.1:{settings.doors_port}/health"),
    )


def answers_http(url: str) -> Probe:
    """Ready when the address answers 200. Minds no proxy, unlike urllib."""
    parts = urlsplit(url)

    def probe(pid: int) -> bool:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
        try:
            connection.request("GET", parts.path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe


def wrote_pid(file: Path) -> Probe:
    """Ready when the file holds the child's pid."""

    def probe(pid: int) -> bool:
        try:
            return int(file.read_text()) == pid
        except (OSError, ValueError):
            return False

    return probe


def standard_blueprint(
    settings: Settings, *, schema_number: int, migrate: Sequence[str], extra: Sequence[Child] = ()
) -> Blueprint:
    """The blueprint of `up` and `demo`: migrations, the offline studio, the worker, and what comes as `extra`."""
    return Blueprint(
        children=lambda addresses: [*standard_children(settings, addresses), *extra],
        schema_number=schema_number,
        migrate=tuple(migrate),
    )
