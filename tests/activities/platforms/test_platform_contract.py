"""What every platform must keep, and the fake that stands for one in stories. A new one joins in `PLATFORMS`."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from activities.platforms.folder import FolderPlatform
from activities.platforms.port import Platform, Post
from schema.failure import NoEffect
from tests.fakes import MemoryPlatform

PLATFORMS: dict[str, Callable[[Path], Platform]] = {
    "folder": lambda folder: FolderPlatform(folder / "outbox"),
    "memory": lambda _: MemoryPlatform(),
}
ITEM = "crafts-20261120-abcdef"


@pytest.fixture(params=sorted(PLATFORMS))
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Platform:
    return PLATFORMS[request.param](tmp_path)


@pytest.fixture
def post(tmp_path: Path) -> Post:
    video, thumbnail = tmp_path / "final.mp4", tmp_path / "thumbnail.jpg"
    video.write_bytes(b"video")
    thumbnail.write_bytes(b"jpeg")
    return Post(
        operation_id=f"{ITEM}/1/publish/folder:crafts/1",
        item_id=ITEM,
        account_id="crafts",
        video=video,
        sha256=hashlib.sha256(b"video").hexdigest(),
        thumbnail=thumbnail,
        caption="Turned by hand.",
        title="A bowl",
        stand_in=True,
        metadata={},
    )


async def test_a_post_is_found_by_its_marker_where_it_can_be_seen(platform: Platform, post: Post) -> None:
    live = await platform.post(post)
    assert live.post_id
    assert "://" in live.uri
    assert await platform.find(post.item_id, post.operation_id) == live


async def test_what_was_never_posted_is_not_found(platform: Platform, post: Post) -> None:
    assert await platform.find(post.item_id, post.operation_id) is None
    await platform.post(post)
    assert await platform.find(post.item_id, f"{post.operation_id[:-1]}2") is None


async def test_looking_changes_nothing(platform: Platform, post: Post) -> None:
    live = await platform.post(post)
    for _ in range(3):
        assert await platform.find(post.item_id, post.operation_id) == live


async def test_a_file_that_cannot_be_read_is_proof_that_nothing_was_posted(
    tmp_path: Path, post: Post
) -> None:
    platform = PLATFORMS["folder"](tmp_path)
    gone = post.model_copy(update={"video": tmp_path / "gone.mp4"})
    with pytest.raises(NoEffect) as proof:
        await platform.post(gone)
    assert proof.value.repeatable
    assert await platform.find(post.item_id, post.operation_id) is None
    assert (await platform.post(post)).post_id


async def test_an_item_is_posted_once_in_one_place(tmp_path: Path, post: Post) -> None:
    platform = PLATFORMS["folder"](tmp_path)
    await platform.post(post)
    second = post.model_copy(update={"operation_id": f"{ITEM}/2/publish/folder:crafts/1"})
    with pytest.raises(NoEffect) as proof:
        await platform.post(second)
    assert not proof.value.repeatable
    assert await platform.find(post.item_id, second.operation_id) is None
    assert len((tmp_path / "outbox" / "journal.jsonl").read_text().splitlines()) == 1


def test_a_platform_says_its_name(platform: Platform) -> None:
    assert platform.name
