"""Posting: exactly the approved file, with all that was said of it, and what is said of the post after."""

import hashlib

import pytest

from activities.ledger.port import RequestChanged
from schema.content.publication import PostReceipt, PostState
from schema.failure import Fault, NoEffect, Trouble
from schema.purchases.operation import OperationState
from tests.activities.posting import CUT, ShownItem
from tests.activities.reviews.reviewing import CAPTION


async def test_what_goes_out_is_what_was_approved_with_all_that_was_said_of_it(approved: ShownItem) -> None:
    receipt = await approved.post()
    place = f"{approved.request.item_id}/1/publish/folder/feed:crafts/1"
    assert receipt == PostReceipt(
        platform="folder",
        state=PostState.LIVE,
        operation_id=place,
        post_id=f"post-of-{place}",
        uri=f"memory://folder/post-of-{place}",
    )
    (post,) = approved.platforms["folder"].posts
    assert (post.operation_id, post.item_id, post.account_id) == (place, approved.request.item_id, "crafts")
    assert (post.title, post.caption, post.stand_in) == ("Blue", CAPTION, True)
    assert (post.video.read_bytes(), post.thumbnail and post.thumbnail.read_bytes()) == (CUT, b"jpeg")
    assert post.sha256 == hashlib.sha256(CUT).hexdigest()
    assert post.metadata == {"review_id": approved.request.review_id, "round": "1"}
    async with approved.database.statements() as connection:
        row = await (await connection.execute("select * from post")).fetchone()
    assert row is not None
    assert (row["operation_id"], row["place"], row["uri"]) == (place, "folder/feed:crafts", receipt.uri)
    assert row["post_id"] == receipt.post_id
    assert (row["review_id"], row["content_sha256"]) == (
        approved.request.review_id,
        approved.request.subject.content_sha256,
    )


async def test_a_file_that_was_changed_after_its_approval_is_not_posted_nor_asked_again(
    approved: ShownItem,
) -> None:
    approved.video.write_bytes(CUT + b".")
    receipt = await approved.post()
    assert receipt.state is PostState.REFUSED
    assert "is not the file that was approved; make the item again" in receipt.reason
    assert approved.posts == []
    assert await approved.operations() == [("1/publish/folder/feed:crafts/1", OperationState.RELEASED)]
    approved.video.write_bytes(CUT)
    assert (await approved.post()).reason == receipt.reason
    assert approved.posts == []


@pytest.mark.parametrize("name", ["final.mp4", "thumbnail.jpg"])
async def test_a_file_that_is_gone_is_not_posted_and_says_so(approved: ShownItem, name: str) -> None:
    approved.storage.local(f"content/{approved.request.item_id}/{name}").unlink()
    receipt = await approved.post()
    assert (receipt.state, approved.posts) == (PostState.REFUSED, [])
    assert "there is no file" in receipt.reason
    assert receipt.reason.endswith("make the item again")


async def test_nothing_is_posted_without_a_yes(shown: ShownItem) -> None:
    with pytest.raises(Trouble) as refused:
        await shown.post()
    assert refused.value.fault is Fault.NOT_APPROVED
    assert shown.posts == []
    assert (await shown.read()).state is PostState.REFUSED


async def test_nothing_is_posted_but_what_the_yes_was_said_to(approved: ShownItem) -> None:
    with pytest.raises(Trouble) as refused:
        await approved.post(subject=approved.request.subject.with_text("Words that nobody has seen."))
    assert refused.value.fault is Fault.NOT_APPROVED
    with pytest.raises(RequestChanged):
        await approved.post(subject=approved.request.subject.with_text("Others."))
    assert approved.posts == []


async def test_a_platform_that_is_down_is_asked_again_and_one_that_refuses_is_not(
    approved: ShownItem,
) -> None:
    platform = approved.platforms["folder"]
    platform.before = NoEffect("503: busy", repeatable=True)
    with pytest.raises(Trouble, match="folder did not take the post: 503: busy") as down:
        await approved.post()
    assert down.value.fault is Fault.VENDOR_DOWN
    platform.before = NoEffect("the caption is too long", repeatable=False)
    refused = await approved.post()
    assert (refused.state, refused.reason) == (PostState.REFUSED, "the caption is too long")
    platform.before = None
    assert await approved.post() == refused
    assert (await approved.read()).state is PostState.REFUSED
    assert approved.posts == []


async def test_a_post_that_a_person_must_look_for_says_which(approved: ShownItem) -> None:
    place = f"{approved.request.item_id}/1/publish/folder/feed:crafts/1"
    await approved.reserve()
    async with approved.database.transaction() as connection:
        await connection.execute("update operation set state = 'parked', reason = 'seen twice'")
    for receipt in (await approved.post(), await approved.read()):
        assert (receipt.state, receipt.operation_id) == (PostState.PARKED, place)
        assert "seen twice" in receipt.reason
    assert approved.posts == []


@pytest.mark.parametrize("state", ["sending", "unknown"])
async def test_a_post_that_was_sent_and_not_resolved_is_read_as_a_question(
    approved: ShownItem, state: str
) -> None:
    await approved.reserve()
    async with approved.database.transaction() as connection:
        await connection.execute(
            "update operation set state = %s, prepared_handle = 'handle', send_before = now()", [state]
        )
    receipt = await approved.read()
    assert (receipt.state, receipt.reason) == (
        PostState.PARKED,
        "it was sent, and its outcome is not known",
    )


async def test_each_place_has_a_post_of_its_own_and_is_read_by_itself(approved: ShownItem) -> None:
    assert (await approved.post()).state is PostState.LIVE
    nothing = await approved.read(place="youtube/feed:crafts")
    assert (nothing.state, nothing.reason) == (PostState.REFUSED, "it was not sent")
    await approved.post(place="youtube/feed:crafts")
    assert [name for name, one in approved.platforms.items() if len(one.posts) == 1] == ["folder", "youtube"]
    assert (await approved.read(place="youtube/feed:crafts")).uri == (
        f"memory://youtube/post-of-{approved.request.item_id}/1/publish/youtube/feed:crafts/1"
    )
