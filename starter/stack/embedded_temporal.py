"""The real Temporal dev server, on disk, with the flags that `reference/temporal.md` measured."""

import contextlib
import fcntl
import http.client
import json
import os
import time
from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from schema.failure import Fault, Trouble
from starter.stack.binaries import temporal_program
from starter.stack.child_process import Command, Process
from starter.stack.environment import TEMPORAL, known_user, unheard

NAMESPACE = "default"
RETENTION = timedelta(days=30)
"""How long closed items stay visible; the server's own default is one day."""
SEARCH_ATTRIBUTES = ("Account=Keyword", "Format=Keyword", "Stage=Keyword", "CostUsd=Double")
_FLAGS = (
    # without these every step waits 50 ms: one shard, 20 loads a second
    "--dynamic-config-value", "history.transferProcessorMaxPollRPS=1000",
    "--dynamic-config-value", "history.timerProcessorMaxPollRPS=1000",
    "--dynamic-config-value", "history.visibilityProcessorMaxPollRPS=1000",
    # without these the store is two to eight times slower; no kill -9 lost anything with them
    "--sqlite-pragma", "journal_mode=wal",
    "--sqlite-pragma", "synchronous=1",
    "--ui-disable-news-fetch",
)  # fmt: skip
_TIME_SKIPPING = ("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true")


@dataclass(frozen=True)
class TemporalPorts:
    """Where on the loopback the server listens."""

    server: int
    ui: int
    http: int
    metrics: int


class EmbeddedTemporal:
    """One database file and the server over it."""

    def __init__(self, folder: Path, ports: TemporalPorts, *, time_skipping: bool = False) -> None:
        self.folder = folder
        self.ports = ports
        self.time_skipping = time_skipping
        self._lock: int | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.ports.server}"

    @property
    def ui(self) -> str:
        return f"http://127.0.0.1:{self.ports.ui}"

    @property
    def database(self) -> Path:
        return self.folder / "temporal.db"

    def prepare(self) -> None:
        """Take the lock beside the database: a second server on one file starts without complaint.

        Raises `Trouble` where another server has it. The server shares the lock, so it lasts as long as either of us.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._lock is None:
            lock = os.open(self.folder / "temporal.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                raise Trouble(
                    Fault.BAD_INPUT,
                    f"another Temporal server uses {str(self.database)!r}; end the `temporal` process first",
                ) from None
            self._lock = lock

    def command(self) -> Command:
        attributes = (word for attribute in SEARCH_ATTRIBUTES for word in ("--search-attribute", attribute))
        return Command(
            argv=(
                str(temporal_program()), "server", "start-dev", "--ip", "127.0.0.1",
                "--port", str(self.ports.server), "--ui-port", str(self.ports.ui),
                "--http-port", str(self.ports.http), "--metrics-port", str(self.ports.metrics),
                "--db-filename", str(self.database), *_FLAGS, *attributes,
                *(_TIME_SKIPPING if self.time_skipping else ()),
            ),
            env=unheard(TEMPORAL) | known_user(self.folder),
            cwd=self.folder,
            keep_fds=() if self._lock is None else (self._lock,),
        )  # fmt: skip

    def answers(self) -> bool:
        """Whether the server serves our namespace; sets its retention where that is not ours."""
        path = f"/api/v1/namespaces/{NAMESPACE}"
        wanted = f"{int(RETENTION.total_seconds())}s"
        try:
            described = self._ask("GET", path)
            if described.get("config", {}).get("workflowExecutionRetentionTtl") != wanted:
                self._ask("POST", f"{path}/update", {"config": {"workflowExecutionRetentionTtl": wanted}})
        except (OSError, ValueError, http.client.HTTPException):
            return False
        return True

    @contextlib.contextmanager
    def running(self, log: Path, patience: timedelta = timedelta(seconds=60)) -> Generator[str]:
        """The server for the time of a `with` block, without a supervisor; yields its address.

        Raises `Trouble` when it does not answer within `patience`.
        """
        self.prepare()
        process = Process(self.command(), log)
        deadline = time.monotonic() + patience.total_seconds()
        try:
            while process.ended() is not None or not self.answers():  # a stranger may answer at our port
                if process.ended() is not None or time.monotonic() > deadline:
                    raise Trouble(Fault.BAD_INPUT, f"Temporal does not start; {str(log)!r} says why")
                time.sleep(0.05)
            yield self.address
        finally:
            process.stop_now()
            self.close()

    def close(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call to the server's HTTP API, which needs no SDK and, unlike urllib, minds no proxy."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports.http, timeout=5)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise OSError(f"HTTP {answer.status}")
            return json.loads(text)
        finally:
            connection.close()
