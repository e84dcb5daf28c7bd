"""A bare Temporal workflow with the skeleton of `ContentItem`: as many activities, timers, upserts and signals, in the
same order and as parallel, under the same policies and worker settings, but in Temporal's own sandbox, not in
`workflows/serving/sandbox.py`; nothing is done in any of them.

Run as a process: `python -m tests.benchmarks.bare FD`; each workflow that waits for its yes is told on that pipe.
"""

import asyncio
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from schema.items.plan import ActivityTimeouts
    from schema.items.stage import Stage
    from schema.payload import Payload
    from workflows import policies
    from workflows.attributes import COST_USD, STAGE

CONTROL = "bare-control"
MEDIA = "bare-media"
PATIENCE = ActivityTimeouts()


class Step(Payload):
    """What a bare activity takes and gives."""

    item_id: str
    name: str = ""


@activity.defn(name="step")
async def step(request: Step) -> Step:
    """Return at once."""
    return request


@activity.defn(name="open")
async def open_(request: Step) -> Step:
    """Tell the driver that the workflow waits for its yes, and return at once."""
    os.write(int(sys.argv[1]), f"{request.item_id}\n".encode())
    return request


@activity.defn(name="compose")
def compose(request: Step) -> Step:
    """Return at once, from a thread."""
    return request


@workflow.defn(name="BareItem")
class BareItem:
    """Calls activities, upserts attributes and waits for a signal as `ContentItem` does."""

    def __init__(self) -> None:
        self._said_yes = False

    @workflow.run
    async def run(self, request: Step) -> Step:
        self._request = request
        await self._do(step, policies.quick("open", PATIENCE))
        self._enter(Stage.IDEA)
        await self._do(step, policies.ask("idea", PATIENCE))
        self._enter(Stage.PROMPTS)
        await self._do(step, policies.ask("prompts", PATIENCE))
        self._enter(Stage.SCENES)
        await self._do(step, policies.quick("reserve", PATIENCE))
        await asyncio.gather(*(self._film() for _ in range(3)))
        self._enter(Stage.COMPOSE)
        await self._do(compose, policies.render("compose", PATIENCE), MEDIA)
        self._enter(Stage.REVIEW)
        await self._do(open_, policies.quick("open review", PATIENCE))
        await workflow.wait_condition(lambda: self._said_yes, timeout=timedelta(hours=20))
        await self._do(step, policies.quick("read decision", PATIENCE))
        self._enter(Stage.PUBLISH)
        await self._do(step, policies.effect("publish", PATIENCE))
        done = await self._do(step, policies.quick("close", PATIENCE))
        self._enter(Stage.DONE)
        return done

    async def _film(self) -> None:
        await self._do(step, policies.effect("submit", PATIENCE))
        every, deadline = timedelta(seconds=1), timedelta(minutes=30)
        await self._do(step, policies.poll("wait", PATIENCE, every=every, deadline=deadline))
        await self._do(step, policies.bring("fetch", PATIENCE))
        await self._do(step, policies.decode("check", PATIENCE), MEDIA)

    async def _do(self, what: Any, policy: ActivityConfig, queue: str = CONTROL) -> Step:
        config: Any = {**policy, "task_queue": queue, "summary": None}
        return await workflow.execute_activity(what, self._request, **config)

    def _enter(self, stage: Stage) -> None:
        workflow.upsert_search_attributes(  # pyright: ignore[reportUnknownMemberType]
            [STAGE.value_set(stage), COST_USD.value_set(0.0)]
        )

    @workflow.signal(name="yes")
    def yes(self) -> None:
        self._said_yes = True


async def serve() -> None:
    """Work until told to stop, with the settings of `worker.workers`."""
    from workflows.serving.workers import (
        CACHED_WORKFLOWS,  # not at the top, which the sandbox imports anew for each workflow
    )

    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    config = ClientConfig.load_client_connect_config()
    client = await Client.connect(**config, data_converter=pydantic_data_converter)
    both: dict[str, Any] = {
        "max_heartbeat_throttle_interval": timedelta(seconds=5),
        "graceful_shutdown_timeout": timedelta(seconds=30),
    }
    with ThreadPoolExecutor(1) as threads:
        control = Worker(
            client,
            task_queue=CONTROL,
            workflows=[BareItem],
            activities=[step, open_],
            workflow_failure_exception_types=[
                Exception
            ],  # a mistake here ends the run, where ours would wait
            max_concurrent_activities=50,
            max_cached_workflows=CACHED_WORKFLOWS,
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=3),
            **both,
        )
        media = Worker(
            client,
            task_queue=MEDIA,
            activities=[step, compose],
            activity_executor=threads,
            max_concurrent_activities=1,
            **both,
        )
        async with control, media:
            await stopping.wait()


if __name__ == "__main__":
    asyncio.run(serve())
