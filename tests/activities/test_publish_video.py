"""Posting: exactly the approved file, with all that was said of it, and what is said of the post after."""

import hashlib

import pytest

from activities.ledger.port import RequestChanged
from schema.failure import Fault, NoEffect, Trouble
from schema.operation import OperationState
from schema.publication import PostState, Receipt
from tests.activities.posting import CUT, Desk
from tests.activities.reviews.reviewing import CAPTION


async def test_what_goes_out_is_what_was_approved_with_all_that_was_said_of_it(desk: Desk) -> None:
    receipt = await desk.post()
    place = f"{desk.request.item_id}/1/publish/folder/feed:crafts/1"
    assert receipt == Receipt(
        platform="folder",
        state=PostState.LIVE,
        operation_id=place,
        post_id=f"post-of-{place}",
        uri=f"memory://folder/post-of-{place}",
    )
    (post,) = desk.platforms["folder"].posts
    assert (post.operation_id, post.item_id, post.account_id) == (place, desk.request.item_id, "crafts")
    assert (post.title, post.caption, post.stand_in) == ("Blue", CAPTION, True)
    assert (post.video.read_bytes(), post.thumbnail and post.thumbnail.read_bytes()) == (CUT, b"jpeg")
    assert post.sha256 == hashlib.sha256(CUT).hexdigest()
    assert post.metadata == {"review_id": desk.request.review_id, "round": "1"}
    async with desk.database.statements() as connection:
        row = await (await connection.execute("select * from post")).fetchone()
    assert row is not None
    assert (row["operation_id"], row["place"], row["uri"]) == (place, "folder/feed:crafts", receipt.uri)
    assert row["post_id"] == receipt.post_id
    assert (row["review_id"], row["content_sha256"]) == (
        desk.request.review_id,
        desk.request.subject.content_sha256,
    )


async def test_a_file_that_was_changed_after_its_approval_is_not_posted_nor_asked_again(desk: Desk) -> None:
    desk.video.write_bytes(CUT + b".")
    receipt = await desk.post()
    assert receipt.state is PostState.REFUSED
    assert "is not the file that was approved; make the item again" in receipt.reason
    assert desk.posts == []
    assert await desk.operations() == [("1/publish/folder/feed:crafts/1", OperationState.RELEASED)]
    desk.video.write_bytes(CUT)
    assert (await desk.post()).reason == receipt.reason
    assert desk.posts == []


@pytest.mark.parametrize("name", ["final.mp4", "thumbnail.jpg"])
async def test_a_file_that_is_gone_is_not_posted_and_says_so(desk: Desk, name: str) -> None:
    desk.storage.local(f"content/{desk.request.item_id}/{name}").unlink()
    receipt = await desk.post()
    assert (receipt.state, desk.posts) == (PostState.REFUSED, [])
    assert "there is no file" in receipt.reason
    assert receipt.reason.endswith("make the item again")


async def test_nothing_is_posted_without_a_yes(shown: Desk) -> None:
    with pytest.raises(Trouble) as refused:
        await shown.post()
    assert refused.value.fault is Fault.NOT_APPROVED
    assert shown.posts == []
    assert (await shown.read()).state is PostState.REFUSED


async def test_nothing_is_posted_but_what_the_yes_was_said_to(desk: Desk) -> None:
    with pytest.raises(Trouble) as refused:
        await desk.post(subject=desk.request.subject.with_text("Words that nobody has seen."))
    assert refused.value.fault is Fault.NOT_APPROVED
    with pytest.raises(RequestChanged):
        await desk.post(subject=desk.request.subject.with_text("Others."))
    assert desk.posts == []


async def test_a_platform_that_is_down_is_asked_again_and_one_that_refuses_is_not(desk: Desk) -> None:
    platform = desk.platforms["folder"]
    platform.before = NoEffect("503: busy", repeatable=True)
    with pytest.raises(Trouble, match="folder did not take the post: 503: busy") as down:
        await desk.post()
    assert down.value.fault is Fault.VENDOR_DOWN
    platform.before = NoEffect("the caption is too long", repeatable=False)
    refused = await desk.post()
    assert (refused.state, refused.reason) == (PostState.REFUSED, "the caption is too long")
    platform.before = None
    assert await desk.post() == refused
    assert (await desk.read()).state is PostState.REFUSED
    assert desk.posts == []


async def test_a_post_that_a_person_must_look_for_says_which(desk: Desk) -> None:
    place = f"{desk.request.item_id}/1/publish/folder/feed:crafts/1"
    await desk.reserve()
    async with desk.database.transaction() as connection:
        await connection.execute("update operation set state = 'parked', reason = 'seen twice'")
    for receipt in (await desk.post(), await desk.read()):
        assert (receipt.state, receipt.operation_id) == (PostState.PARKED, place)
        assert "seen twice" in receipt.reason
    assert desk.posts == []


@pytest.mark.parametrize("state", ["sending", "unknown"])
async def test_a_post_that_was_sent_and_not_resolved_is_read_as_a_question(desk: Desk, state: str) -> None:
    await desk.reserve()
    async with desk.database.transaction() as connection:
        await connection.execute(
            "update operation set state = %s, prepared_handle = 'handle', send_before = now()", [state]
        )
    receipt = await desk.read()
    assert (receipt.state, receipt.reason) == (
        PostState.PARKED,
        "it was sent, and its outcome is not known",
    )


async def test_each_place_has_a_post_of_its_own_and_is_read_by_itself(desk: Desk) -> None:
    assert (await desk.post()).state is PostState.LIVE
    nothing = await desk.read(place="youtube/feed:crafts")
    assert (nothing.state, nothing.reason) == (PostState.REFUSED, "it was not sent")
    await desk.post(place="youtube/feed:crafts")
    assert [name for name, one in desk.platforms.items() if len(one.posts) == 1] == ["folder", "youtube"]
    assert (await desk.read(place="youtube/feed:crafts")).uri == (
        f"memory://youtube/post-of-{desk.request.item_id}/1/publish/youtube/feed:crafts/1"
    )
