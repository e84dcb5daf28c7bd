"""A schedule's planner starts the item of its day and lets it go; a second fire meets the first."""

from datetime import UTC, datetime, time

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from schema import queues
from schema.items.daily_plan import DailyPlan, Planned
from schema.items.item import ItemState
from tests.house import House
from workflows.content_item import ContentItem
from workflows.plan_day import PlanDay

PLAN = DailyPlan(account_id="crafts", topic="kintsugi", time_zone="Pacific/Kiritimati", at=time(9))


async def plan(house: House, workflow_id: str) -> Planned:
    """Fire once, and return what was planned."""
    return await house.client.execute_workflow(PlanDay.run, PLAN, id=workflow_id, task_queue=queues.CONTROL)


async def test_an_item_outlives_its_planner_and_is_all_that_was_planned(house: House) -> None:
    planned = await plan(house, "plan/outlived")
    assert planned.started
    handle = house.client.get_workflow_handle_for(ContentItem.run, f"content/{planned.item_id}")
    await house.until(handle, "review")
    described = await handle.describe()
    assert described.parent_id == "plan/outlived"
    async with house.database.statements() as connection:
        cursor = await connection.execute("select account_id, plan from item")
        row = await cursor.fetchone()
    assert row is not None
    assert row["account_id"] == "crafts"
    assert (row["plan"]["topic"], row["plan"]["planned"]) == ("kintsugi", True)
    await house.say(handle, "approve")
    assert (await house.result(handle)).state is ItemState.PUBLISHED


async def test_a_second_fire_of_a_moment_meets_the_item_of_the_first_also_after_its_end(house: House) -> None:
    """A backfill fires for the same moment as often as it is asked to."""
    moment = datetime(2026, 11, 20, 19, tzinfo=UTC)
    first = await fired_at(house, moment, 1)
    handle = house.client.get_workflow_handle_for(ContentItem.run, f"content/{first.item_id}")
    await house.until(handle, "review")
    again = await fired_at(house, moment, 2)
    assert (first.started, again) == (True, Planned(item_id=first.item_id, started=False))
    await house.say(handle, "reject")
    await house.result(handle)
    assert not (await fired_at(house, moment, 3)).started
    assert first.item_id.startswith("crafts-20261121-")  # the day there
    assert len(house.studio.orders) == 3


async def fired_at(house: House, moment: datetime, number: int) -> Planned:
    """Fire as a schedule does that meant to at a moment."""
    nominal = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
    return await house.client.execute_workflow(
        PlanDay.run,
        PLAN,
        id=f"plan/crafts-{number}",
        task_queue=queues.CONTROL,
        search_attributes=TypedSearchAttributes([SearchAttributePair(nominal, moment)]),
    )
