"""A loop has one leader over all workers; another takes over where it is gone, and one that slept notices."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import pytest
from structlog.testing import capture_logs

from activities.store.database import Database
from activities.store.locks import LockLost
from tests.services import PostgresServer
from workflows.serving import leader
from workflows.serving.leader import LONGEST_REST, LOOK_EVERY, Loop, Tick, lead, rest_after

EVERY = timedelta(seconds=0.02)


class Worker:
    """One of several: counts its ticks, and fails as it is told."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ticks = 0
        self.began = 0
        self.fails: list[Exception] = []
        self.more = False
        self.task: asyncio.Task[None] | None = None

    def begin(self) -> Tick:
        self.began += 1
        return self.tick

    async def tick(self) -> bool:
        self.ticks += 1
        await asyncio.sleep(0)  # as a tick that asks the database does
        if self.fails:
            raise self.fails.pop(0)
        return self.more

    def start(self, name: str = "the loop", every: timedelta = EVERY) -> None:
        self.task = asyncio.create_task(lead(self.database.locks, Loop(name, every, self.begin)))

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def works(self, ticks: int = 3) -> None:
        """Wait for some more ticks of this one."""
        wanted = self.ticks + ticks
        async with asyncio.timeout(20):
            while self.ticks < wanted:  # noqa: ASYNC110 - ticks are counted, not told
                await asyncio.sleep(0.005)


@pytest.fixture
async def workers(database_url: str) -> AsyncIterator[list[Worker]]:
    """Three, each with connections of its own, as processes have."""
    made: list[Worker] = []
    for _ in range(3):
        database = Database(database_url, connections=2)
        await database.open()
        made.append(Worker(database))
    yield made
    for worker in made:
        await worker.stop()
        await worker.database.close()


async def test_of_several_workers_one_runs_the_ticks(workers: list[Worker]) -> None:
    for worker in workers:
        worker.start()
    async with asyncio.timeout(20):
        while sum(worker.ticks for worker in workers) < 10:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert sum(worker.ticks > 0 for worker in workers) == 1


async def test_each_loop_has_a_leader_of_its_own(workers: list[Worker]) -> None:
    for number, worker in enumerate(workers):
        worker.start(f"loop {number}")
    for worker in workers:
        await worker.works()


async def test_another_worker_takes_over_within_seconds_where_the_leader_ends(workers: list[Worker]) -> None:
    workers[0].start()
    await workers[0].works()
    for worker in workers[1:]:
        worker.start()
    await workers[0].works()
    await workers[0].database.close()  # what the end of a process does
    await workers[0].stop()
    async with asyncio.timeout(LOOK_EVERY.total_seconds() + 2):
        while not any(worker.ticks for worker in workers[1:]):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert sum(worker.ticks > 0 for worker in workers[1:]) == 1


async def test_a_leader_whose_lock_was_lost_notices_before_its_next_tick(
    workers: list[Worker],
    postgres: PostgresServer,
    empty_database_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As one that was frozen for so long that another worker took over."""
    first, second, _ = workers
    asleep, awake = asyncio.Event(), asyncio.Event()
    ticks = first.tick

    async def sleeps() -> bool:
        asleep.set()
        await awake.wait()
        return await ticks()

    monkeypatch.setattr(first, "tick", sleeps)
    first.more = True
    first.start()
    await asleep.wait()
    with psycopg.connect(postgres.url(empty_database_name), autocommit=True) as owner:
        owner.execute(
            """
            select pg_terminate_backend(pid, 10000) from pg_locks where locktype = 'advisory'
              and database = (select oid from pg_database where datname = current_database())
            """
        )
    second.start()
    await second.works()
    with capture_logs() as logs:
        awake.set()
        await second.works()
        await asyncio.sleep(0.1)
    assert first.ticks == 1, "it went on after the tick in which it had slept"
    assert [line["failures"] for line in logs if "rests" in line["event"]] == [1]


async def test_a_new_leader_remembers_nothing_of_the_ticks_before(workers: list[Worker]) -> None:
    worker = workers[0]
    worker.fails = [psycopg.OperationalError("away")]
    worker.start()
    await worker.works(4)
    assert worker.began == 2


async def test_what_is_away_is_left_alone_ever_longer_and_the_rest_begins_anew_after_a_success(
    workers: list[Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = workers[0]
    asked: Counter[int] = Counter()

    def shortened(failures: int, every: timedelta) -> timedelta:
        asked[failures] += 1
        return timedelta(seconds=0.001)

    monkeypatch.setattr(leader, "rest_after", shortened)
    worker.fails = [ConnectionError("Temporal does not answer") for _ in range(5)]
    with capture_logs() as logs:
        worker.start()
        await worker.works(7)
        worker.fails = [LockLost("gone")]
        await worker.works(2)
    assert asked == {1: 2, 2: 1, 3: 1, 4: 1, 5: 1}
    assert [line["failures"] for line in logs if "rests" in line["event"]] == [1, 2, 3, 4, 5, 1]


def test_the_rest_doubles_up_to_its_cap_and_never_begins_above_the_loops_own_pace() -> None:
    second = timedelta(seconds=1)
    rests = [rest_after(failures, timedelta(seconds=10)) for failures in range(1, 8)]
    assert rests == [min(second * 2**number, LONGEST_REST) for number in range(7)]
    assert rest_after(10_000, timedelta(seconds=10)) == LONGEST_REST
    assert rest_after(1, EVERY) == EVERY


async def test_more_that_is_due_is_done_at_once(workers: list[Worker]) -> None:
    worker = workers[0]
    worker.more = True
    worker.start(every=timedelta(hours=1))
    await worker.works(20)


async def test_an_error_of_ours_ends_the_loop(workers: list[Worker]) -> None:
    worker = workers[0]
    worker.fails = [ZeroDivisionError("a mistake")]
    worker.start()
    assert worker.task is not None
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(worker.task, 10)
