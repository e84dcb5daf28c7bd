"""What can be struck: the two servers, the network between, the vendors, and the workers."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from schema.failure import Fault, Trouble
from starter.stack.child_process import Command, Process
from starter.stack.embedded_postgres import EmbeddedPostgres
from starter.stack.embedded_temporal import EmbeddedTemporal
from tests.chaos.proxy import Manner

LOOK_EVERY_S = 0.1
POLLING = b"worker is polling"
ROOT = Path(__file__).resolve().parents[2]


class Server:
    """PostgreSQL or Temporal: it can be ended as by a power cut, and started again over the same data."""

    def __init__(self, server: EmbeddedPostgres | EmbeddedTemporal, log: Path) -> None:
        self._server = server
        self._log = log
        self._process: Process | None = None

    async def start(self, patience_s: float = 60) -> None:
        """Start it and wait until it answers. Raises `Trouble` where it does not."""
        await asyncio.to_thread(self._server.prepare)
        deadline = time.monotonic() + patience_s
        self._process = Process(self._server.command(), self._log)
        while not await asyncio.to_thread(self._server.answers):
            if time.monotonic() > deadline:
                raise Trouble(Fault.BAD_INPUT, f"a server does not start; {str(self._log)!r} says why")
            if self._process.ended() is not None:  # an old server's shared memory lingers for a moment
                self._process = Process(self._server.command(), self._log)
            await asyncio.sleep(0.05)

    async def crash(self, number: signal.Signals) -> None:
        """End it at once: SIGQUIT is what PostgreSQL calls an immediate stop."""
        if self._process is not None and self._process.ended() is None:
            os.kill(self._process.pid, number)
            await self._process.wait()

    def stop(self) -> None:
        """End it for good; blocks."""
        if self._process is not None:
            self._process.stop_now()
        self._server.close()


class Network:
    """The proxy, as a process."""

    def __init__(self, targets: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "tests.chaos.proxy"]
        self._process = subprocess.Popen(
            [*command, *(f"{name}={target}" for name, target in targets.items())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            process_group=0,
        )
        assert self._process.stdout is not None
        self.ports: dict[str, int] = json.loads(self._process.stdout.readline())

    def order(self, route: str, manner: Manner) -> None:
        """Change how a route carries."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"route": route, "manner": manner}) + "\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


class Fleet:
    """Some workers, each a process of its own; one that ends is started again, as `up` does."""

    def __init__(self, home: Path, workers: int, environment: Mapping[str, str]) -> None:
        self._home = home
        self._environment = dict(environment)
        self._workers: list[Process | None] = [None] * workers
        self._paused: set[int] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self.fell: list[str] = []
        """The last line of each worker that ended by itself."""
        self._struck: set[int] = set()
        self._begins: dict[int, int] = {}
        """Where in its log each worker began, by slot."""

    async def start(self) -> None:
        """Start all of them, keep them running, and wait until each has begun to work."""
        slots = range(len(self._workers))
        self._tasks = [asyncio.create_task(self._keep(slot)) for slot in slots]
        starting = set(slots)
        while starting:
            await asyncio.sleep(LOOK_EVERY_S)
            starting = {slot for slot in starting if self._at_work(slot) is None}

    def kill(self, slot: int) -> bool:
        """SIGKILL; says whether there was a worker to be struck."""
        return self._strike(slot, signal.SIGKILL)

    def drain(self, slot: int) -> bool:
        """SIGTERM: it finishes what it has begun, and a new one is started."""
        return self._strike(slot, signal.SIGTERM)

    async def pause(self, slot: int, seconds: float) -> bool:
        """SIGSTOP, and SIGCONT so many seconds later."""
        process = self._at_work(slot)
        if process is None:
            return False
        self._paused.add(slot)
        try:
            os.kill(process.pid, signal.SIGSTOP)
            await asyncio.sleep(seconds)
        finally:
            self._paused.discard(slot)
            if process.ended() is None:
                os.kill(process.pid, signal.SIGCONT)
        return True

    async def stop(self) -> None:
        """End all of them at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for process in self._workers:
            if process is not None:
                process.end_at_once()

    def _at_work(self, slot: int) -> Process | None:
        """Return the worker of a slot; None while it starts, so that somebody works on a slow machine, too."""
        process = self._workers[slot]
        if process is None or slot in self._paused or process.ended() is not None:
            return None
        with process.log.open("rb") as log:
            log.seek(self._begins[slot])
            return process if POLLING in log.read() else None

    def _strike(self, slot: int, number: signal.Signals) -> bool:
        process = self._at_work(slot)
        if process is None:
            return False
        self._struck.add(process.pid)
        os.kill(process.pid, number)
        return True

    async def _keep(self, slot: int) -> None:
        while True:
            log = self._home / "logs" / f"worker-{slot}.log"
            self._begins[slot] = log.stat().st_size if log.exists() else 0
            process = Process(self._command(), log)
            self._workers[slot] = process
            await process.wait()
            if process.pid in self._struck:
                self._struck.discard(process.pid)
            else:
                self.fell.append(f"code {process.ended()}: {_last_words(process.log)}")
                await asyncio.sleep(0.5)

    def _command(self) -> Command:
        return Command(
            argv=(sys.executable, "-P", "-m", "worker"),
            env=self._environment | {"PYTHONPATH": str(ROOT)},
            cwd=self._home,
        )


def _last_words(log: Path) -> str:
    """Return the last line of a log, and the last in which Python says why it crashed."""
    lines = log.read_text("utf-8", errors="replace").splitlines()
    crashes = [line for line in lines[-200:] if line.startswith(("Fatal Python error", "thread '"))]
    return " / ".join([*crashes[-1:], *lines[-1:]])[:600]


def own_environment() -> dict[str, str]:
    """Return what takes every setting of ours away that a process would inherit."""
    ours = ("REELWRIGHT_", "DATABASE_", "TEMPORAL_", "ANTHROPIC_", "OPENAI_", "FAL_", "REPLICATE_")
    return {name: "" for name in os.environ if name.startswith(ours)}
