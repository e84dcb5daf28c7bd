"""What was made for an ended item comes to the one that takes it up again: the same bytes, under its own name."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.storage.folder import FolderStorage
from activities.take_up import TakingUp
from schema.cut import Cut, TakenCut, TakeUpRequest
from schema.failure import Fault, Trouble
from schema.idea import Idea
from schema.plan import TakenUp

BEFORE, AFTER = "crafts-20261119-before", "crafts-20261120-afters"
CUT = b"the cut that was on show"
SHA256 = hashlib.sha256(CUT).hexdigest()
MADE = Cut(
    key=f"content/{BEFORE}/r2-cut.mp4",
    sha256=SHA256,
    size_bytes=len(CUT),
    duration=timedelta(seconds=15),
    width_px=720,
    height_px=1280,
    loudness_lufs=-14.0,
    true_peak_dbtp=-2.0,
    copied_picture=True,
    round=2,
    thumbnail_key=f"content/{BEFORE}/thumbnail.jpg",
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
    "r2-cut.mp4": CUT,
    "thumbnail.jpg": b"jpeg",
    "metadata.json": json.dumps(
        {"item_id": BEFORE, "scenes": [1, 2], "cut": MADE.model_dump(mode="json")}
    ).encode(),
    "idea.json": IDEA.model_dump_json().encode(),
}


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    """The files of the ended item."""
    folder = tmp_path / "content" / BEFORE
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return FolderStorage(tmp_path)


async def taken(storage: FolderStorage) -> TakenCut:
    taken_up = TakenUp(
        item_id=BEFORE,
        forerunner_id=BEFORE,
        line=(BEFORE,),
        title="Blue",
        caption="Blue takes its time.",
        video_key=f"content/{BEFORE}/r2-cut.mp4",
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
    for _ in range(2):  # a lost worker repeats it
        made = await taken(storage)
    assert (made.cut.key, made.cut.thumbnail_key) == (
        f"content/{AFTER}/final.mp4",
        f"content/{AFTER}/thumbnail.jpg",
    )
    assert (made.cut.round, made.cut.sha256) == (1, SHA256)
    assert made.idea == IDEA
    assert storage.local(made.cut.key).read_bytes() == CUT
    assert storage.local(made.cut.thumbnail_key).read_bytes() == b"jpeg"
    assert storage.read_text(f"content/{AFTER}/idea.json") == FILES["idea.json"].decode()
    metadata = json.loads(storage.read_text(f"content/{AFTER}/metadata.json"))
    assert (metadata["item_id"], metadata["taken_up"], metadata["scenes"]) == (AFTER, BEFORE, [1, 2])
    assert metadata["cut"]["key"] == made.cut.key
    assert storage.local(f"content/{BEFORE}/r2-cut.mp4").read_bytes() == CUT


async def test_a_video_that_is_not_the_one_on_show_is_not_taken_over(storage: FolderStorage) -> None:
    storage.local(f"content/{BEFORE}/r2-cut.mp4").write_bytes(CUT + b".")
    assert await refusal(storage) == (
        f"{BEFORE} cannot be taken up again: its video is not the one that was on show; make a new item instead"
    )


@pytest.mark.parametrize("name", ["r2-cut.mp4", "thumbnail.jpg", "metadata.json"])
async def test_files_that_are_gone_are_named(storage: FolderStorage, name: str) -> None:
    storage.local(f"content/{BEFORE}/{name}").unlink()
    assert f"there is no file 'content/{BEFORE}/{name}'" in await refusal(storage)


async def test_a_record_that_cannot_be_read_is_no_bug(storage: FolderStorage) -> None:
    storage.local(f"content/{BEFORE}/metadata.json").write_text("{")
    assert "its files are not there any more" in await refusal(storage)


async def test_an_item_of_own_footage_has_no_idea(storage: FolderStorage) -> None:
    storage.local(f"content/{BEFORE}/idea.json").unlink()
    assert (await taken(storage)).idea is None
