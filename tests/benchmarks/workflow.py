"""Items a second through the whole workflow of an item, against a bare Temporal workflow of the same skeleton.

Run as `python -m tests.benchmarks.workflow [--items N] [--at-once N] [--pairs N] [--json]`.

Ours is the product's worker as a process of its own, with vendors that have made everything already
(`instant.py`), and a yes through the door that stores a word first, as soon as a review is open; ledger, database,
files and arbiter are the real ones. Bare is `bare.py`: as many activities, timers, upserts and signals, in the same
order and as parallel, that do nothing; the two histories are counted, and the run ends where they differ. Temporal
(on disk) and PostgreSQL (durable) run exactly as `up` runs them, both workers wait on the same servers, and the
batches are interleaved (ours, bare, ours, bare ...). The median of the pairs' ratios is told with the least and the
most. CPU is user plus system time of each process with its children.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from schema.items.item import ItemState
from starter.stack.child_process import Process
from tests.benchmarks.bare import CONTROL, BareItem, Step
from tests.benchmarks.driving import COUNTED, LOOK_EVERY, Driver, at_most, driving, skeleton
from tests.benchmarks.stage import ACCOUNT, Meter, Stage, open_stage, ready
from workflows import attributes

WARM_UP = 20
"""Items before the first batch, and the most there are before a short one."""


@dataclass
class Side:
    """One of the two that are compared: how an item of it is lived, and what its batches took."""

    name: str
    live: Callable[[int], Awaitable[dict[str, int]]]
    """Lives one item, from its start to its end, and returns its skeleton."""
    worker: psutil.Process
    rates: list[float] = field(default_factory=list[float])
    cpu_ms: list[dict[str, float]] = field(default_factory=list[dict[str, float]])
    skeleton: dict[str, int] = field(default_factory=dict[str, int])


def main(argv: Sequence[str]) -> int:
    """Measure and print; the exit code is 0 where both could be measured."""
    parser = argparse.ArgumentParser(prog="workflow", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=200, help="items in a batch")
    parser.add_argument("--at-once", type=int, default=50, help="items at once")
    parser.add_argument("--pairs", type=int, default=5, help="interleaved pairs of batches")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    wished = parser.parse_args(argv)
    found = asyncio.run(measure(wished.items, wished.at_once, wished.pairs))
    print(json.dumps(found) if wished.json else in_words(found))  # noqa: T201 - a program's output
    return 0


async def measure(items: int, at_once: int, pairs: int) -> dict[str, Any]:
    """Return rates, ratios, CPU and counts."""
    async with open_stage() as stage, driving(stage) as driver:
        bell, ring = os.pipe()
        workers = [
            stage.worker("tests.benchmarks.instant"),
            stage.worker("tests.benchmarks.bare", str(ring), keep_fds=(ring,)),
        ]
        try:
            await ready(stage.home, workers[0])
            return await _compare(stage, driver, workers, bell, (items, at_once, pairs))
        finally:
            for worker in workers:
                worker.stop_now()
            os.close(bell)
            os.close(ring)


async def _compare(
    stage: Stage, driver: Driver, workers: Sequence[Process], bell: int, size: tuple[int, int, int]
) -> dict[str, Any]:
    items, at_once, pairs = size
    yes = _Yes(driver, bell)

    async def ours(number: int) -> dict[str, int]:
        handle = await driver.begin(driver.item_id(number))
        result = await handle.result()
        if result.state is not ItemState.PUBLISHED:
            raise SystemExit(f"{result.item_id} ended as {result.state}: {result.reason}")
        return {} if number else await skeleton(handle)

    sides = [
        Side("ours", ours, psutil.Process(workers[0].pid)),
        Side("bare", yes.live, psutil.Process(workers[1].pid)),
    ]
    async with asyncio.TaskGroup() as group:  # so that a yes that fails ends the run
        approving = group.create_task(driver.approve_all())
        for side in sides:
            await at_most(at_once, side.live, range(1, 1 + min(WARM_UP, items)))
            side.skeleton = await side.live(0)
        for pair in range(pairs):
            for side in sides:
                await _batch(stage, side, at_once, range(1_000 * (pair + 1), 1_000 * (pair + 1) + items))
        approving.cancel()
    if _commands(sides[0]) != _commands(sides[1]):
        raise SystemExit(f"bare is not as ours: {sides[0].skeleton} against {sides[1].skeleton}")
    return _found(stage, sides, size)


class _Yes:
    """The driver of bare items: hears that one waits, and signals."""

    def __init__(self, driver: Driver, bell: int) -> None:
        self._driver = driver
        self._bell = bell
        self._tasks: set[asyncio.Task[None]] = set()
        os.set_blocking(bell, False)
        asyncio.get_running_loop().add_reader(bell, self._heard)

    async def live(self, number: int) -> dict[str, int]:
        item_id = self._driver.item_id(number)
        handle = await self._driver.client.start_workflow(
            BareItem.run,
            Step(item_id=item_id),
            id=f"bare/{item_id}",
            task_queue=CONTROL,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=attributes.at_start(ACCOUNT, "bare"),
        )
        await handle.result()
        return {} if number else await skeleton(handle)

    def _heard(self) -> None:
        for item_id in os.read(self._bell, 65_536).decode().split():
            task = asyncio.create_task(self._signal(item_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _signal(self, item_id: str) -> None:
        await asyncio.sleep(2 * LOOK_EVERY)  # as long as ours takes: the workflow waits when its yes comes
        await self._driver.client.get_workflow_handle(f"bare/{item_id}").signal("yes")


async def _batch(stage: Stage, side: Side, at_once: int, numbers: range) -> None:
    meter = Meter(
        {
            "worker": side.worker,
            "temporal": stage.temporal,
            "postgres": stage.postgres,
        }
    )
    began = time.monotonic()
    await at_most(at_once, side.live, numbers)
    seconds = time.monotonic() - began
    side.rates.append(len(numbers) / seconds)
    side.cpu_ms.append({name: 1_000 * used / len(numbers) for name, used in meter.since().items()})


def _commands(side: Side) -> dict[str, int]:
    return {name: side.skeleton[name] for name in COUNTED}


def _found(stage: Stage, sides: Sequence[Side], size: tuple[int, int, int]) -> dict[str, Any]:
    items, at_once, pairs = size
    lived = items * pairs + min(WARM_UP, items) + 1
    posts, orders = stage.journal("platform"), stage.journal("studio")
    found: dict[str, Any] = {
        "items": items,
        "at_once": at_once,
        "pairs": pairs,
        "ratio": spread([mine / bare for mine, bare in zip(sides[0].rates, sides[1].rates, strict=True)]),
        "exactly_once": len(posts) == len(set(posts)) == lived
        and len(orders) == len(set(orders)) == 3 * lived,
    }
    for side in sides:
        cpu = {name: statistics.median(one[name] for one in side.cpu_ms) for name in side.cpu_ms[0]}
        found[side.name] = {
            "items_per_s": spread(side.rates),
            "cpu_ms_per_item": {name: round(used, 1) for name, used in cpu.items()}
            | {"all": round(sum(cpu.values()), 1)},
            "history": side.skeleton,
        }
    return found


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, least and most."""
    return {
        "median": round(statistics.median(values), 3),
        "least": round(min(values), 3),
        "most": round(max(values), 3),
    }


def in_words(found: dict[str, Any]) -> str:
    """Return the figures as a few lines for a person."""
    lines = [
        f"{found['at_once']} at once, {found['pairs']} interleaved pairs of {found['items']} items; "
        f"each bought and posted exactly once: {found['exactly_once']}"
    ]
    for name in ("ours", "bare"):
        side = found[name]
        rate, cpu = side["items_per_s"], side["cpu_ms_per_item"]
        lines.append(
            f"{name}: {rate['median']:.1f} items/s ({rate['least']:.1f}-{rate['most']:.1f}); CPU ms an item: "
            + ", ".join(f"{part} {used:.1f}" for part, used in cpu.items())
        )
        lines.append("      " + ", ".join(f"{count} {kind}" for kind, count in side["history"].items()))
    ratio = found["ratio"]
    lines.append(f"ratio {ratio['median']:.3f} ({ratio['least']:.3f}-{ratio['most']:.3f})")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
