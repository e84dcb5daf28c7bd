"""Serving: the two Temporal workers of a process, run until they are told to stop."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.worker import Worker

from schema import queues
from schema.failure import Fault, Trouble
from schema.settings import Settings
from workflows.content_item import ContentItem
from workflows.nightly_audit import NightlyAudit
from workflows.plan_day import PlanDay
from workflows.serving.fault_interceptor import Alarm, Faults
from workflows.serving.heartbeat import Pulse
from workflows.serving.item_log import Milestones
from workflows.serving.sandbox import Sandbox

CACHED_WORKFLOWS = 500
"""Kept in memory, at some 270 kB each; one that waits while so many others are busy is replayed when it is woken."""


@dataclass(frozen=True)
class Verbs:
    """The activities by the queue they are served on."""

    control: list[Callable[..., Any]]
    media: list[Callable[..., Any]]
    alarm: Alarm
    """Tells people of bugs, and of activities that fail again and again."""


def workers(client: Client, settings: Settings, verbs: Verbs, threads: ThreadPoolExecutor) -> list[Worker]:
    """Return the two workers: one for workflows and the network, one for ffmpeg."""
    grace = settings.timings.graceful_shutdown
    return [
        Worker(
            client,
            task_queue=queues.CONTROL,
            workflows=[ContentItem, PlanDay, NightlyAudit],
            workflow_runner=Sandbox(),
            activities=verbs.control,
            interceptors=[Milestones(), Pulse(), Faults(verbs.alarm)],
            max_concurrent_activities=settings.slots,
            max_heartbeat_throttle_interval=settings.timings.heartbeat / 2,
            max_cached_workflows=CACHED_WORKFLOWS,
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=3),
            graceful_shutdown_timeout=grace,
        ),
        Worker(
            client,
            task_queue=queues.MEDIA,
            activities=verbs.media,
            activity_executor=threads,
            interceptors=[Milestones(), Faults(verbs.alarm)],
            max_concurrent_activities=settings.media_slots,
            max_heartbeat_throttle_interval=settings.timings.heartbeat / 2,
            graceful_shutdown_timeout=grace,
        ),
    ]


async def work(
    settings: Settings, serving: list[Worker], looping: list[asyncio.Task[None]], stopping: asyncio.Event
) -> None:
    """Run until asked to stop. A worker that ends by itself raises its reason, a loop `Trouble`."""
    running = [asyncio.create_task(worker.run()) for worker in serving]
    asked = asyncio.create_task(stopping.wait())
    ready = settings.home / "run" / "worker.ready"
    ready.parent.mkdir(parents=True, exist_ok=True)
    ready.write_text(str(os.getpid()), encoding="utf-8")
    structlog.get_logger().info("worker is polling", queues=[worker.task_queue for worker in serving])
    try:
        await asyncio.wait([asked, *running, *looping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        ready.unlink(missing_ok=True)
        asked.cancel()
        await asyncio.gather(*(worker.shutdown() for worker in serving))
        await asyncio.gather(*running)
    for task in looping:
        if task.done():
            line = f"{task.get_name()} ended by itself ({task.exception()!r}), so this worker ends; start it again"
            raise Trouble(Fault.STOPPED, line) from task.exception()
