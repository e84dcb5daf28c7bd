"""Keeps one child running: starts it, waits until it is ready, and starts it again when it dies."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

import psutil

from schema.failure import Fault, Trouble
from starter.stack.child_process import Command, Process
from starter.stack.guardian_link import GuardianLink
from starter.stack.home import Home, write_atomically
from starter.stack.log_files import reason

FIRST_PAUSE = timedelta(seconds=0.2)
LONGEST_PAUSE = timedelta(seconds=10)
"""Between a death and the next start; doubles from the first to the longest."""
CALM = timedelta(seconds=10)
"""A child that was ready for so long starts again with the first pause."""
SLOW = timedelta(seconds=10)
"""How long a start may be silent: then a person is told what its log says, again and again."""
FIRST_TRIES = 4
"""A child that dies so often without ever being ready has something to tell its person."""

Probe = Callable[[int], bool]
"""Whether the child with this pid is ready. May block for a few seconds; runs in a thread."""


@dataclass(frozen=True)
class Event:
    """Something happened to a child, or to the stack as a whole."""

    kind: Literal["started", "ready", "died", "stopped", "note"]
    name: str
    """The child, or `stack`."""
    line: str
    """The same, as a sentence for a person."""
    pid: int | None = None


Tell = Callable[[Event], None]


def lived_a_while(pid: int) -> bool:
    """Ready two seconds after its start: for a child that has no better way to tell."""
    try:
        return time.time() - psutil.Process(pid).create_time() > 2
    except psutil.NoSuchProcess:
        return False


@dataclass(frozen=True)
class Child:
    """A process of ours beside the two servers, as data."""

    name: str
    argv: tuple[str, ...]
    ready: Probe = lived_a_while
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Beside what every child gets: the addresses of the stack."""
    grace: timedelta = timedelta(seconds=5)
    """Between SIGTERM and SIGKILL when the stack stops."""


class Keeper:
    """One child, kept running until `stop`."""

    def __init__(
        self,
        name: str,
        home: Home,
        tell: Tell,
        guard: GuardianLink,
        *,
        command: Callable[[], Command],
        ready: Probe,
        patience: timedelta = timedelta(seconds=60),
    ) -> None:
        self.name = name
        self.log: Path = home.log(name)
        self._pid_file = home.pid_file(name)
        self._tell = tell
        self._guard = guard
        self._command = command
        self._ready = ready
        self._patience = patience
        self._process: Process | None = None
        self._is_ready = asyncio.Event()
        self._was_ready = False
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep(), name=f"keeper of {self.name}")

    async def wait_ready(self) -> None:
        """Wait until the child is ready. Raises `Trouble` where it keeps dying before it ever was."""
        assert self._task is not None
        waiting = asyncio.create_task(self._is_ready.wait())
        try:
            await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self._task.done():
            self._task.result()

    @property
    def pid(self) -> int | None:
        """The child's pid; None while it is not running."""
        return None if self._process is None or self._process.ended() is not None else self._process.pid

    @property
    def is_ready(self) -> bool:
        return self._is_ready.is_set()

    def kill(self) -> None:
        """SIGKILL to the child alone, as a crash would; it is started again."""
        self._is_ready.clear()
        if self._process is not None:
            self._process.kill()

    async def stop(self) -> None:
        """End the child and keep it ended."""
        self._stopping = True
        if self._process is not None and self._process.ended() is None:
            await self._process.stop()
            self._tell(Event("stopped", self.name, f"{self.name} stopped"))
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Trouble):
                await self._task

    def abandon(self) -> None:
        """End the child at once, without asking."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
        if self._process is not None:
            self._process.end_at_once()
            self._guard.forget(self._process.pid)

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        tries = 0
        while not self._stopping:
            ending = await self._live()
            if self._stopping:
                return
            if ending.calm > CALM:
                pause = FIRST_PAUSE
            tries += 1
            if not self._was_ready and tries >= FIRST_TRIES:
                raise Trouble(Fault.VENDOR_DOWN, f"{self.name} does not start {ending.why}")
            again = f"starting it again in {pause.total_seconds():g} s"
            self._tell(Event("died", self.name, f"{self.name} ended {ending.why}; {again}", ending.pid))
            await asyncio.sleep(pause.total_seconds())
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _live(self) -> "_Ending":
        """One life of the child, from its start to its end."""
        try:
            command = self._command()
            process = self._process = Process(command, self.log)
            self._guard.watch(process.pid, server=command.stop_signal is signal.SIGINT)
            write_atomically(self._pid_file, f"{process.pid}\n")
        except OSError as error:  # a full disk, say: no reason to leave the rest alone
            if self._process is not None:
                self._process.end_at_once()
                self._guard.forget(self._process.pid)
            return _Ending(f"({error})")
        self._tell(Event("started", self.name, f"{self.name} started (pid {process.pid})", process.pid))
        ended = asyncio.create_task(process.wait())
        try:
            since = await self._probe(process, ended)
            code = await ended
        finally:
            ended.cancel()
            self._is_ready.clear()
            self._pid_file.unlink(missing_ok=True)
            if process.ended() is not None:
                self._guard.forget(process.pid)
        calm = timedelta(seconds=0 if since is None else time.monotonic() - since)
        return _Ending(self._why(code, process.log_from), calm, process.pid)

    async def _probe(self, process: Process, ended: asyncio.Task[int]) -> float | None:
        """Ask until the child is ready; None where it ended before. One that never answers is killed."""
        delay = 0.02
        told = process.started
        while not ended.done():
            if await asyncio.to_thread(self._ready, process.pid) and not ended.done():
                self._was_ready = True
                self._is_ready.set()
                self._tell(Event("ready", self.name, f"{self.name} is ready", process.pid))
                return time.monotonic()
            if time.monotonic() - process.started > self._patience.total_seconds():
                process.kill_all()
            if time.monotonic() - told > SLOW.total_seconds():
                told = time.monotonic()
                self._tell(Event("note", self.name, self._still_waits(process), process.pid))
            await asyncio.wait({ended}, timeout=delay)
            delay = min(delay * 1.5, 0.5)
        return None

    def _still_waits(self, process: Process) -> str:
        waited = time.monotonic() - process.started
        said = reason(self.log, process.log_from)
        return f"{self.name} is not ready after {waited:.0f} s{': ' + said if said else ''}; log: {str(self.log)!r}"

    def _why(self, code: int, log_from: int) -> str:
        how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        said = "" if code == -signal.SIGKILL else reason(self.log, log_from)  # there are no last words then
        return f"({how}{': ' + said if said else ''}; log: {str(self.log)!r})"


@dataclass(frozen=True)
class _Ending:
    """How one life of a child ended."""

    why: str
    """In brackets: the exit code or signal, and the last line of the log."""
    calm: timedelta = timedelta(0)
    """How long it had been ready."""
    pid: int | None = None
