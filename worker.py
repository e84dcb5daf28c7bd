"""The worker: the only place where things are built and joined. `python -m worker` runs it.

`python -m worker --check --json` builds nothing that costs anything; it says what this worker could do.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.worker import Worker

from activities.close_item import Closing
from activities.compose_cut import Composing
from activities.faults import Faults
from activities.film_scene import Filming
from activities.ledger.crash_points import CrashPoints
from activities.ledger.desk import PostgresArbiter
from activities.ledger.postgres import PostgresLedger
from activities.media.editor import FfmpegEditor
from activities.open_item import Opening
from activities.platforms.folder import FolderPlatform
from activities.platforms.port import Platform
from activities.publish_video import Publishing
from activities.reserve_round import Reserving
from activities.review_cut import Reviewing
from activities.storage.folder import FolderStorage
from activities.store.database import Database
from activities.store.postgres import PostgresStore
from activities.studios.offline import OfflineStudio
from activities.take_footage import Footage
from activities.write_idea import Ideas
from activities.write_prompts import Prompts
from activities.writers.offline import OfflineWriter
from schema import queues
from schema.failure import Fault, Trouble
from schema.price import load_prices
from schema.settings import Settings, load_settings
from signals.relay import relay
from workflows.content_item import ContentItem
from workflows.plan_day import PlanDay

THREADS_FOR_FILES = 16
"""For hashing, decoding and renaming beside the event loop."""


@dataclass(frozen=True)
class House:
    """Everything that was built, ready to be served."""

    database: Database
    studio: OfflineStudio
    editor: FfmpegEditor
    control: list[Any]
    media: list[Any]

    async def open(self) -> None:
        """Connect what has to be connected. Raises `Trouble`."""
        await self.database.open()

    async def close(self) -> None:
        """Close everything."""
        await self.studio.aclose()
        await self.database.close()
        self.editor.close()


def build(settings: Settings) -> House:
    """Build every adapter and hand it to the activities. Raises `Trouble` where a setting is missing."""
    if settings.database_url is None:
        raise Trouble(
            Fault.BAD_INPUT, "DATABASE_URL is not set; `./reelwright up` runs a worker with a database"
        )
    if settings.studio_url is None:
        raise Trouble(
            Fault.BAD_INPUT, "REELWRIGHT_STUDIO_URL is not set; `./reelwright up` runs an offline studio"
        )
    direct = settings.database_direct_url
    database = Database(
        settings.database_url.get_secret_value(),
        direct.get_secret_value() if direct else None,
        connections=20,
    )
    points = CrashPoints(settings.crash_point, settings.pause_point)
    store = PostgresStore(database)
    ledger = PostgresLedger(database, settings.timings, points)
    arbiter = PostgresArbiter(database, points)
    storage = FolderStorage(settings.home)
    editor = FfmpegEditor()
    writer = OfflineWriter()
    studio = OfflineStudio(settings.studio_url, settings.timings.request)
    folder = FolderPlatform(settings.home / "outbox")
    platforms: dict[str, Platform] = {folder.name: folder}

    opening = Opening(store, [load_prices("offline")], settings.timings)
    ideas = Ideas(writer, store, storage)
    prompts = Prompts(writer, store, storage)
    reserving = Reserving(ledger)
    filming = Filming({studio.name: studio}, ledger, store, storage, editor, points)
    footage = Footage(store, storage, editor)
    composing = Composing(editor, storage, points)
    reviewing = Reviewing(arbiter, store)
    publishing = Publishing(platforms, ledger, storage, points)
    closing = Closing(ledger, storage)
    return House(
        database=database,
        studio=studio,
        editor=editor,
        control=[
            opening.open_item,
            ideas.write_idea,
            prompts.write_prompts,
            reserving.reserve_round,
            filming.submit_scene,
            filming.wait_for_scene,
            filming.cancel_scene,
            filming.fetch_scene,
            footage.take_footage,
            reviewing.open_review,
            reviewing.remind_reviewer,
            reviewing.record_decision,
            reviewing.read_decision,
            reviewing.expire_review,
            publishing.publish_video,
            closing.close_item,
        ],
        media=[composing.compose_cut],
    )


async def connect(settings: Settings) -> Client:
    """Connect to Temporal as its own environment variables say. Raises `Trouble` where it does not answer."""
    metrics = PrometheusConfig(bind_address=settings.metrics_address) if settings.metrics_address else None
    runtime = Runtime(telemetry=TelemetryConfig(metrics=metrics))
    config = ClientConfig.load_client_connect_config()
    try:
        return await Client.connect(**config, data_converter=pydantic_data_converter, runtime=runtime)
    except RuntimeError as error:
        raise Trouble(
            Fault.VENDOR_DOWN,
            f"Temporal does not answer at {config.get('target_host')!r}; check TEMPORAL_ADDRESS or start it",
        ) from error


async def serve(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then let running activities finish. Raises `Trouble` where it cannot begin."""
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS_FOR_FILES, "files"))
    house = build(settings)
    client = await connect(settings)
    await house.open()
    try:
        with ThreadPoolExecutor(settings.media_slots, "media") as threads:
            control = Worker(
                client,
                task_queue=queues.CONTROL,
                workflows=[ContentItem, PlanDay],
                activities=house.control,
                interceptors=[Faults()],
                max_concurrent_activities=settings.slots,
                max_heartbeat_throttle_interval=timedelta(seconds=5),
                graceful_shutdown_timeout=settings.timings.graceful_shutdown,
            )
            media = Worker(
                client,
                task_queue=queues.MEDIA,
                activities=house.media,
                activity_executor=threads,
                interceptors=[Faults()],
                max_concurrent_activities=settings.media_slots,
                max_heartbeat_throttle_interval=timedelta(seconds=5),
                graceful_shutdown_timeout=settings.timings.graceful_shutdown,
            )
            relaying = asyncio.create_task(relay(house.database, client, settings.timings.relay))
            try:
                await _run(settings, [control, media], stopping)
            finally:
                relaying.cancel()
    finally:
        await house.close()


async def _run(settings: Settings, workers: list[Worker], stopping: asyncio.Event) -> None:
    """Run until asked to stop, or until a worker ends by itself, which is an error."""
    running = [asyncio.create_task(worker.run()) for worker in workers]
    asked = asyncio.create_task(stopping.wait())
    ready = settings.home / "run" / "worker.ready"
    ready.parent.mkdir(parents=True, exist_ok=True)
    ready.write_text(str(os.getpid()), encoding="utf-8")
    structlog.get_logger().info("worker is polling", queues=[worker.task_queue for worker in workers])
    try:
        await asyncio.wait([asked, *running], return_when=asyncio.FIRST_COMPLETED)
    finally:
        ready.unlink(missing_ok=True)
        asked.cancel()
        await asyncio.gather(*(worker.shutdown() for worker in workers))
        await asyncio.gather(*running)


def set_up_logs(settings: Settings) -> None:
    """Lines for people, or JSON for machines; the SDK's own log goes the same way."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def check(settings: Settings) -> dict[str, Any]:
    """Return what this worker could do, without connecting anywhere: for `doctor`."""
    prices = load_prices("offline")
    return {
        "writers": ["offline-writer"],
        "studios": {prices.vendor: {"models": sorted(prices.models), "stand_in": True}},
        "platforms": ["folder"],
        "storage": "folder",
        "slots": settings.slots,
        "media_slots": settings.media_slots,
    }


def main() -> int:
    """Run the worker; return the exit code."""
    settings = load_settings()
    if "--check" in sys.argv[1:]:
        sys.stdout.write(json.dumps(check(settings), indent=2) + "\n")
        return 0
    set_up_logs(settings)
    try:
        asyncio.run(serve(settings))
    except Trouble as trouble:
        structlog.get_logger().error(str(trouble), fault=trouble.fault)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
