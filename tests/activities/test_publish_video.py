"""Posting: exactly the approved file, once, with the real ledger and a small platform; and what is said of it after."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.ledger.desk import PostgresArbiter
from activities.ledger.port import NotResolvedYet, RequestChanged
from activities.ledger.postgres import PostgresLedger
from activities.publish_video import Publishing
from activities.storage.folder import FolderStorage
from activities.store.database import Database
from schema.failure import Fault, NoEffect, Trouble
from schema.money import Book
from schema.operation import OperationState, Refusal
from schema.publication import PostState, PublishRequest, Receipt
from schema.review import Word
from tests.activities.ledger.reviewing import CAPTION, request_for
from tests.activities.ledger.scenery import LOST, SHORT, open_item, post_order, snapshot
from tests.fakes import MemoryPlatform

CUT = b"the cut that was on show"
PLATFORMS = ("folder", "youtube")
PLACES = ("folder/feed:crafts", "youtube/feed:crafts")


@dataclass
class Desk:
    """An item with a cut that may be posted."""

    database: Database
    storage: FolderStorage
    request: PublishRequest
    platforms: dict[str, MemoryPlatform] = field(
        default_factory=lambda: {name: MemoryPlatform(name) for name in PLATFORMS}
    )

    @property
    def video(self) -> Path:
        return self.storage.local(self.request.video_key)

    @property
    def posts(self) -> list[str]:
        return [post.operation_id for one in self.platforms.values() for post in one.posts]

    @property
    def ledger(self) -> PostgresLedger:
        return PostgresLedger(self.database, SHORT)

    @property
    def publishing(self) -> Publishing:
        return Publishing(self.platforms, self.ledger, self.storage)

    async def say(self, kind: str) -> None:
        word = {"kind": kind, "item_id": self.request.item_id, "actor": "ada", "notes": "too dark"}
        assert (await PostgresArbiter(self.database).decide(Word.model_validate(word))).accepted

    async def post(self, **changed: object) -> Receipt:
        """Run the activity until the outcome is known, as Temporal would."""
        request = self.request.model_copy(update=changed)
        async with asyncio.timeout(20):
            while True:
                try:
                    return await ActivityEnvironment().run(self.publishing.publish_video, request)
                except NotResolvedYet as wait:
                    await asyncio.sleep(min(wait.seconds, 0.1))

    async def read(self, **changed: object) -> Receipt:
        request = self.request.model_copy(update=changed)
        return await ActivityEnvironment().run(self.publishing.read_post, request)

    async def reserve(self) -> None:
        """Reserve the post, as an attempt does before it begins to send."""
        order = post_order(snapshot(), "folder/feed:crafts")
        assert not isinstance(await self.ledger.reserve([order], None), Refusal)

    async def operations(self) -> list[tuple[str, OperationState]]:
        return [
            (one.operation_id.partition("/")[2], one.state)
            for one in await self.ledger.of_item(self.request.item_id)
        ]


@pytest.fixture
async def shown(database: Database, tmp_path: Path) -> Desk:
    """A cut that nobody has decided on."""
    item = await open_item(database, snapshot())
    storage = FolderStorage(tmp_path)
    for name, content in {"final.mp4": CUT, "thumbnail.jpg": b"jpeg"}.items():
        made = storage.scratch(item.item_id) / name
        made.write_bytes(content)
        storage.promote(made, f"content/{item.item_id}/{name}")
    changed = {"video_sha256": hashlib.sha256(CUT).hexdigest(), "places": PLACES}
    cut = request_for(item).model_copy(update=changed)
    review = await PostgresArbiter(database).open_review(cut)
    request = PublishRequest(
        item_id=item.item_id,
        account_id=item.account_id,
        place="folder/feed:crafts",
        round=1,
        review_id=review.review_id,
        content_sha256=review.content_sha256,
        video_key=review.video_key,
        video_sha256=review.video_sha256,
        thumbnail_key=f"content/{item.item_id}/thumbnail.jpg",
        title="Blue",
        caption=CAPTION,
        stand_in=True,
        book=Book.SIMULATED,
    )
    return Desk(database, storage, request)


@pytest.fixture
async def desk(shown: Desk) -> Desk:
    """A cut that Ada has approved."""
    await shown.say("approve")
    return shown


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
    assert (post.video.read_bytes(), post.thumbnail.read_bytes()) == (CUT, b"jpeg")
    assert post.sha256 == hashlib.sha256(CUT).hexdigest()
    assert post.metadata == {"review_id": desk.request.review_id, "round": "1"}
    async with desk.database.statements() as connection:
        row = await (await connection.execute("select * from post")).fetchone()
    assert row is not None
    assert (row["operation_id"], row["place"], row["uri"]) == (place, "folder/feed:crafts", receipt.uri)
    assert row["post_id"] == receipt.post_id
    assert (row["review_id"], row["content_sha256"]) == (
        desk.request.review_id,
        desk.request.content_sha256,
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


@pytest.mark.parametrize("key", ["video_key", "thumbnail_key"])
async def test_a_file_that_is_gone_is_not_posted_and_says_so(desk: Desk, key: str) -> None:
    desk.storage.local(getattr(desk.request, key)).unlink()
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
        await desk.post(content_sha256="b" * 64)
    assert refused.value.fault is Fault.NOT_APPROVED
    with pytest.raises(RequestChanged):
        await desk.post(content_sha256="c" * 64)
    assert desk.posts == []


async def test_a_post_told_again_is_one_post_and_has_the_same_receipt(desk: Desk) -> None:
    first = await desk.post()
    assert await desk.post() == await desk.read() == first
    assert len(desk.posts) == 1


async def test_a_post_whose_answer_was_lost_is_a_question_until_it_is_found(desk: Desk) -> None:
    desk.platforms["folder"].after = LOST
    with pytest.raises(NotResolvedYet):
        await ActivityEnvironment().run(desk.publishing.publish_video, desk.request)
    assert (await desk.read()).state is PostState.PARKED
    assert (await desk.post()).state is PostState.LIVE
    assert len(desk.posts) == 1


async def test_a_post_that_is_proven_not_to_be_there_is_asked_for_again(desk: Desk) -> None:
    desk.platforms["folder"].before = LOST
    with pytest.raises(Trouble, match="does not list it") as absent:
        await desk.post()
    assert absent.value.fault is Fault.VENDOR_DOWN
    desk.platforms["folder"].before = None
    posted = await desk.post()
    assert (posted.state, posted.operation_id[-2:]) == (PostState.LIVE, "/2")
    assert await desk.read() == posted
    assert len(desk.posts) == 1


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


async def test_a_second_round_is_not_posted_where_the_first_one_is(desk: Desk) -> None:
    await desk.post()
    with pytest.raises(Trouble, match="nothing is posted there a second time") as refused:
        await desk.post(round=2)
    assert refused.value.fault is Fault.FINISHED
    assert len(desk.posts) == 1


async def test_a_place_that_this_worker_does_not_know_is_named_with_those_it_does(desk: Desk) -> None:
    with pytest.raises(Trouble, match="cannot post to 'tiktok'; it can to folder, youtube") as unknown:
        await desk.post(place="tiktok/feed:crafts")
    assert unknown.value.fault is Fault.BAD_INPUT


@pytest.mark.parametrize("seen", [0, 1])
async def test_after_a_restore_a_post_of_any_forerunner_is_a_question(desk: Desk, seen: int) -> None:
    """The backup knows nothing of it: nobody but the platform does."""
    forerunners = ("crafts-20261119-aaaaaa", "crafts-20261119-bbbbbb")
    platform = desk.platforms["folder"]
    await desk.post(place="youtube/feed:crafts")
    (post,) = desk.platforms["youtube"].posts
    platform.posts.append(post.model_copy(update={"item_id": forerunners[seen], "operation_id": "older"}))
    async with desk.database.transaction() as connection:
        await connection.execute(
            "insert into configuration (key, value) values ('restored_at', to_jsonb(clock_timestamp()))"
        )
    assert (await desk.post(forerunners=forerunners)).state is PostState.PARKED
    assert len(platform.posts) == 1


async def test_after_a_restore_what_no_platform_has_is_posted(desk: Desk) -> None:
    async with desk.database.transaction() as connection:
        await connection.execute(
            "insert into configuration (key, value) values ('restored_at', to_jsonb(clock_timestamp()))"
        )
    assert (await desk.post(forerunners=("crafts-20261119-aaaaaa",))).state is PostState.LIVE
    assert len(desk.posts) == 1
