"""Items that wait for a person: what they cost in memory, and whether a crash and a restart lose any.

Run as `python -m tests.benchmarks.waiting [--items N] [--json]`.

So many items of instant vendors come to their review on one worker process, which is then killed with SIGKILL. A new
one starts, a person approves every item through the door that stores a word first, and all must be published. What
was bought and posted is counted in the vendors' own journals. How items stand is read from the database: the server
allows a namespace no more than some hundred callers that wait for results.

Memory is resident memory in MB (10^6 bytes). What an item adds is told up to the size of the worker's cache of
workflows: beyond that, waiting items cost it nothing, and are replayed from their history when they are woken.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psutil

from starter.stack.child_process import Process
from tests.benchmarks.driving import Driver, at_most, driving
from tests.benchmarks.stage import Stage, open_stage, ready, rss_mb
from workflows.serving.workers import CACHED_WORKFLOWS

PATIENCE = 1_800


def main(argv: Sequence[str]) -> int:
    """Measure and print; the exit code is 0 where every item was bought and posted exactly once."""
    parser = argparse.ArgumentParser(prog="waiting", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=1_000, help="items that wait at once")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    wished = parser.parse_args(argv)
    found = asyncio.run(measure(wished.items))
    print(json.dumps(found) if wished.json else in_words(found))  # noqa: T201 - a program's output
    return 0 if found["published"] == found["posted_once"] == found["items"] == found["bought_once"] else 1


async def measure(items: int) -> dict[str, Any]:
    """Return memory, times and counts."""
    async with open_stage() as stage, driving(stage) as driver:
        worker = stage.worker("tests.benchmarks.instant")
        try:
            await ready(stage.home, worker)
            found = await _bring_to_review(stage, driver, worker, items)
            worker.kill()
            await worker.wait()
            worker = stage.worker("tests.benchmarks.instant")
            found["restart_s"] = round(await ready(stage.home, worker), 2)
            return found | await _publish(stage, driver, worker, items)
        finally:
            worker.stop_now()


async def _bring_to_review(stage: Stage, driver: Driver, worker: Process, items: int) -> dict[str, Any]:
    process = psutil.Process(worker.pid)
    idle = rss_mb(process), rss_mb(stage.temporal)
    began = time.monotonic()

    async def begin(number: int) -> None:
        await driver.begin(driver.item_id(number))

    await at_most(20, begin, range(items))
    await driver.until("waiting", items, PATIENCE)
    seconds = time.monotonic() - began
    each_kb = 1_000 * (rss_mb(process) - idle[0]) / min(items, CACHED_WORKFLOWS)
    return {
        "items": items,
        "all_waiting_s": round(seconds, 1),
        "worker_mb": {"idle": round(idle[0]), "all_waiting": round(rss_mb(process))},
        "temporal_mb": {"idle": round(idle[1]), "all_waiting": round(rss_mb(stage.temporal))},
        "worker_kb_an_item": round(each_kb),
        "worker_mb_at_10000": round(idle[0] + each_kb * CACHED_WORKFLOWS / 1_000),
    }


async def _publish(stage: Stage, driver: Driver, worker: Process, items: int) -> dict[str, Any]:
    began = time.monotonic()

    async def approve(number: int) -> None:
        await driver.approve(driver.item_id(number))

    await at_most(10, approve, range(items))
    approved = time.monotonic() - began
    await driver.until("published", items, PATIENCE)
    posts, orders = Counter(stage.journal("platform")), Counter(stage.journal("studio"))
    return {
        "all_approved_s": round(approved, 1),
        "all_published_s": round(time.monotonic() - began, 1),
        "worker_mb_after": round(rss_mb(psutil.Process(worker.pid))),
        "temporal_mb_after": round(rss_mb(stage.temporal)),
        "published": (await driver.states())["published"],
        "posted_once": _items_of(posts, 1),
        "bought_once": _items_of(orders, 3),
    }


def _items_of(journal: Counter[str], effects: int) -> int:
    """Return of how many items the vendor did so many things, and none of them twice."""
    done = Counter(operation_id.split("/")[0] for operation_id in journal)
    twice = {operation_id.split("/")[0] for operation_id, times in journal.items() if times > 1}
    return sum(1 for item_id, count in done.items() if count == effects and item_id not in twice)


def in_words(found: dict[str, Any]) -> str:
    """Return the figures as a few lines for a person."""
    worker, temporal = found["worker_mb"], found["temporal_mb"]
    return "\n".join(
        [
            f"{found['items']} items waiting for review on one worker after {found['all_waiting_s']} s",
            f"worker {worker['idle']} -> {worker['all_waiting']} MB: {found['worker_kb_an_item']} kB an item up to "
            f"{CACHED_WORKFLOWS}, so {found['worker_mb_at_10000']} MB at 10,000; "
            f"Temporal {temporal['idle']} -> {temporal['all_waiting']} MB",
            f"killed with SIGKILL; a new worker polls after {found['restart_s']} s",
            f"all approved in {found['all_approved_s']} s, all published {found['all_published_s']} s after the first "
            f"word; worker {found['worker_mb_after']} MB, Temporal {found['temporal_mb_after']} MB",
            f"published {found['published']}; by the vendors' journals, posted exactly once {found['posted_once']}, "
            f"three scenes bought exactly once {found['bought_once']}",
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
