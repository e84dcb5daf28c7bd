"""One small stand-in per port: it behaves, remembers, and fails on request. For workflow tests and benchmarks only;
adapters, money and posts are judged against processes with journals."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from activities.media.port import Checking, ClipFacts, Composed, Composition
from activities.outbound.errors import Unexpected
from activities.platforms.port import Live, Post, PostSighting, Prepared
from activities.studios.port import Job, JobState
from activities.studios.port import JobSighting as SeenJob
from schema.content.scene import SceneOrder
from schema.content.still import StillOrder
from schema.failure import Fault, NoEffect, Trouble
from schema.money import Book

FACTS = ClipFacts(
    duration=timedelta(seconds=5),
    width_px=720,
    height_px=1280,
    frame_rate=24,
    video_codec="h264",
    audio_codec="aac",
    has_sound=True,
)


PAGE = b"<html>502 Bad Gateway</html>"


class InstantStudio:
    """A studio that has made everything already."""

    name = "offline-studio"
    book = Book.SIMULATED

    def __init__(self, price_microusd: int = 500_000) -> None:
        self.orders: list[SceneOrder] = []
        self.price_microusd = price_microusd
        self.refuses: Exception | None = None
        self.refuses_scenes: dict[int, Exception] = {}
        self.never_finishes = False
        self.loses_answers = False
        """Takes an order, and nobody hears of it."""
        self.lists = True
        """False: its listing cannot be read."""
        self.fails_first = 0
        """So many jobs fail and charge nothing."""
        self.pages_first = 0
        """So many times a page comes instead of a clip."""
        self.down_first = 0
        """So many times its media cannot be reached."""
        self.gone = False
        """Its media are said to be gone."""
        self.cancelled: set[str] = set()
        self.readings = 0
        self.is_away = False
        """Cannot be asked how a job stands."""

    async def upload(self, image: Path) -> str:
        return image.as_uri()

    async def submit(self, order: SceneOrder | StillOrder, start_image: str | None = None) -> str:
        if isinstance(order, StillOrder):
            raise NoEffect(f"{self.name} makes no stills", repeatable=False)
        if refused := self.refuses_scenes.get(order.prompt.scene, self.refuses):
            raise refused
        self.orders.append(order)
        if self.loses_answers:
            raise ConnectionResetError("connection reset by peer")
        return str(len(self.orders))

    async def read_job(self, handle: str) -> Job:
        self.readings += 1
        if self.is_away:
            raise ConnectionRefusedError("nobody there")
        if handle in self.cancelled or int(handle) <= self.fails_first:
            return Job(handle=handle, state=JobState.FAILED, reason="the kiln went out", charged_microusd=0)
        if self.never_finishes:
            return Job(handle=handle, state=JobState.RUNNING)
        return Job(handle=handle, state=JobState.DONE, charged_microusd=self.price_microusd)

    async def find(
        self, order: SceneOrder | StillOrder, *, forgotten: Sequence[str] = (), since: datetime | None = None
    ) -> SeenJob:
        if not self.lists:
            raise ConnectionRefusedError("nobody lists")
        meant = {order.operation_id, *forgotten}
        found = [number for number, one in enumerate(self.orders, 1) if one.operation_id in meant]
        alone = len(found) == 1 and self.orders[found[0] - 1].operation_id == order.operation_id
        return SeenJob(seen=bool(found), handle=str(found[0]) if alone else None, authoritative=True)

    async def cancel(self, handle: str) -> None:
        self.cancelled.add(handle)

    async def fetch(self, handle: str, to: Path) -> None:
        if self.gone:
            raise Unexpected("HTTP 404 instead of a clip", 404)
        if self.down_first:
            self.down_first -= 1
            raise ConnectionRefusedError("nobody there")
        if self.pages_first:
            self.pages_first -= 1
            to.write_bytes(PAGE)
        else:
            to.write_bytes(self.orders[int(handle) - 1].operation_id.encode())


class InstantEditor:
    """An editor that joins names instead of pictures."""

    def __init__(self) -> None:
        self.compositions: list[Composition] = []
        self.fails: Exception | None = None

    def inspect(
        self, clip: Path, name: str | None = None, on_progress: Callable[[], None] = lambda: None
    ) -> ClipFacts:
        on_progress()
        if clip.read_bytes() == PAGE:
            raise Trouble(Fault.BAD_FOOTAGE, f"{name or clip.name!r} is a text document, not a video")
        return FACTS

    def check(
        self,
        composition: Composition,
        on_progress: Callable[[Checking], None] = lambda _: None,
        *,
        besides: timedelta = timedelta(0),
    ) -> None:
        for number, clip in enumerate(composition.clips, 1):
            step = Checking(file=clip, number=number, count=len(composition.clips))
            self.inspect(clip, composition.names.get(clip), lambda step=step: on_progress(step))

    def compose(
        self, composition: Composition, to: Path, on_progress: Callable[[float], None] = lambda _: None
    ) -> Composed:
        if self.fails:
            raise self.fails
        self.compositions.append(composition)
        on_progress(0.5)
        made = b"\n".join(clip.read_bytes() for clip in composition.clips)
        to.write_bytes(made)
        return Composed(
            facts=FACTS.model_copy(update={"duration": timedelta(seconds=15)}),
            sha256=hashlib.sha256(made).hexdigest(),
            size_bytes=len(made),
            loudness_lufs=-14.0,
            true_peak_dbtp=-2.0,
            copied_picture=True,
        )

    def thumbnail(self, video: Path, to: Path, at: timedelta = timedelta(seconds=2)) -> None:
        to.write_bytes(b"jpeg")


class MemoryPlatform:
    """A place that remembers its posts."""

    surface = "feed"

    def __init__(self, name: str = "folder", *, continues: bool = False) -> None:
        self.name = name
        self.continues = continues
        self.prepared: dict[str, Post] = {}
        self.posts: list[Post] = []
        self.accounts: dict[str, str] = {}
        """The platform's own ids of accounts of ours, where they are others."""
        self.unprepared: Exception | None = None
        """Raised instead of making a handle."""
        self.before: Exception | None = None
        self.after: Exception | None = None
        self.is_away = False
        """Cannot be asked what it did."""
        self._revealed: dict[str, Post] = {}

    async def own_account(self, account_id: str) -> str:
        return self.accounts.get(account_id, account_id)

    async def prepare(self, post: Post) -> Prepared:
        if self.unprepared:
            raise self.unprepared
        handle = f"handle-{len(self.prepared) + 1}"
        self.prepared[handle] = post
        return Prepared(handle=handle)

    async def commit(self, post: Post, handle: str) -> Live:
        if self.before:
            raise self.before
        if not (self.continues and handle in self._revealed):
            self._revealed[handle] = self.prepared[handle]
            self.posts.append(self.prepared[handle])
        if self.after:
            raise self.after
        return self._live(post)

    async def check(self, handle: str) -> PostSighting:
        if self.is_away:
            raise ConnectionRefusedError("nobody there")
        post = self._revealed.get(handle)
        return PostSighting(seen=post is not None, live=self._live(post) if post else None)

    async def find(self, item_id: str, operation_id: str | None = None) -> PostSighting:
        if self.is_away:
            raise ConnectionRefusedError("nobody there")
        for post in self.posts:
            if post.item_id == item_id and operation_id in (None, post.operation_id):
                return PostSighting(seen=True, live=self._live(post), authoritative=True)
        return PostSighting(authoritative=True)

    def _live(self, post: Post) -> Live:
        post_id = f"post-of-{post.operation_id}"
        return Live(post_id=post_id, uri=f"memory://{self.name}/{post_id}")
