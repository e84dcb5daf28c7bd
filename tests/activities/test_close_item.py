"""What was published gets its final names: exactly the approved bytes, in whole steps that may be repeated."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.close_item import Closing
from activities.ledger.crash_points import CrashPoints
from activities.reviews.arbiter import PostgresArbiter
from activities.reviews.closing import PostgresCloser
from activities.storage import file_keys
from activities.storage.folder import FolderStorage
from activities.store import item_rows
from activities.store.database import Database
from activities.store.postgres_store import PostgresStore
from schema.content.publication import PostReceipt, PostState
from schema.items.item import Ending, ItemResult, ItemState
from schema.reviews.review import ReviewRequest, Word
from schema.reviews.subject import video_subject
from tests.activities.ledger.scenery import open_item, plan

CUTS = {1: b"the cut of the first round", 2: b"the cut that was approved"}
POSTED = (PostReceipt(platform="folder", state=PostState.LIVE, uri="file:///there"),)


class Killed(BaseException):
    """What a worker dies of here."""


@dataclass
class Item:
    """An item whose second round a person approved."""

    item_id: str
    database: Database
    storage: FolderStorage

    @property
    def cut_key(self) -> str:
        return file_keys.cut(self.item_id, 2, hashlib.sha256(CUTS[2]).hexdigest())

    @property
    def final_keys(self) -> tuple[str, ...]:
        final = (file_keys.final_video, file_keys.final_thumbnail, file_keys.final_metadata)
        return tuple(name(self.item_id) for name in final)

    async def close(
        self, state: ItemState = ItemState.PUBLISHED, points: CrashPoints | None = None
    ) -> ItemResult:
        closing = Closing(
            PostgresCloser(self.database),
            PostgresStore(self.database),
            self.storage,
            points or CrashPoints(),
        )
        return await ActivityEnvironment().run(
            closing.close_item, Ending(item_id=self.item_id, state=state, posts=POSTED)
        )

    async def row(self) -> item_rows.ItemRow:
        async with self.database.transaction() as connection:
            return await item_rows.get(connection, self.item_id)


@pytest.fixture
async def item(database: Database, tmp_path: Path) -> Item:
    opened = await open_item(database, plan())
    storage, arbiter = FolderStorage(tmp_path), PostgresArbiter(database)
    for round_number, content in CUTS.items():
        sha256 = hashlib.sha256(content).hexdigest()
        key = file_keys.cut(opened.item_id, round_number, sha256)
        told = {
            "title": "Blue",
            "cut": {"renditions": [{"role": "master", "key": key}], "round": round_number},
        }
        storage.write_text(file_keys.metadata_of(key), json.dumps(told))
        storage.write_text(file_keys.thumbnail_of(key), f"jpeg {round_number}")
        storage.write_text(key, content.decode())
        request = ReviewRequest(
            item_id=opened.item_id,
            account_id=opened.account_id,
            round=round_number,
            subject=video_subject(key, sha256, "Blue takes its time."),
            waits=timedelta(hours=1),
        )
        await arbiter.open_review(request)
        word = {"item_id": opened.item_id, "actor": "ada", "notes": "warmer"}
        kind = "revise" if round_number == 1 else "approve"
        assert (await arbiter.decide(Word.model_validate(word | {"kind": kind}))).accepted
    return Item(opened.item_id, database, storage)


def check_final(item: Item) -> None:
    video, thumbnail, metadata = item.final_keys
    assert item.storage.local(video).read_bytes() == CUTS[2]
    assert item.storage.read_text(thumbnail) == "jpeg 2"
    told = json.loads(item.storage.read_text(metadata))
    assert told["cut"] == {
        "renditions": [{"role": "master", "key": video}],
        "thumbnail_key": thumbnail,
        "round": 2,
    }
    assert (told["title"], told["posts"][0]["uri"]) == ("Blue", "file:///there")


@pytest.mark.parametrize("state", [ItemState.PUBLISHED, ItemState.PARTLY_PUBLISHED])
async def test_what_was_published_gets_its_final_names_and_every_cut_stays(
    item: Item, state: ItemState
) -> None:
    await item.close(state)
    result = await item.close(state)  # a lost worker repeats it
    assert result.video_key == item.final_keys[0] == (await item.row()).video_key
    check_final(item)
    assert json.loads(item.storage.read_text(item.final_keys[2]))["state"] == state
    for round_number, content in CUTS.items():
        key = file_keys.cut(item.item_id, round_number, hashlib.sha256(content).hexdigest())
        assert item.storage.local(key).read_bytes() == content


@pytest.mark.parametrize("state", [ItemState.FAILED, ItemState.PARKED, ItemState.STOPPED])
async def test_what_was_not_published_has_no_final_video(item: Item, state: ItemState) -> None:
    assert (await item.close(state)).video_key == item.cut_key
    video, thumbnail, metadata = item.final_keys
    assert not Path(item.storage.location(video)).exists()
    assert not Path(item.storage.location(thumbnail)).exists()
    told = json.loads(item.storage.read_text(metadata))
    assert (told["state"], told["cut"]["renditions"][0]["key"]) == (state, item.cut_key)


def dies_writing(monkeypatch: pytest.MonkeyPatch, method: str, times: int) -> None:
    """Let the worker die before this call of storage; the first is 1."""
    left = [times]
    real: Callable[..., None] = getattr(FolderStorage, method)

    def die(*given: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        real(*given)

    monkeypatch.setattr(FolderStorage, method, die)


@pytest.mark.parametrize(("method", "times"), [("write_text", 1), ("copy", 1), ("copy", 2)])
async def test_a_worker_that_dies_on_the_way_leaves_nothing_half_made(
    item: Item, monkeypatch: pytest.MonkeyPatch, method: str, times: int
) -> None:
    with monkeypatch.context() as patch:
        dies_writing(patch, method, times)
        with pytest.raises(Killed):
            await item.close()
    row = await item.row()
    assert (row.state, row.video_key) == (ItemState.PUBLISHED, item.cut_key)
    assert Path(item.storage.location(item.cut_key)).exists()
    assert not Path(item.storage.location(item.final_keys[0])).exists()
    assert (await item.close()).video_key == item.final_keys[0]
    check_final(item)


async def test_a_worker_that_dies_before_the_row_names_the_final_video_leaves_what_the_row_names(
    item: Item,
) -> None:
    class Points(CrashPoints):
        def reach(self, name: str, slot: str = "///") -> None:
            assert name == "final.named"
            raise Killed

    with pytest.raises(Killed):
        await item.close(points=Points())
    check_final(item)
    assert (await item.row()).video_key == item.cut_key
    assert (await item.close()).video_key == item.final_keys[0] == (await item.row()).video_key


SPOILT: list[Callable[[Path], object]] = [
    lambda path: path.unlink(),
    lambda path: path.write_bytes(b"another"),
]


@pytest.mark.parametrize("spoil", SPOILT)
async def test_only_the_approved_bytes_get_the_final_name(
    item: Item, spoil: Callable[[Path], object]
) -> None:
    """The post is out: the item ends all the same."""
    spoil(item.storage.local(item.cut_key))
    assert (await item.close()).video_key == item.cut_key
    assert not Path(item.storage.location(item.final_keys[0])).exists()
    assert json.loads(item.storage.read_text(item.final_keys[2]))["state"] == ItemState.PUBLISHED
