"""Our end of the guard (`guard_process.py`): start a job, watch it, end it."""

import contextlib
import json
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from activities.media.child.guard_process import LENGTH

MIB = 1024 * 1024
TICK = timedelta(seconds=0.25)
"""How often a watcher is asked whether to go on, even where the job is silent."""
PATIENCE = timedelta(seconds=1.5)
"""What an interrupted job gets to end by itself before it is killed."""
KEPT_STDERR_BYTES = 64 * 1024
RESIDENT_BYTES = 1536 * MIB
"""Memory that one job may really hold. One clip is decoded at a time, so this holds for any number of them."""
ADDRESS_BYTES = 32 * 1024 * MIB
"""Only stops a job that would take all memory at once: threads reserve far more than they use."""


@dataclass(frozen=True)
class ChildLimits:
    """What one job may use."""

    wall: timedelta
    cpu: timedelta
    resident_bytes: int = RESIDENT_BYTES
    file_bytes: int = 1024 * MIB
    """The largest file it may write."""

    def as_json(self) -> dict[str, int]:
        """Return those limits that the guard and the kernel enforce."""
        return {
            "resident_bytes": self.resident_bytes,
            "address_bytes": ADDRESS_BYTES,
            "cpu_s": max(1, round(self.cpu.total_seconds())),
            "file_bytes": self.file_bytes,
            "core_bytes": 0,
        }


@dataclass(frozen=True)
class JobEnding:
    """How a job ended."""

    code: int
    """Exit code; negative for the signal that ended it."""
    stderr: str
    """The last 64 KiB."""
    cpu_s: float
    peak_bytes: int
    """The most memory it held at any time."""
    too_large: bool = False
    """True where its limit on memory ended it."""
    overdue: bool = False
    """True where its wall limit ended it."""


@dataclass
class _Watch:
    channel: socket.socket
    out: int
    err: int
    on_out: Callable[[bytes], None]
    stderr: bytearray = field(default_factory=bytearray)
    told: bytearray = field(default_factory=bytearray)


class GuardClient:
    """The guard process, started at first use and again where it was lost. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._finalizer: weakref.finalize[[socket.socket, subprocess.Popen[bytes]], GuardClient] | None = None

    @property
    def pid(self) -> int | None:
        """The process, or None before its first job."""
        return self._process.pid if self._process else None

    def run(
        self,
        job: dict[str, Any],
        limits: ChildLimits,
        on_out: Callable[[bytes], None],
        on_tick: Callable[[], None] = lambda: None,
    ) -> JobEnding:
        """Run one job to its end. `on_out` gets its standard output; `on_tick` is called four times a second.

        An exception from either ends the job within two seconds and passes through. Raises
        `ChildProcessError` where the guard itself was lost, after which repeating helps.
        """
        with self._started(job | {"limits": limits.as_json()}, on_out) as watch:
            try:
                overdue = self._follow(watch, limits.wall, on_tick)
                if overdue:
                    self._end(watch)
            except BaseException:  # whatever ends the wait must end ffmpeg, too; it is raised again
                self._end(watch)
                raise
            if not watch.told:
                raise ChildProcessError("the process that guards ffmpeg was lost; run this step again")
            return JobEnding(
                stderr=watch.stderr.decode(errors="replace"), overdue=overdue, **json.loads(watch.told)
            )

    @contextlib.contextmanager
    def leavings(self, *paths: Path) -> Generator[None]:
        """Have the guard remove `paths` where this process dies inside the block."""
        self._send({"owe": [str(path) for path in paths]}, [])
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                self._send({"settle": [str(path) for path in paths]}, [])

    def close(self) -> None:
        """End the guard and whatever still runs under it."""
        with self._lock:
            if self._finalizer is not None:
                self._finalizer()
            self._channel = self._process = self._finalizer = None

    @contextlib.contextmanager
    def _started(self, request: dict[str, Any], on_out: Callable[[bytes], None]) -> Generator[_Watch]:
        ours, theirs = socket.socketpair()
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        try:
            try:
                self._send(request, [theirs.fileno(), out_write, err_write])
            finally:
                theirs.close()
                os.close(out_write)
                os.close(err_write)
            yield _Watch(ours, out_read, err_read, on_out)
        finally:
            ours.close()
            os.close(out_read)
            os.close(err_read)

    def _send(self, request: dict[str, Any], descriptors: list[int]) -> None:
        body = json.dumps(request).encode()
        with self._lock:
            for last_try in (False, True):
                channel = self._open()
                try:
                    socket.send_fds(channel, [LENGTH.pack(len(body))], descriptors)
                    channel.sendall(body)
                    return
                except ConnectionError:
                    if self._finalizer is not None:
                        self._finalizer()
                    self._channel = None
                    if last_try:
                        raise

    def _open(self) -> socket.socket:
        if self._channel is None:
            ours, theirs = socket.socketpair()
            root = str(Path(__file__).parents[2])
            start = (
                "import sys; sys.path.insert(0, sys.argv[1]); "
                "from activities.media.child.guard_process import main; main()"
            )
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-c", start, root],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                )
            self._channel = ours
            self._finalizer = weakref.finalize(self, _end_guard, ours, self._process)
        return self._channel

    def _follow(self, watch: _Watch, wall: timedelta, on_tick: Callable[[], None]) -> bool:
        """Read until the job has ended; True where it takes longer than `wall`."""
        deadline = time.monotonic() + wall.total_seconds()
        ticked = time.monotonic()
        with selectors.DefaultSelector() as selector:
            for source in (watch.channel, watch.out, watch.err):
                selector.register(source, selectors.EVENT_READ)
            while selector.get_map():
                now = time.monotonic()
                if now > deadline:
                    return True
                if now - ticked >= TICK.total_seconds():
                    ticked = now
                    on_tick()
                for key, _ in selector.select(TICK.total_seconds()):
                    if not _read(watch, key.fileobj):
                        selector.unregister(key.fileobj)
        return False

    def _end(self, watch: _Watch) -> None:
        """Interrupt, wait a little, kill, and wait until it is gone."""
        watch.on_out = lambda _: None
        for word, patience in ((b"I", PATIENCE), (b"K", timedelta(seconds=10))):
            with contextlib.suppress(OSError):
                watch.channel.sendall(word)
            if not self._follow(watch, patience, lambda: None):
                return


def _read(watch: _Watch, source: Any) -> bool:
    """Take in what one of a job's three channels has; False at its end."""
    if source is watch.channel:
        try:
            part = watch.channel.recv(4096)
        except ConnectionError:
            part = b""
        watch.told += part
    else:
        part = os.read(source, 64 * 1024)
        if source == watch.err:
            watch.stderr = (watch.stderr + part)[-KEPT_STDERR_BYTES:]
        elif part:
            watch.on_out(part)
    return bool(part)


def _end_guard(channel: socket.socket, process: subprocess.Popen[bytes]) -> None:
    channel.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
