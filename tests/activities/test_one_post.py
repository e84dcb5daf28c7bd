"""A cut is posted once in one place, whatever answer is lost, account connected anew, or backup restored."""

import pytest
from temporalio.testing import ActivityEnvironment

from activities.ledger.port import NotResolvedYet
from activities.platforms.port import Post, Prepared
from schema.content.publication import PostReceipt, PostState
from schema.failure import Fault, Trouble
from tests.activities.ledger.scenery import LOST
from tests.activities.posting import ShownItem


async def test_a_post_told_again_is_one_post_and_has_the_same_receipt(approved: ShownItem) -> None:
    first = await approved.post()
    assert await approved.post() == await approved.read() == first
    assert len(approved.posts) == 1


async def test_a_post_whose_answer_was_lost_is_a_question_until_it_is_found(approved: ShownItem) -> None:
    approved.platforms["folder"].after = LOST
    with pytest.raises(NotResolvedYet):
        await ActivityEnvironment().run(approved.publishing.publish_video, approved.request)
    assert (await approved.read()).state is PostState.PARKED
    assert (await approved.post()).state is PostState.LIVE
    assert len(approved.posts) == 1


async def test_a_post_that_is_proven_not_to_be_there_is_asked_for_again(approved: ShownItem) -> None:
    approved.platforms["folder"].before = LOST
    with pytest.raises(Trouble, match="does not list it") as absent:
        await approved.post()
    assert absent.value.fault is Fault.VENDOR_DOWN
    approved.platforms["folder"].before = None
    posted = await approved.post()
    assert (posted.state, posted.operation_id[-2:]) == (PostState.LIVE, "/2")
    assert await approved.read() == posted
    assert len(approved.posts) == 1


async def test_a_second_round_is_not_posted_where_the_first_one_is(approved: ShownItem) -> None:
    await approved.post()
    with pytest.raises(Trouble, match="nothing is posted there a second time") as refused:
        await approved.post(round=2)
    assert refused.value.fault is Fault.FINISHED
    assert len(approved.posts) == 1


async def test_a_place_that_another_account_has_taken_since_the_review_is_not_posted_to(
    approved: ShownItem,
) -> None:
    """The account was connected anew while the approved post was on its way: whoever said yes meant the other one."""
    platform = approved.platforms["folder"]
    platform.unprepared = LOST
    with pytest.raises(ConnectionResetError):
        await approved.post()
    platform.unprepared = None
    platform.accounts["crafts"] = "17841400000000001"
    receipt = await approved.post()
    assert receipt.state is PostState.REFUSED
    assert "the approval is for folder/feed:crafts, and crafts is folder/feed:17841400000000001 now" in (
        receipt.reason
    )
    assert (platform.prepared, approved.posts) == ({}, [])


async def test_the_account_is_looked_at_again_right_before_the_post(approved: ShownItem) -> None:
    platform = approved.platforms["folder"]
    made = platform.prepare

    async def prepare(post: Post) -> Prepared:
        platform.accounts["crafts"] = "17841400000000001"
        return await made(post)

    platform.prepare = prepare
    assert (await approved.post()).state is PostState.REFUSED
    assert (len(platform.prepared), approved.posts) == (1, [])


@pytest.mark.parametrize("continues", [True, False])
@pytest.mark.parametrize("happened", [True, False])
async def test_a_lost_answer_leaves_one_post_on_the_first_handle_where_the_platform_continues(
    approved: ShownItem, happened: bool, continues: bool
) -> None:
    platform = approved.platforms["folder"]
    platform.continues = continues
    platform.before, platform.after = (None, LOST) if happened else (LOST, None)
    with pytest.raises(NotResolvedYet):
        await ActivityEnvironment().run(approved.publishing.publish_video, approved.request)
    platform.before = platform.after = None
    if happened or continues:
        assert (await approved.post()).operation_id.endswith("/1")
        assert len(platform.prepared) == 1
    else:
        with pytest.raises(Trouble, match="does not list it"):
            await approved.post()
        assert (await approved.post()).operation_id.endswith("/2")
    assert len(approved.posts) == 1


async def test_what_is_prepared_and_was_never_sent_is_read_as_not_posted(approved: ShownItem) -> None:
    await approved.reserve()
    async with approved.database.transaction() as connection:
        await connection.execute("update operation set state = 'prepared', prepared_handle = 'handle-1'")
    assert await approved.read() == PostReceipt(
        platform="folder",
        state=PostState.REFUSED,
        operation_id=f"{approved.request.item_id}/1/publish/folder/feed:crafts/1",
        reason="it was not sent",
    )


@pytest.mark.parametrize("seen", [0, 1])
async def test_after_a_restore_a_post_of_any_forerunner_is_a_question(approved: ShownItem, seen: int) -> None:
    """The backup knows nothing of it: nobody but the platform does."""
    forerunners = ("crafts-20261119-aaaaaa", "crafts-20261119-bbbbbb")
    platform = approved.platforms["folder"]
    await approved.post(place="youtube/feed:crafts")
    (post,) = approved.platforms["youtube"].posts
    platform.posts.append(post.model_copy(update={"item_id": forerunners[seen], "operation_id": "older"}))
    async with approved.database.transaction() as connection:
        await connection.execute(
            "insert into configuration (key, value) values ('restored_at', to_jsonb(clock_timestamp()))"
        )
    assert (await approved.post(forerunners=forerunners)).state is PostState.PARKED
    assert len(platform.posts) == 1


async def test_after_a_restore_what_no_platform_has_is_posted(approved: ShownItem) -> None:
    async with approved.database.transaction() as connection:
        await connection.execute(
            "insert into configuration (key, value) values ('restored_at', to_jsonb(clock_timestamp()))"
        )
    assert (await approved.post(forerunners=("crafts-20261119-aaaaaa",))).state is PostState.LIVE
    assert len(approved.posts) == 1
