"""One child process: its own process group, a log file, and no life after its parent's."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from starter.stack.environment import environment
from starter.stack.log_files import open_log

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Command:
    """What to run and how it ends."""

    argv: tuple[str, ...]
    """The program, as an absolute path, and its arguments."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Added to what we inherited ourselves; an empty value takes the variable away."""
    cwd: Path | None = None
    user: int | None = None
    """The user to become, with the group of the same number; None stays who we are."""
    death_signal: signal.Signals = signal.SIGKILL
    """What the child gets from the kernel when we die (Linux)."""
    stop_signal: signal.Signals = signal.SIGTERM
    """What asks the child to end by itself."""
    grace: timedelta = timedelta(seconds=5)
    """How long it may take over that."""
    keep_fds: tuple[int, ...] = ()
    """Open files the child shares with us."""


class Process:
    """A running child. Started from the thread that outlives it: the kernel watches that thread."""

    def __init__(self, command: Command, log: Path) -> None:
        self.command = command
        self.log = log
        with open_log(log) as output:
            self.log_from = output.tell()
            """Where in the log its own lines begin."""
            self._popen = subprocess.Popen(
                [
                    sys.executable, "-I", "-S", str(LAUNCHER),
                    str(os.getpid()), str(int(command.death_signal)),
                    str(-1 if command.user is None else command.user),
                    str(-1 if command.user is None else command.user),
                    *command.argv,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=command.cwd,
                env=environment(command.env),
                pass_fds=command.keep_fds,
                process_group=0,
            )  # fmt: skip
        self.started = time.monotonic()

    @property
    def pid(self) -> int:
        return self._popen.pid

    def ended(self) -> int | None:
        """The exit code, negative for a signal; None while it runs. The rest of its group is killed with it."""
        if self._popen.returncode is None and _is_over(self._popen.pid):
            self.kill_all()  # before the pid is given back: until then the group's number is ours
        return self._popen.poll()

    async def wait(self) -> int:
        """Wait for the end; returns the exit code, negative for a signal."""
        while (code := self.ended()) is None:
            if sys.platform == "linux":
                await _readable(os.pidfd_open(self.pid))
            else:
                await asyncio.sleep(0.1)
        return code

    def wait_until(self, deadline: float) -> int | None:
        """Wait, blocking, until `deadline` (`time.monotonic`); None means it still runs."""
        while (code := self.ended()) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        return code

    def kill(self) -> None:
        """SIGKILL to the process alone, as a crash would."""
        self._signal(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to end, and kill its group where it does not within its grace."""
        self._signal(self.command.stop_signal)
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self.wait(), self.command.grace.total_seconds())
        self.kill_all()
        return await self.wait()

    def stop_now(self) -> int:
        """The same as `stop`, blocking."""
        self._signal(self.command.stop_signal)
        code = self.wait_until(time.monotonic() + self.command.grace.total_seconds())
        if code is None:
            self.kill_all()
            code = self._popen.wait()
        return code

    def end_at_once(self) -> None:
        """Kill its whole group, without asking, and wait until it is gone."""
        self.kill_all()
        self._popen.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.ended() is None:
            self._popen.send_signal(number)

    def kill_all(self) -> None:
        """SIGKILL to the child and all it started in its group."""
        if self._popen.returncode is not None:
            return  # the number may belong to another process by now
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)


def _is_over(pid: int) -> bool:
    """Whether the child has ended, without reaping it."""
    if sys.platform != "linux":
        return False
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # another part of this process has collected it
        return True


async def _readable(fd: int) -> None:
    loop = asyncio.get_running_loop()
    seen = asyncio.Event()
    loop.add_reader(fd, seen.set)
    try:
        await seen.wait()
    finally:
        loop.remove_reader(fd)
        os.close(fd)
