"""Records histories from real runs: `python -m tests.histories.record [NAME ...]`, all that are missing by default."""

import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from pydantic import JsonValue
from temporalio.client import WorkflowHandle

from activities.store.database import Database
from activities.store.migrate import migrate
from schema.failure import NoEffect
from schema.items.daily_plan import DailyPlan
from schema.vendors.audit import AuditRequest
from signals import names
from starter.items.start_item import Handle
from tests.house import House, open_house, own_clip
from tests.services import postgres_server, temporal_server
from tests.timings import SHORT
from workflows.nightly_audit import NightlyAudit
from workflows.plan_day import PlanDay

FOLDER = Path(__file__).parent
Story = Callable[[House], Awaitable[WorkflowHandle[Any, Any]]]


async def published(house: House) -> Handle:
    handle = await house.begin(topic="tea bowls")
    await house.until(handle, "review")
    await house.say(handle, "approve")
    return handle


async def own_footage_published(house: House) -> Handle:
    handle = await house.begin(footage=[own_clip(house)], title="Bread", caption="Fresh bread.")
    await house.until(handle, "review")
    await house.say(handle, "approve")
    return handle


async def published_by_signal(house: House) -> Handle:
    handle = await house.begin()
    await house.until(handle, "review")
    await handle.signal(names.APPROVE, args=[1, 2])
    await handle.signal(names.EDIT_CAPTION, "Another caption.")
    await house.told(handle, "the new caption")
    await handle.signal(names.APPROVE)
    return handle


async def revised_then_published(house: House) -> Handle:
    handle = await house.begin(item_cap_microusd=3_000_000)
    await house.until(handle, "review")
    await house.say(handle, "revise", notes="warmer light")
    await house.until(handle, "review", round_number=2)
    await house.say(handle, "revise", notes="once more, which does not fit")
    await house.say(handle, "approve")
    return handle


async def rejected(house: House) -> Handle:
    handle = await house.begin()
    await house.until(handle, "review")
    await house.say(handle, "reject", notes="too loud")
    return handle


async def expired(house: House) -> Handle:
    return await house.begin(review="PT2S")


async def expired_then_published(house: House) -> Handle:
    """The second item, which takes up the one that nobody decided on."""
    first = await house.begin(review="PT0.5S")
    await house.result(first)
    second = await house.begin(forerunner_id=first.id.removeprefix("content/"))
    await house.until(second, "review")
    await house.say(second, "approve")
    return second


async def rejected_before_other_words(house: House) -> Handle:
    handle = await house.begin()
    await house.until(handle, "review")
    await house.leave()
    await handle.signal(names.REJECT, "too loud")
    await handle.signal(names.APPROVE)
    await house.come()
    return handle


async def failed_by_a_bug(house: House) -> Handle:
    house.failing.fail("write_prompts", TypeError("'NoneType' object is not subscriptable"), times=1)
    return await house.begin()


async def refused_by_cap(house: House) -> Handle:
    return await house.begin(item_cap_microusd=1_000_000)


async def stopped(house: House) -> Handle:
    house.studio.never_finishes = True
    handle = await house.begin()
    await house.until(handle, "scenes", scenes="ordered")
    await handle.signal(names.STOP, "ada")
    return handle


async def stopped_in_review(house: House) -> Handle:
    handle = await house.begin()
    await house.until(handle, "review")
    await handle.signal(names.STOP, {"actor": "ada"})
    return handle


async def stopped_by_a_cancellation(house: House) -> Handle:
    handle = await house.begin()
    await house.until(handle, "review")
    await handle.cancel()
    return handle


async def stopped_at_the_platform(house: House) -> Handle:
    """Stopped while the post waits for a platform that is down."""
    house.platforms[0].before = NoEffect("no connection", repeatable=True)
    handle = await house.begin()
    await house.until(handle, "review")
    await house.say(handle, "approve")
    await house.trouble(handle, "no connection")
    await handle.signal(names.STOP, "ada")
    return handle


async def failed(house: House) -> Handle:
    house.studio.refuses = NoEffect("422: not allowed", repeatable=False)
    return await house.begin()


async def failed_once_then_published(house: House) -> Handle:
    house.studio.fails_first = 1
    return await published(house)


async def parked(house: House) -> Handle:
    house.studio.never_finishes = True
    return await house.begin()


async def partly_published(house: House) -> Handle:
    house.platforms[1].before = NoEffect("quota", repeatable=False)
    return await published(house)


async def planned(house: House) -> WorkflowHandle[Any, Any]:
    return await house.client.start_workflow(
        PlanDay.run,
        DailyPlan(account_id="crafts", time_zone="Asia/Tokyo"),
        id="plan/crafts-2026-11-20T00:00:00Z",
        task_queue="reelwright-control",
    )


async def books_checked(house: House) -> WorkflowHandle[Any, Any]:
    item = await published(house)
    await item.result()
    return await house.client.start_workflow(
        NightlyAudit.run, AuditRequest(), id="books/nightly", task_queue="reelwright-control"
    )


STORIES: dict[str, Story] = {
    story.__name__: story
    for story in (
        published,
        own_footage_published,
        published_by_signal,
        revised_then_published,
        rejected,
        expired,
        expired_then_published,
        rejected_before_other_words,
        failed_by_a_bug,
        refused_by_cap,
        stopped,
        stopped_in_review,
        stopped_by_a_cancellation,
        stopped_at_the_platform,
        failed,
        failed_once_then_published,
        parked,
        partly_published,
        planned,
        books_checked,
    )
}


async def record(wanted: list[str]) -> None:
    with postgres_server() as postgres, temporal_server() as temporal:
        await migrate(postgres.url())
        with psycopg.connect(
            postgres.url()
        ) as connection:  # all stories together buy more than a day's usual cap
            connection.execute("update configuration set value = '1000000000' where key = 'day_cap_microusd'")
        for name in wanted:
            async with _house(temporal.address, postgres.url(user="reelwright_app"), name) as house:
                handle = await STORIES[name](house)
                await handle.result()
                history = await handle.fetch_history()
                recorded = without_traces(history.to_json_dict())
                (FOLDER / f"{name}.json").write_text(json.dumps(recorded, indent=1) + "\n")
                sys.stderr.write(f"recorded {name}: {len(history.events)} events\n")


def without_traces(found: JsonValue) -> JsonValue:
    """Leave out stack traces: they name paths of the machine, and replaying does not look at them."""
    if isinstance(found, dict):
        return {name: without_traces(value) for name, value in found.items() if name != "stackTrace"}
    if isinstance(found, list):
        return [without_traces(value) for value in found]
    return found


@contextlib.asynccontextmanager
async def _house(address: str, url: str, name: str) -> AsyncGenerator[House]:
    timings = SHORT.model_copy(update={"job": timedelta(seconds=1)}) if name == "parked" else SHORT
    platforms = ("folder", "youtube") if name == "partly_published" else ("folder",)
    database = Database(url)
    await database.open()
    with tempfile.TemporaryDirectory() as home:
        async with open_house(
            address, database, Path(home), platforms=platforms, timings=timings, identity="recorder"
        ) as house:
            await house.account(platforms=platforms, day_cap_microusd=100_000_000)
            yield house
    await database.close()


if __name__ == "__main__":
    missing = [name for name in STORIES if not (FOLDER / f"{name}.json").exists()]
    asyncio.run(record(sys.argv[1:] or missing))
