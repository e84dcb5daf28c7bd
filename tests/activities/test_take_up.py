"""What was made for an ended item comes to its successor: same bytes, the successor's name."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.storage import file_keys
from activities.storage.folder import FolderStorage
from activities.take_up import TakingUp
from schema.content.idea import Idea
from schema.failure import Fault, Trouble
from schema.items.cut import Cut, Rendition, TakenCut, TakeUpRequest
from schema.items.plan import TakenUp

BEFORE, AFTER = "crafts-20261119-before", "crafts-20261120-afters"
CUT = b"the cut that was on show"
SHA256 = hashlib.sha256(CUT).hexdigest()
CUT_KEY = file_keys.cut(BEFORE, 2, SHA256)
MADE = Cut(
    renditions=(Rendition(key=CUT_KEY, sha256=SHA256, size_bytes=len(CUT), width_px=720, height_px=1280),),
    duration=timedelta(seconds=15),
    loudness_lufs=-14.0,
    true_peak_dbtp=-2.0,
    copied_picture=True,
    round=2,
    thumbnail_key=file_keys.thumbnail_of(CUT_KEY),
)
IDEA = Idea(
    title="Blue",
    concept="A potter throws a bowl and glazes it blue.",
    caption="Blue takes its time.",
    cultural_context="A workshop in Delft.",
    environment="Morning light.",
    sound_concept="Wet clay.",
    beats=("Hands on clay.",),
    seed=7,
)
FILES = {
    CUT_KEY: CUT,
    file_keys.thumbnail_of(CUT_KEY): b"jpeg",
    file_keys.metadata_of(CUT_KEY): json.dumps(
        {"item_id": BEFORE, "scenes": [1, 2], "cut": MADE.model_dump(mode="json")}
    ).encode(),
    file_keys.idea(BEFORE): IDEA.model_dump_json().encode(),
}


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    """The files of the ended item."""
    for key, content in FILES.items():
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_bytes(content)
    return FolderStorage(tmp_path)


async def taken(storage: FolderStorage) -> TakenCut:
    taken_up = TakenUp(
        item_id=BEFORE,
        forerunner_id=BEFORE,
        line=(BEFORE,),
        title="Blue",
        caption="Blue takes its time.",
        video_key=CUT_KEY,
        video_sha256=SHA256,
    )
    return await ActivityEnvironment().run(
        TakingUp(storage).take_up_cut, TakeUpRequest(item_id=AFTER, taken_up=taken_up)
    )


async def refusal(storage: FolderStorage) -> str:
    with pytest.raises(Trouble) as refused:
        await taken(storage)
    assert refused.value.fault is Fault.BAD_MEDIA
    return str(refused.value)


async def test_cut_thumbnail_and_idea_are_brought_and_are_the_items_own_then(storage: FolderStorage) -> None:
    await taken(storage)
    made = await taken(storage)  # a lost worker repeats it
    assert (made.cut.master.key, made.cut.thumbnail_key) == (
        file_keys.cut(AFTER, 1, SHA256),
        file_keys.thumbnail_of(file_keys.cut(AFTER, 1, SHA256)),
    )
    assert (made.cut.round, made.cut.master.sha256) == (1, SHA256)
    assert made.idea == IDEA
    assert storage.local(made.cut.master.key).read_bytes() == CUT
    assert storage.local(made.cut.thumbnail_key).read_bytes() == b"jpeg"
    assert storage.read_text(file_keys.idea(AFTER)) == FILES[file_keys.idea(BEFORE)].decode()
    metadata = json.loads(storage.read_text(file_keys.metadata_of(made.cut.master.key)))
    assert (metadata["item_id"], metadata["taken_up"], metadata["scenes"]) == (AFTER, BEFORE, [1, 2])
    assert metadata["cut"]["renditions"][0]["key"] == made.cut.master.key
    assert storage.local(CUT_KEY).read_bytes() == CUT


async def test_a_video_that_is_not_the_one_on_show_is_not_taken_over(storage: FolderStorage) -> None:
    storage.local(CUT_KEY).write_bytes(CUT + b".")
    assert await refusal(storage) == (
        f"{BEFORE} cannot be taken up again: its video is not the one that was on show; make a new item instead"
    )
    with pytest.raises(FileNotFoundError):
        storage.local(file_keys.cut(AFTER, 1, SHA256))


@pytest.mark.parametrize("key", [key for key in FILES if key != file_keys.idea(BEFORE)])
async def test_files_that_are_gone_are_named(storage: FolderStorage, key: str) -> None:
    storage.local(key).unlink()
    assert f"there is no file {key!r}" in await refusal(storage)


async def test_a_record_that_cannot_be_read_is_no_bug(storage: FolderStorage) -> None:
    storage.local(file_keys.metadata_of(CUT_KEY)).write_text("{")
    assert "its files are not there any more" in await refusal(storage)


async def test_an_item_of_own_footage_has_no_idea(storage: FolderStorage) -> None:
    storage.local(file_keys.idea(BEFORE)).unlink()
    assert (await taken(storage)).idea is None
