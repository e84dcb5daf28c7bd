"""A stack over one home: real PostgreSQL and Temporal, stand-ins for our own processes."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import psutil
import psycopg
import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from schema.failure import Trouble
from schema.settings import load_settings
from starter.stack import keeper
from starter.stack.keeper import Child, Event
from starter.stack.stack_addresses import Addresses, require_running, running
from starter.stack.supervisor import Blueprint, Stack
from starter.stack.up import embedded
from tests.starter.stack.stand_ins import SCRIPT, blueprint, children
from tests.waiting import until

ROOT = Path(__file__).parents[3]


def ignore(event: Event) -> None:
    pass


async def test_killed_servers_come_back_with_everything_that_was_acknowledged(folder: Path) -> None:
    events: list[Event] = []
    async with Stack(load_settings(folder), blueprint(), events.append) as stack:
        client = await Client.connect(stack.addresses.temporal_address)
        item = f"content/{uuid.uuid4()}"
        await client.start_workflow("Nothing", id=item, task_queue="nobody")
        with inserting(stack.addresses.database_migration_url) as committed:
            for _ in range(2):
                so_far = len(committed)
                await asyncio.to_thread(
                    until, "more is written", lambda so_far=so_far: len(committed) > so_far + 10
                )
                stack.kill("postgres")
                await stack.wait_ready()
            stack.kill("temporal")
            await stack.wait_ready()
        with psycopg.connect(stack.addresses.database_migration_url) as connection:
            kept = {row[0] for row in connection.execute("select id from numbers")}
        found = await client.get_workflow_handle(item).describe()
        namespace = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace="default")
        )
    assert len(committed) > 20
    assert set(committed) <= kept
    assert found.id == item
    assert namespace.config.workflow_execution_retention_ttl.ToTimedelta().days == 30
    died = Counter(event.name for event in events if event.kind == "died")
    assert died >= Counter(
        postgres=2, temporal=1
    )  # a new PostgreSQL may end until the old one's memory is free
    assert set(died) == {"postgres", "temporal"}


async def test_a_killed_worker_comes_back_and_takes_its_own_children_with_it(folder: Path) -> None:
    async with Stack(load_settings(folder), blueprint(), ignore) as stack:
        helper = psutil.Process(int((folder / "helper.pid").read_text()))
        before = stack.kill("worker")
        await stack.wait_ready()
        assert stack.pid("worker") not in (None, before)
        assert _gone(helper)
        assert (folder / "run" / "worker.pid").read_text() == f"{stack.pid('worker')}\n"
        after = psutil.Process(int((folder / "helper.pid").read_text()))
    assert _gone(after)
    assert list((folder / "run").iterdir()) == []


def test_a_killed_supervisor_leaves_nothing_running_and_the_next_one_goes_on(folder: Path) -> None:
    with supervisor(folder) as first:
        addresses = require_running(load_settings(folder))
        with psycopg.connect(addresses.database_migration_url) as connection:
            connection.execute("create table kept as select 1 as id")
        children = first.children(recursive=True)
        assert {"postgres", "temporal", "sleep"} <= set(_names(children))
        first.kill()
        assert _gone(*children)
        assert running(load_settings(folder)) is None
    with supervisor(folder) as second:
        addresses = require_running(load_settings(folder))
        with psycopg.connect(addresses.database_migration_url) as connection:
            assert connection.execute("select id from kept").fetchone() == (1,)
        children = second.children(recursive=True)
        second.send_signal(signal.SIGTERM)
        assert second.wait(60) == 0
        assert _gone(*children)


async def test_a_second_supervisor_is_refused_and_demo_joins_the_first(folder: Path) -> None:
    settings = load_settings(folder)
    with supervisor(folder) as first:
        with pytest.raises(Trouble, match=f"already in use by process {first.pid}; stop that one first"):
            await Stack(settings, blueprint(), ignore).__aenter__()
        async with embedded(settings, blueprint(), ignore) as joined:
            assert joined.stack is None
            assert joined.addresses.owner_pid == first.pid
        assert require_running(settings) == joined.addresses


@pytest.mark.usefixtures("_remote")
async def test_a_child_that_never_starts_ends_the_start_with_its_last_words(folder: Path) -> None:
    words = "import sys; sys.exit('worker: the flag --wrong is unknown')"
    plan = Blueprint(
        children=lambda _: [Child("worker", (sys.executable, "-c", words), lambda _: False)], schema_number=1
    )
    with pytest.raises(
        Trouble, match=r"worker does not start \(exit code 1: worker: the flag --wrong is unknown"
    ):
        await Stack(load_settings(folder), plan, ignore).__aenter__()
    async with Stack(load_settings(folder), Blueprint(children=lambda _: [], schema_number=1), ignore):
        pass  # and the home is free again


@pytest.mark.usefixtures("_remote")
async def test_a_server_that_does_not_come_up_is_told_with_what_its_log_says(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "SLOW", timedelta(seconds=0.3))
    lines: list[str] = []
    ready = threading.Event()
    slow = Child(
        "slow",
        (sys.executable, "-u", "-c", "import time; print('still recovering'); time.sleep(60)"),
        ready=lambda pid: ready.is_set(),
    )

    def listen(event: Event) -> None:
        lines.append(event.line)
        if event.kind == "note" and event.name == "slow":
            ready.set()

    async with Stack(
        load_settings(folder),
        Blueprint(lambda addresses: [*children(addresses), slow], schema_number=1),
        listen,
    ):
        pass
    assert any("slow is not ready after" in line and "still recovering" in line for line in lines)


@pytest.mark.usefixtures("_remote")
async def test_a_child_that_does_not_listen_is_killed_after_its_grace(folder: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )

    def children(addresses: Addresses) -> list[Child]:
        log = addresses.home / "logs" / "worker.log"
        grace = load_settings(folder).timings.poll / 5
        return [
            Child("worker", (sys.executable, "-c", deaf), lambda _: b"deaf" in log.read_bytes(), {}, grace)
        ]

    async with Stack(load_settings(folder), Blueprint(children=children, schema_number=1), ignore) as stack:
        process = psutil.Process(stack.pid("worker") or 0)
        began = time.monotonic()
    took = time.monotonic() - began
    assert _gone(process)
    assert 0.2 <= took < 5  # s; the usual grace is above that


@contextmanager
def supervisor(home: Path) -> Generator[psutil.Popen]:
    """A supervisor as a process of its own, ready. Nobody reads its later lines, as behind `| head`."""
    popen = psutil.Popen(
        [sys.executable, SCRIPT, "up", str(home)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        with popen.stdout:
            for line in popen.stdout:
                if line.startswith("ready stack"):
                    break
            yield popen
    finally:
        with suppress(psutil.NoSuchProcess):
            popen.terminate()
        popen.wait(60)


@contextmanager
def inserting(url: str) -> Generator[list[int]]:
    """Inserts numbers, one transaction each, until the block ends; yields those that were acknowledged."""
    committed: list[int] = []
    stop = threading.Event()

    def insert() -> None:
        number = 0
        while not stop.is_set():
            try:
                with psycopg.connect(url, autocommit=True) as connection:
                    connection.execute("create table if not exists numbers (id int primary key)")
                    while not stop.is_set():
                        number += 1
                        connection.execute("insert into numbers values (%s)", [number])
                        committed.append(number)
            except psycopg.OperationalError:
                stop.wait(0.05)

    thread = threading.Thread(target=insert)
    thread.start()
    try:
        yield committed
    finally:
        stop.set()
        thread.join()


def _names(processes: list[psutil.Process]) -> Iterator[str]:
    """What they are called; PostgreSQL's helpers come and go by themselves."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            yield process.name()


def _gone(*processes: psutil.Process) -> bool:
    """Whether all have ended within 30 s; one that only waits to be collected by its parent has."""

    def is_over(process: psutil.Process) -> bool:
        try:
            return process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    deadline = time.monotonic() + 30
    while not (over := all(map(is_over, processes))) and time.monotonic() < deadline:
        time.sleep(0.02)
    return over
