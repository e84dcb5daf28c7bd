"""The studios under test, each with the vendor it speaks to. A new one joins by one line in `VENDORS`."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from activities.offline.offline_bills import OfflineBills
from activities.offline.offline_studio import OfflineStudio
from activities.outbound.client import Bounds
from activities.studios.fal import FalStudio
from activities.studios.fal_bills import FalBills
from activities.studios.fal_prices import TOLD_WITHIN
from activities.studios.port import Callbacks, Job, JobState, Studio
from activities.studios.replicate import ReplicateStudio
from activities.studios.replicate_bills import ReplicateBills
from activities.studios.request_mapping import marker_of
from schema.money import Book
from schema.prices.price_table import PriceTable, load_prices
from tests.activities.offline.studio_process import free_port, offline_studio
from tests.vendors import fal, replicate
from tests.vendors.process import VendorProcess, running

QUICK = Bounds(connect=timedelta(seconds=5), call=timedelta(seconds=1.5), download=timedelta(seconds=5))
LISTED_WITHIN = timedelta(seconds=1)
AnyStudio = OfflineStudio | FalStudio | ReplicateStudio
AnyBooks = OfflineBills | FalBills | ReplicateBills


@dataclass
class Vendor:
    """A vendor under test: the adapter, one that reaches nobody, and what the vendor itself counted."""

    studio: AnyStudio
    unreachable: AnyStudio
    count: Callable[[str, str], int]
    """How often an effect happened under an operation's id; an empty id counts all."""
    charged_microusd: Callable[[], int]
    books: AnyBooks
    """The adapter of its own books."""
    process: VendorProcess | None = None
    """The fake that can be told to lie; None for the offline studio, which is honest."""

    def submissions(self) -> int:
        """How many orders the vendor took."""
        return self.count("submitted", "")


def replicate_prices() -> PriceTable:
    """A price list as a person would write it: Replicate's own is empty until its pages are read."""
    return PriceTable.model_validate(
        {
            "version": 1,
            "vendor": "replicate",
            "book": Book.USD,
            "source": "made up for tests",
            "read_on": date(2026, 11, 20),
            "models": {
                "wan-2.5": {
                    "unit": "second",
                    "price_usd": {"720p": "0.10"},
                    "max_prompt_chars": 800,
                    "durations_seconds": [5, 10],
                    "aspect_ratios": ["9:16"],
                    "sound": True,
                    "wire": {
                        "endpoint": replicate.MODEL,
                        "duration": "integer",
                        "size": {"720p": {"9:16": "720*1280"}},
                    },
                }
            },
        }
    )


@contextmanager
def _offline(folder: Path) -> Generator[Vendor]:
    with offline_studio(folder, instant=True) as server:

        def charges() -> int:
            return sum(line.price_microusd for line in server.journal() if line.effect == "charged")

        yield Vendor(
            studio=OfflineStudio(server.url),
            unreachable=OfflineStudio(f"http://127.0.0.1:{free_port()}"),
            count=lambda effect, operation_id: server.count(effect, operation_id or None),
            charged_microusd=charges,
            books=OfflineBills(server.url),
        )


def _of(process: VendorProcess, studio: AnyStudio, unreachable: AnyStudio, books: AnyBooks) -> Vendor:
    return Vendor(
        studio=studio,
        unreachable=unreachable,
        count=lambda effect, operation_id: process.count(
            effect, str(marker_of(operation_id)) if operation_id else None
        ),
        charged_microusd=lambda: process.counters()["charged_microusd"],
        books=books,
        process=process,
    )


@contextmanager
def fake_fal(
    folder: Path,
    callbacks: Callbacks | None = None,
    listed_within: timedelta = LISTED_WITHIN,
    told_within: timedelta = TOLD_WITHIN,
) -> Generator[Vendor]:
    """fal, as a process of its own."""
    with running("tests.vendors.fal", folder) as process:

        def studio(url: str) -> FalStudio:
            return FalStudio(
                fal.KEY,
                load_prices("fal"),
                queue_url=url,
                platform_url=f"{url}/v1",
                rest_url=url,
                bounds=QUICK,
                listed_within=listed_within,
                told_within=told_within,
                callbacks=callbacks,
            )

        books = FalBills(
            fal.KEY,
            load_prices("fal"),
            platform_url=f"{process.url}/v1",
            bounds=QUICK,
            billed_within=LISTED_WITHIN,
        )
        yield _of(process, studio(process.url), studio(f"http://127.0.0.1:{free_port()}"), books)


@contextmanager
def fake_replicate(
    folder: Path, callbacks: Callbacks | None = None, listed_within: timedelta = LISTED_WITHIN
) -> Generator[Vendor]:
    """Replicate, as a process of its own."""
    with running("tests.vendors.replicate", folder) as process:

        def studio(url: str) -> ReplicateStudio:
            return ReplicateStudio(
                replicate.TOKEN,
                replicate_prices(),
                api_url=url,
                bounds=QUICK,
                listed_within=listed_within,
                callbacks=callbacks,
            )

        books = ReplicateBills(
            replicate.TOKEN,
            replicate_prices(),
            api_url=process.url,
            bounds=QUICK,
            listed_within=LISTED_WITHIN,
        )
        yield _of(process, studio(process.url), studio(f"http://127.0.0.1:{free_port()}"), books)


async def finished(studio: Studio, handle: str) -> Job:
    """Wait for a job's end, and return it as it then stands."""
    async with asyncio.timeout(60):
        while True:
            job = await studio.read_job(handle)
            if job.state in (JobState.DONE, JobState.FAILED):
                return job
            await asyncio.sleep(0.05)


VENDORS: dict[str, Callable[[Path], AbstractContextManager[Vendor]]] = {
    "offline": _offline,
    "fal": fake_fal,
    "replicate": fake_replicate,
}
LIARS = ("fal", "replicate")
"""The vendors that can be told to lie."""
