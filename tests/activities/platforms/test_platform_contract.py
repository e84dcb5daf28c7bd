"""What every platform must keep, and the fake that stands for one in stories. A new one joins in `PLATFORMS`."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from activities.platforms.folder import FolderPlatform
from activities.platforms.platform_registry import PLATFORMS as REGISTERED
from activities.platforms.platform_registry import configured_platforms
from activities.platforms.port import Platform, Post, place_on, platform_named
from schema.failure import Fault, NoEffect, Trouble
from schema.settings import Settings
from tests.fakes import MemoryPlatform

PLATFORMS: dict[str, Callable[[Path], Platform]] = {
    "folder": lambda folder: FolderPlatform(folder / "outbox"),
    "memory": lambda _: MemoryPlatform(),
    "memory that continues": lambda _: MemoryPlatform(continues=True),
}
ITEM = "crafts-20261120-abcdef"


def test_every_platform_of_this_version_keeps_the_contract_under_the_name_it_is_registered_by(
    tmp_path: Path,
) -> None:
    built = configured_platforms(Settings(home=tmp_path))
    assert list(built) == list(REGISTERED) == [platform.name for platform in built.values()]
    assert set(built) <= set(PLATFORMS)


@pytest.fixture(params=sorted(PLATFORMS))
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Platform:
    return PLATFORMS[request.param](tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> FolderPlatform:
    return FolderPlatform(tmp_path / "outbox")


@pytest.fixture
def post(tmp_path: Path) -> Post:
    video, thumbnail = tmp_path / "final.mp4", tmp_path / "thumbnail.jpg"
    video.write_bytes(b"video")
    thumbnail.write_bytes(b"jpeg")
    return Post(
        operation_id=f"{ITEM}/1/publish/folder/outbox:crafts/1",
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


def other_attempt(post: Post) -> Post:
    return post.model_copy(update={"operation_id": f"{ITEM}/2/publish/folder/outbox:crafts/1"})


def journal(tmp_path: Path) -> list[dict[str, str]]:
    """What the outbox counted itself."""
    return [json.loads(line) for line in (tmp_path / "outbox" / "journal.jsonl").read_text().splitlines()]


async def test_a_post_is_found_by_its_handle_and_by_its_marker(platform: Platform, post: Post) -> None:
    handle = (await platform.prepare(post)).handle
    live = await platform.commit(post, handle)
    assert live.post_id
    assert live.post_id != post.operation_id, "the platform's own"
    assert "://" in live.uri
    for _ in range(2):
        assert (await platform.check(handle)).live == live
        assert (await platform.find(post.item_id, post.operation_id)).live == live
        assert (await platform.find(post.item_id)).live == live


async def test_what_was_only_prepared_is_no_post_however_often(platform: Platform, post: Post) -> None:
    handles = [(await platform.prepare(post)).handle for _ in range(3)]
    assert len(set(handles)) == 3
    for handle in handles:
        seen = await platform.check(handle)
        assert (seen.live, seen.seen) == (None, False)
    assert not (await platform.check(handles[-1])).authoritative, "the post can still come from it"
    found = await platform.find(post.item_id, post.operation_id)
    assert (found.live, found.seen, found.authoritative) == (None, False, True)


async def test_another_attempt_is_not_taken_for_this_one(platform: Platform, post: Post) -> None:
    await platform.commit(post, (await platform.prepare(post)).handle)
    other = other_attempt(post)
    handle = (await platform.prepare(other)).handle
    assert (await platform.check(handle)).live is None
    assert (await platform.find(other.item_id, other.operation_id)).live is None
    assert (await platform.find("crafts-20261120-another")).live is None


@pytest.mark.parametrize("platform", ["folder", "memory that continues"], indirect=True)
async def test_a_handle_that_is_committed_again_makes_no_second_post(platform: Platform, post: Post) -> None:
    assert platform.continues
    handle = (await platform.prepare(post)).handle
    live = await platform.commit(post, handle)
    assert await platform.commit(post, handle) == live
    assert (await platform.find(post.item_id)).live == live


async def test_a_place_names_platform_surface_and_the_platforms_own_account(platform: Platform) -> None:
    own = await platform.own_account("crafts")
    assert await place_on(platform, "crafts") == f"{platform.name}/{platform.surface}:{own}"
    for part in (platform.name, platform.surface):
        assert part
        assert not set(part) & set("/:")


def test_a_platform_that_this_worker_does_not_know_is_named_with_those_it_does(platform: Platform) -> None:
    known = {platform.name: platform, "youtube": platform}
    assert platform_named("youtube", known) is platform
    with pytest.raises(
        Trouble, match=f"cannot post to 'tiktok'; it can to {platform.name}, youtube"
    ) as unknown:
        platform_named("tiktok", known)
    assert unknown.value.fault is Fault.BAD_INPUT


async def test_a_file_that_cannot_be_read_is_prepared_later(
    folder: FolderPlatform, tmp_path: Path, post: Post
) -> None:
    with pytest.raises(NoEffect) as proof:
        await folder.prepare(post.model_copy(update={"video": tmp_path / "gone.mp4"}))
    assert proof.value.repeatable
    assert list((tmp_path / "outbox").iterdir()) == []
    assert (await folder.commit(post, (await folder.prepare(post)).handle)).post_id


async def test_what_a_crash_left_of_an_earlier_try_does_not_pile_up(
    folder: FolderPlatform, tmp_path: Path, post: Post
) -> None:
    handles = [(await folder.prepare(post)).handle for _ in range(3)]
    other = post.model_copy(update={"item_id": f"{ITEM}x"})
    handles.append((await folder.prepare(other)).handle)
    assert {left.name for left in (tmp_path / "outbox").iterdir()} == set(handles[2:])
    assert (await folder.check(handles[0])).authoritative


async def test_an_item_is_posted_once_in_one_outbox(
    folder: FolderPlatform, tmp_path: Path, post: Post
) -> None:
    first = await folder.commit(post, (await folder.prepare(post)).handle)
    second = other_attempt(post)
    handle = (await folder.prepare(second)).handle
    assert (await folder.check(handle)).authoritative, "it can bring forth no post any more"
    with pytest.raises(NoEffect, match="already there") as proof:
        await folder.commit(second, handle)
    assert not proof.value.repeatable
    assert (await folder.find(post.item_id)).live == first
    assert [line["operation_id"] for line in journal(tmp_path)] == [post.operation_id]
    assert not any(".part" in left.name for left in (tmp_path / "outbox").iterdir())


async def test_a_handle_whose_files_have_gone_is_proven_to_have_made_no_post(
    folder: FolderPlatform, tmp_path: Path, post: Post
) -> None:
    handle = (await folder.prepare(post)).handle
    (tmp_path / "outbox" / handle).rename(tmp_path / "elsewhere")
    assert (await folder.check(handle)).authoritative
    with pytest.raises(NoEffect, match="has gone") as proof:
        await folder.commit(post, handle)
    assert proof.value.repeatable


async def test_a_post_whose_line_was_lost_in_a_crash_is_counted_when_it_is_looked_for(
    folder: FolderPlatform, tmp_path: Path, post: Post
) -> None:
    handle = (await folder.prepare(post)).handle
    (tmp_path / "outbox" / handle).rename(tmp_path / "outbox" / ITEM)
    live = (await folder.check(handle)).live
    assert live
    for _ in range(2):
        assert await folder.commit(post, handle) == live
    assert [line["operation_id"] for line in journal(tmp_path)] == [post.operation_id]
    assert json.loads((tmp_path / "outbox" / ITEM / "post.json").read_text())["post_id"] == live.post_id
