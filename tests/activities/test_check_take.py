"""A fetched clip becomes a take once decoded in full; a lost worker costs no second fetch."""

import asyncio
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from activities.check_take import Inspecting
from activities.ledger.crash_points import CrashPoints
from activities.runtime.heartbeat_thread import with_heartbeats
from activities.storage import file_keys
from activities.storage.folder import FolderStorage
from activities.store import item_rows
from activities.store.database import Database
from activities.store.postgres_store import PostgresStore
from schema.content.scene import FetchedClip, Submission, Take, TakeRequest
from schema.failure import Fault, Trouble
from tests.activities.ledger.scenery import open_item, plan
from tests.fakes import PAGE, InstantEditor

CLIP = b"a clip of a potter"


class Killed(BaseException):
    """What a worker dies of here."""


class Deadly(CrashPoints):
    """Lets the worker die at the point that lies between the file and its row."""

    def reach(self, name: str, slot: str = "///") -> None:
        assert name == "take.checked"
        raise Killed


@dataclass
class Fetched:
    """An item of which one clip was fetched."""

    item_id: str
    database: Database
    storage: FolderStorage
    content: bytes = CLIP
    editor: InstantEditor = field(default_factory=InstantEditor)

    @property
    def key(self) -> str:
        return file_keys.fetched(self.item_id, 1, 2)

    @property
    def take_key(self) -> str:
        return file_keys.take(self.item_id, 1, 2)

    async def check(self, points: CrashPoints | None = None) -> Take:
        submission = Submission(
            operation_id=f"{self.item_id}/1/scene/2/1",
            handle="job",
            vendor="fal",
            model="wan-2.5",
            item_id=self.item_id,
            account_id="crafts",
            round=1,
            scene=2,
            poll=timedelta(seconds=1),
        )
        sha256 = hashlib.sha256(self.content).hexdigest()
        clip = FetchedClip(key=self.key, sha256=sha256, stand_in=True)
        request = TakeRequest(submission=submission, charged_microusd=500_000, clip=clip)
        inspecting = Inspecting(
            PostgresStore(self.database), self.storage, self.editor, points or CrashPoints()
        )
        return await ActivityEnvironment().run(inspecting.check_take, request)

    async def fault(self) -> str:
        with pytest.raises(Trouble) as refused:
            await self.check()
        assert refused.value.fault is Fault.BAD_MEDIA
        return str(refused.value)

    async def takes(self) -> list[dict[str, object]]:
        async with self.database.transaction() as connection:
            return await item_rows.takes_of(connection, self.item_id)


@pytest.fixture
async def fetched(database: Database, tmp_path: Path) -> Fetched:
    item = await open_item(database, plan())
    made = Fetched(item.item_id, database, FolderStorage(tmp_path))
    made.storage.write_text(made.key, CLIP.decode())
    return made


async def test_a_clip_that_was_checked_has_its_key_and_its_row_and_a_lost_answer_changes_neither(
    fetched: Fetched,
) -> None:
    first = await fetched.check()
    assert (first.key, first.scene, first.stand_in) == (fetched.take_key, 2, True)
    assert (first.sha256, first.size_bytes) == (hashlib.sha256(CLIP).hexdigest(), len(CLIP))
    assert fetched.storage.local(first.key).read_bytes() == CLIP
    with pytest.raises(FileNotFoundError):
        fetched.storage.local(fetched.key)
    assert await fetched.check() == first
    assert len(await fetched.takes()) == 1


async def test_a_worker_lost_between_file_and_row_costs_no_second_fetch(fetched: Fetched) -> None:
    with pytest.raises(Killed):
        await fetched.check(Deadly())
    assert await fetched.takes() == []
    assert (await fetched.check()).key == fetched.take_key
    assert len(await fetched.takes()) == 1


async def test_what_is_no_video_is_no_take_and_is_fetched_again(fetched: Fetched) -> None:
    fetched.storage.write_text(fetched.key, PAGE.decode())
    assert "fal did not deliver scene 2" in await fetched.fault()
    with pytest.raises(FileNotFoundError):
        fetched.storage.local(fetched.take_key)
    assert await fetched.takes() == []


SPOILT: list[tuple[Callable[[Path], object], str]] = [
    (lambda path: path.unlink(), "there is no file"),
    (lambda path: path.write_bytes(b"another"), "not the one that was fetched"),
]


@pytest.mark.parametrize(("spoil", "said"), SPOILT)
async def test_what_is_gone_or_changed_is_fetched_again(
    fetched: Fetched, spoil: Callable[[Path], object], said: str
) -> None:
    spoil(fetched.storage.local(fetched.key))
    assert said in await fetched.fault()
    assert await fetched.takes() == []


async def test_work_in_a_thread_heartbeats_and_ends_once_its_activity_is_cancelled() -> None:
    environment, beats, ended = ActivityEnvironment(), 0, threading.Event()
    begun = asyncio.Event()

    def beat(*_: object) -> None:
        nonlocal beats
        beats += 1
        if beats == 3:
            begun.set()

    environment.on_heartbeat = beat

    def work(report: Callable[[], None]) -> None:
        try:
            while not ended.wait(0.01):
                report()
        except InterruptedError:
            ended.set()

    @activity.defn
    async def decoding() -> None:
        await with_heartbeats(work)

    running = asyncio.create_task(environment.run(decoding))
    await begun.wait()
    assert not ended.is_set()
    environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await asyncio.to_thread(ended.wait, 5)
