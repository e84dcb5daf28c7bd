"""An item whose cut may be posted, with the real ledger and small platforms."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from temporalio.testing import ActivityEnvironment

from activities.ledger.port import NotResolvedYet
from activities.ledger.postgres_ledger import PostgresLedger
from activities.publish_video import Publishing
from activities.reviews.approvals import require_approval
from activities.reviews.arbiter import PostgresArbiter
from activities.storage.folder import FolderStorage
from activities.store.database import Database
from schema.content.publication import PostReceipt, PublishRequest
from schema.money import Book
from schema.purchases.operation import OperationState, Refusal
from schema.reviews.review import Word
from schema.reviews.subject import VIDEO
from tests.activities.ledger.scenery import open_item, plan, post_order
from tests.activities.reviews.reviewing import request_for
from tests.fakes import MemoryPlatform
from tests.timings import SHORT

CUT = b"the cut that was on show"
PLATFORMS = ("folder", "youtube")
PLACES = ("folder/feed:crafts", "youtube/feed:crafts")


@dataclass
class ShownItem:
    """An item with a cut that may be posted."""

    database: Database
    storage: FolderStorage
    request: PublishRequest
    platforms: dict[str, MemoryPlatform] = field(
        default_factory=lambda: {name: MemoryPlatform(name) for name in PLATFORMS}
    )

    @property
    def video(self) -> Path:
        return self.storage.local(self.request.subject.artifact(VIDEO).key)

    @property
    def posts(self) -> list[str]:
        return [post.operation_id for one in self.platforms.values() for post in one.posts]

    @property
    def ledger(self) -> PostgresLedger:
        return PostgresLedger(self.database, SHORT, may_post=require_approval)

    @property
    def publishing(self) -> Publishing:
        return Publishing(self.platforms, self.ledger, self.storage)

    async def say(self, kind: str) -> None:
        word = {"kind": kind, "item_id": self.request.item_id, "actor": "ada", "notes": "too dark"}
        assert (await PostgresArbiter(self.database).decide(Word.model_validate(word))).accepted

    async def post(self, **changed: object) -> PostReceipt:
        """Run the activity until the outcome is known, as Temporal would."""
        request = self.request.model_copy(update=changed)
        async with asyncio.timeout(20):
            while True:
                try:
                    return await ActivityEnvironment().run(self.publishing.publish_video, request)
                except NotResolvedYet as wait:
                    await asyncio.sleep(min(wait.seconds, 0.1))

    async def read(self, **changed: object) -> PostReceipt:
        request = self.request.model_copy(update=changed)
        return await ActivityEnvironment().run(self.publishing.read_post, request)

    async def reserve(self) -> None:
        """Reserve the post, as an attempt does before it begins to send."""
        order = post_order(plan(), "folder/feed:crafts")
        assert not isinstance(await self.ledger.reserve([order], None), Refusal)

    async def operations(self) -> list[tuple[str, OperationState]]:
        return [
            (one.operation_id.partition("/")[2], one.state)
            for one in await self.ledger.of_item(self.request.item_id)
        ]


async def on_show(database: Database, home: Path) -> ShownItem:
    """Open an item, and put a cut on show that nobody has decided on."""
    item = await open_item(database, plan())
    storage = FolderStorage(home)
    for name, content in {"final.mp4": CUT, "thumbnail.jpg": b"jpeg"}.items():
        made = storage.scratch(item.item_id) / name
        made.write_bytes(content)
        storage.promote(made, f"content/{item.item_id}/{name}")
    cut = request_for(item, sha256=hashlib.sha256(CUT).hexdigest()).model_copy(update={"places": PLACES})
    review = await PostgresArbiter(database).open_review(cut)
    request = PublishRequest(
        item_id=item.item_id,
        account_id=item.account_id,
        place="folder/feed:crafts",
        round=1,
        review_id=review.review_id,
        subject=review.subject,
        thumbnail_key=f"content/{item.item_id}/thumbnail.jpg",
        title="Blue",
        stand_in=True,
        book=Book.SIMULATED,
    )
    return ShownItem(database, storage, request)
