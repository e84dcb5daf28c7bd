"""The worker: the only place where adapters are built and handed to activities. `python -m worker` runs it.

`python -m worker --check` does nothing that costs anything; it says what this worker could do, as JSON; with `--keys`
whether the vendors take our keys, with `--tier=economy` or another what items of that tier cost.
"""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

if __name__ == "__main__":  # while modules load, Ctrl-C ends the process without a traceback
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

import structlog
from temporalio.service import RPCError

from activities.audit_bills import AuditingBills
from activities.audit_prices import Pricing
from activities.await_scene import Awaiting
from activities.bookkeeping.port import Bookkeeper
from activities.bookkeeping.settled_charges import SettledCharges
from activities.buying.model_choice import warn_of_useless_keys
from activities.buying.writing import WritingPurchases
from activities.check_take import Inspecting
from activities.close_item import Closing
from activities.compose_cut import Composing
from activities.film_scene import Filming
from activities.ledger.crash_points import OFF, CrashPoints
from activities.ledger.postgres_ledger import PostgresLedger
from activities.media.editor import FfmpegEditor
from activities.media.port import Editor
from activities.messengers.journal import JournalMessenger
from activities.messengers.port import Messenger
from activities.offline.offline_bills import OfflineBills
from activities.offline.offline_studio import OfflineStudio
from activities.offline.offline_writer import OfflineWriter
from activities.open_item import Opening
from activities.plan_item import Planning
from activities.platforms.platform_registry import configured_platforms
from activities.platforms.port import Platform
from activities.publish_video import Publishing
from activities.reserve_round import Reserving
from activities.review_cut import Reviewing
from activities.reviews.approvals import require_approval
from activities.reviews.arbiter import PostgresArbiter
from activities.reviews.closing import PostgresCloser
from activities.reviews.item_lines import PostgresLines
from activities.runtime.process_log import set_up_logs
from activities.storage.folder import FolderStorage
from activities.storage.port import Storage
from activities.store.callback_rows import PostgresCallbacks
from activities.store.capacity import require_room
from activities.store.database import Database
from activities.store.postgres_store import PostgresStore
from activities.studios.fal_bills import FalBills
from activities.studios.port import Studio
from activities.studios.studio_registry import real_bookkeepers, real_studios
from activities.take_footage import TakingFootage
from activities.take_up import TakingUp
from activities.write_idea import Ideas
from activities.write_prompts import Prompts
from activities.writers.port import Writer
from activities.writers.writer_registry import real_writer
from schema.failure import Fault, Trouble
from schema.money import Book
from schema.prices.price_table import PriceTable, prices_of
from schema.purchases.routing import TIERS, USUAL_TIER, Tier
from schema.settings import Settings, Timings, load_settings
from schema.vendors.callback_address import return_addresses
from workflows.serving.connecting import connect
from workflows.serving.leader import lead
from workflows.serving.loops import loops
from workflows.serving.namespace import ensure_nightly_check, ensure_search_attributes
from workflows.serving.report import report
from workflows.serving.workers import Verbs, work, workers

THREADS_FOR_FILES = 16
"""For hashing, renaming and waiting for decoders beside the event loop."""


@dataclass(frozen=True)
class Adapters:
    """Everything that touches the world, one for each port."""

    database: Database
    timings: Timings
    writers: Mapping[Book, Writer]
    """Who writes for items of each book."""
    studios: Mapping[str, Studio]
    bookkeepers: Mapping[str, Bookkeeper]
    """The same vendors' books, by name."""
    prices: Sequence[PriceTable]
    editor: Editor
    storage: Storage
    platforms: Mapping[str, Platform]
    messenger: Messenger
    crash_points: CrashPoints = OFF


def join(made: Adapters) -> Verbs:
    """Hand every adapter to the activities that need it."""
    store = PostgresStore(made.database)
    ledger = PostgresLedger(made.database, made.timings, made.crash_points, may_post=require_approval)
    opening = Opening(
        store, PostgresLines(made.database), made.prices, made.writers, made.platforms, made.timings
    )
    writing = {
        book: WritingPurchases(writer, ledger, store, made.storage) for book, writer in made.writers.items()
    }
    ideas = Ideas(writing, store, made.storage)
    prompts = Prompts(writing, store, made.storage)
    reserving = Reserving(ledger)
    filming = Filming(made.studios, ledger, store, made.storage)
    awaiting = Awaiting(made.studios, ledger, made.storage, made.crash_points)
    inspecting = Inspecting(store, made.storage, made.editor, made.crash_points)
    footage = TakingFootage(store, made.storage, made.editor)
    reviewing = Reviewing(PostgresArbiter(made.database, made.crash_points), store, made.platforms)
    publishing = Publishing(made.platforms, ledger, made.storage, made.crash_points)
    closing = Closing(PostgresCloser(made.database), store, made.storage, made.crash_points)
    composing = Composing(made.editor, made.storage, made.crash_points)
    books = SettledCharges(made.database)
    checking = AuditingBills(books, made.bookkeepers, made.timings)
    pricing = Pricing(books, made.bookkeepers, made.prices)
    return Verbs(
        control=[
            Planning().plan_item,
            opening.open_item,
            TakingUp(made.storage).take_up_cut,
            ideas.write_idea,
            ideas.close_asks,
            prompts.write_prompts,
            reserving.reserve_round,
            reserving.release_round,
            filming.submit_scene,
            filming.look_for_scene,
            awaiting.wait_for_scene,
            awaiting.cancel_scene,
            awaiting.fetch_scene,
            reviewing.open_review,
            reviewing.remind_reviewer,
            reviewing.record_decision,
            reviewing.read_decision,
            reviewing.expire_review,
            publishing.publish_video,
            publishing.read_post,
            closing.close_item,
            checking.vendors_to_check,
            checking.check_vendor,
            pricing.audit_prices,
        ],
        media=[inspecting.check_take, footage.take_footage, composing.compose_cut],
        alarm=lambda alert_id, line: books.raise_alert(alert_id, "fault", line),
    )


@contextlib.asynccontextmanager
async def built(settings: Settings) -> AsyncGenerator[Adapters]:
    """Build every adapter and close it at the end.

    Raises `Trouble` where a setting is missing or a server does not answer.
    """
    if settings.database_url is None:
        raise Trouble(
            Fault.BAD_INPUT, "DATABASE_URL is not set; `./reelwright up` runs a worker with a database"
        )
    if settings.studio_url is None:
        raise Trouble(
            Fault.BAD_INPUT, "REELWRIGHT_STUDIO_URL is not set; `./reelwright up` runs an offline studio"
        )
    direct = settings.database_direct_url or settings.database_url
    database = Database(
        settings.database_url.get_secret_value(), direct.get_secret_value(), connections=settings.connections
    )
    editor = FfmpegEditor()
    async with contextlib.AsyncExitStack() as ends:
        ends.callback(editor.close)
        addresses = return_addresses(settings)
        studios = real_studios(settings, PostgresCallbacks(database, addresses) if addresses else None)
        writer = real_writer(settings)
        offline = OfflineStudio(settings.studio_url, settings.timings.request)
        keepers = [*real_bookkeepers(settings), OfflineBills(settings.studio_url, settings.timings.request)]
        for made in (*studios, offline, *keepers, *([writer] if writer else [])):
            ends.push_async_callback(made.aclose)
        await database.open()
        ends.push_async_callback(database.close)
        await database.open_locks()
        async with database.statements() as connection:
            if line := await require_room(connection, settings):
                structlog.get_logger().warning(line)
        prices = _price_tables(settings, studios)
        warn_of_useless_keys(prices)
        yield Adapters(
            database=database,
            timings=settings.timings,
            writers=_by_book(writer),
            studios={studio.name: studio for studio in (*studios, offline)},
            bookkeepers={keeper.name: keeper for keeper in keepers},
            prices=prices,
            editor=editor,
            storage=FolderStorage(settings.home),
            platforms=configured_platforms(settings),
            messenger=JournalMessenger(settings.home / "outbox"),
            crash_points=CrashPoints(settings.crash_point, settings.pause_point),
        )


Builder = Callable[[Settings], contextlib.AbstractAsyncContextManager[Adapters]]
"""What `serve` gets its adapters from; benchmarks give it instant vendors."""


async def serve(settings: Settings, build: Builder = built) -> None:
    """Work until SIGTERM or SIGINT, then let running activities finish. Raises `Trouble` where it cannot begin."""
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS_FOR_FILES, "files"))
    client = await connect(settings)
    await ensure_search_attributes(client)
    await ensure_nightly_check(client)
    async with build(settings) as made:
        every = settings.timings.relay
        looping = [
            asyncio.create_task(lead(made.database.locks, loop), name=loop.name)
            for loop in loops(made.database, client, made.messenger, every, made.crash_points)
        ]
        try:
            with ThreadPoolExecutor(settings.media_slots, "media") as threads:
                await work(settings, workers(client, settings, join(made), threads), looping, stopping)
        finally:
            for task in looping:
                task.cancel()


async def check(settings: Settings, *, keys: bool, tier: Tier = USUAL_TIER) -> dict[str, Any]:
    """Return what this worker could do: for `doctor` and `quote`. `keys` asks each vendor one free question.

    Quotes are for items of the `tier`.

    Raises `Trouble` for a setting that cannot be.
    """
    async with contextlib.AsyncExitStack() as ends:
        studios, writer = real_studios(settings), real_writer(settings)
        paid = [writer] if writer else []
        keepers = real_bookkeepers(settings)
        billing = [keeper for keeper in keepers if isinstance(keeper, FalBills)]
        keyed = [*studios, *paid, *(billing if settings.vendors.fal_admin_key else [])]
        for made in (*studios, *paid, *keepers):
            ends.push_async_callback(made.aclose)
        tables = _price_tables(settings, studios)
        return await report(settings, _by_book(writer), tables, keyed if keys else [], tier)


def _by_book(real: Writer | None) -> dict[Book, Writer]:
    """Return who writes for items of each book."""
    return {Book.SIMULATED: OfflineWriter(), Book.USD: real or OfflineWriter()}


def _price_tables(settings: Settings, studios: Sequence[Studio]) -> list[PriceTable]:
    return [prices_of(name, settings.prices) for name in (*(studio.name for studio in studios), "offline")]


def _tier_of(words: Sequence[str]) -> Tier:
    for tier in TIERS:
        if f"--tier={tier}" in words:
            return tier
    return USUAL_TIER


def main() -> int:
    """Run the worker; return the exit code."""
    checking = "--check" in sys.argv[1:]
    try:
        settings = load_settings()
        set_up_logs(settings)
        if checking:
            found = asyncio.run(check(settings, keys="--keys" in sys.argv[1:], tier=_tier_of(sys.argv[1:])))
            sys.stdout.write(json.dumps(found, indent=2) + "\n")
        else:
            asyncio.run(serve(settings))
    except Trouble as trouble:
        if checking:
            sys.exit(str(trouble))
        structlog.get_logger().error(str(trouble), fault=trouble.fault)
        return 1
    except RPCError as error:
        structlog.get_logger().error(f"Temporal went away while the worker started: {error}; it starts again")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
