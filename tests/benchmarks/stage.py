"""The servers that benchmarks run on, as `up` starts them, workers as processes of their own, and CPU meters."""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
import psycopg

from activities.store.migrate import migrate
from schema.items.account import Account
from starter.stack.child_process import Command, Process
from starter.stack.embedded_postgres import EmbeddedPostgres
from starter.stack.embedded_temporal import EmbeddedTemporal
from tests.journals import read_lines
from tests.services import temporal_ports

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "crafts"
PLENTY_MICROUSD = 10**12


@dataclass(frozen=True)
class Stage:
    """Running servers, with a migrated database and an account that may spend enough."""

    home: Path
    address: str
    """Temporal, as `Client.connect` takes it."""
    database_url: str
    """PostgreSQL as the application's role."""
    temporal: psutil.Process
    postgres: psutil.Process

    def journal(self, name: str) -> list[str]:
        """Return the names a vendor of `instant.py` has written down, one for each order or post it took."""
        return [line["operation_id"] for line in read_lines(self.home / "vendors" / f"{name}.jsonl")]

    def worker(self, module: str, *arguments: str, keep_fds: tuple[int, ...] = ()) -> Process:
        """Start a worker as a process of its own; it dies with us."""
        command = Command(
            argv=(sys.executable, "-P", "-m", module, *arguments),
            env={
                "PYTHONPATH": str(ROOT),
                "TEMPORAL_ADDRESS": self.address,
                "DATABASE_URL": self.database_url,
                "REELWRIGHT_HOME": str(self.home),
            },
            cwd=self.home,
            grace=timedelta(seconds=40),
            keep_fds=keep_fds,
        )
        return Process(command, self.home / "logs" / f"{module.rpartition('.')[2]}.log")


@contextlib.asynccontextmanager
async def open_stage() -> AsyncGenerator[Stage]:
    """Start both servers in a folder of their own, which goes with them."""
    with contextlib.ExitStack() as stack:
        home = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="rw-", ignore_cleanup_errors=True))
        )
        postgres = EmbeddedPostgres(home / "postgres")
        url = stack.enter_context(postgres.running(home / "postgres.log"))
        temporal = EmbeddedTemporal(home / "temporal", temporal_ports())
        stack.enter_context(temporal.running(home / "temporal.log"))
        await migrate(url)
        _raise_caps(url)
        yield Stage(
            home,
            temporal.address,
            postgres.url("reelwright_app"),
            _child_with(str(temporal.database)),
            psutil.Process(int((home / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])),
        )


async def ready(home: Path, worker: Process, patience: float = 60) -> float:
    """Wait until a worker of ours polls; return the seconds since it was started."""
    mark = home / "run" / "worker.ready"
    while not (mark.exists() and mark.read_text(encoding="utf-8") == str(worker.pid)):
        if worker.ended() is not None or time.monotonic() > worker.started + patience:
            raise SystemExit(f"the worker does not start: {worker.log.read_text()[-2_000:]}")
        await asyncio.sleep(0.02)
    return time.monotonic() - worker.started


class Meter:
    """CPU seconds of some processes, each with all its children, living and ended, and of this one alone."""

    def __init__(self, processes: Mapping[str, psutil.Process]) -> None:
        self._processes = processes
        self._before = self._read()

    def since(self) -> dict[str, float]:
        """Return what each has used since the meter was made."""
        now = self._read()
        return {name: now[name] - self._before[name] for name in now}

    def _read(self) -> dict[str, float]:
        used = {
            name: sum(cpu_seconds(one) for one in _family(root)) for name, root in self._processes.items()
        }
        return used | {"driver": time.process_time()}


def rss_mb(process: psutil.Process) -> float:
    """Return a process's resident memory in MB (10^6 bytes)."""
    return process.memory_info().rss / 1e6


def cpu_seconds(process: psutil.Process) -> float:
    """Return the CPU time of a process and its ended children, in seconds; 0 where it has gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        used = process.cpu_times()
        return used.user + used.system + used.children_user + used.children_system
    return 0.0


def _family(root: psutil.Process) -> Iterator[psutil.Process]:
    yield root
    yield from root.children(recursive=True)


def _child_with(word: str) -> psutil.Process:
    return next(child for child in psutil.Process().children() if word in child.cmdline())


def _raise_caps(url: str) -> None:
    """Allow the day and the account as much as a long run spends, as a person would."""
    account = Account(account_id=ACCOUNT, title="Crafts", day_cap_microusd=PLENTY_MICROUSD)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "insert into account (account_id, title, day_cap_microusd) values (%s, %s, %s)",
            [account.account_id, account.title, account.day_cap_microusd],
        )
        connection.execute(
            "update configuration set value = to_jsonb(%s::bigint) where key = 'day_cap_microusd'",
            [PLENTY_MICROUSD],
        )
