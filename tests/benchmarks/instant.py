"""The product's own worker, with vendors that have made everything already: only they are not the real thing.

Run as a process: `python -m tests.benchmarks.instant`, with the environment of `python -m worker`. Studio and platform
write each order and each post into a journal, so that counts survive the worker.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import worker
from activities.media.port import Composed, Composition
from activities.messengers.journal import JournalMessenger
from activities.offline.offline_writer import OfflineWriter
from activities.platforms.port import Live, Post, Prepared
from activities.storage.folder import FolderStorage
from activities.store.database import Database
from activities.studios.port import Job, JobState
from schema.content.scene import SceneOrder
from schema.content.still import StillOrder
from schema.money import Book
from schema.prices.price_table import load_prices
from schema.settings import Settings, load_settings
from tests.fakes import InstantEditor, InstantStudio, MemoryPlatform


class Journal:
    """A vendor's own book: one line for each thing it did."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def note(self, operation_id: str) -> None:
        """Append one line, in one write."""
        os.write(self._file, json.dumps({"operation_id": operation_id}).encode() + b"\n")


class JournalStudio(InstantStudio):
    """An instant studio that remembers in its journal, not in the worker's memory, which is measured."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal

    async def upload(self, image: Path) -> str:
        return image.as_uri()

    async def submit(self, order: SceneOrder | StillOrder, start_image: str | None = None) -> str:
        self._journal.note(order.operation_id)
        return order.operation_id

    async def read_job(self, handle: str) -> Job:
        return Job(handle=handle, state=JobState.DONE, charged_microusd=self.price_microusd)

    async def fetch(self, handle: str, to: Path) -> None:
        to.write_bytes(handle.encode())


class ForgetfulEditor(InstantEditor):
    """An instant editor that keeps no list of what it made."""

    def compose(
        self, composition: Composition, to: Path, on_progress: Callable[[float], None] = lambda _: None
    ) -> Composed:
        composed = super().compose(composition, to, on_progress)
        self.compositions.clear()
        return composed


class JournalPlatform(MemoryPlatform):
    """A platform that remembers in its journal."""

    def __init__(self, journal: Journal) -> None:
        super().__init__("folder")
        self._journal = journal

    async def prepare(self, post: Post) -> Prepared:
        return Prepared(handle=post.operation_id)

    async def commit(self, post: Post, handle: str) -> Live:
        self._journal.note(post.operation_id)
        return Live(post_id=post.operation_id, uri=f"memory://folder/{post.operation_id}")


@contextlib.asynccontextmanager
async def built(settings: Settings) -> AsyncGenerator[worker.Adapters]:
    """Build what `worker.built` does, with instant vendors."""
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    database = Database(url, connections=settings.connections)
    studio = JournalStudio(Journal(settings.home / "vendors" / "studio.jsonl"))
    platform = JournalPlatform(Journal(settings.home / "vendors" / "platform.jsonl"))
    await database.open()
    try:
        yield worker.Adapters(
            database=database,
            timings=settings.timings,
            writers=dict.fromkeys(Book, OfflineWriter()),
            studios={studio.name: studio},
            bookkeepers={},
            prices=[load_prices("offline")],
            editor=ForgetfulEditor(),
            storage=FolderStorage(settings.home),
            platforms={platform.name: platform},
            messenger=JournalMessenger(settings.home / "outbox"),
        )
    finally:
        await database.close()


def main() -> None:
    """Work until told to stop."""
    settings = load_settings()
    worker.set_up_logs(settings)
    asyncio.run(worker.serve(settings, built))


if __name__ == "__main__":
    main()
