"""What a schedule asks for: one item for each of the account's own days, with all that its plan says."""

from datetime import UTC, datetime, time, timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from activities.plan_item import Planning
from schema.items.daily_plan import DailyPlan, PlanRequest
from schema.items.item import ItemRequest

PLAN = DailyPlan(
    account_id="crafts",
    format="split-screen",
    topic="tea",
    campaign_id="spring",
    time_zone="Pacific/Auckland",
    at=time(9),
)
DUE = datetime(2026, 11, 26, 20, tzinfo=UTC)
"""Nine in the morning of the 27th, there."""


async def item(nominal: datetime, **changed: object) -> ItemRequest:
    request = PlanRequest(plan=PLAN.model_copy(update=changed), nominal=nominal)
    return await ActivityEnvironment().run(Planning().plan_item, request)


async def test_an_item_has_the_accounts_day_and_everything_its_plan_says() -> None:
    asked = await item(DUE)
    assert asked.item_id.startswith("crafts-20261127-")
    assert asked == ItemRequest(
        item_id=asked.item_id,
        account_id="crafts",
        format="split-screen",
        topic="tea",
        campaign_id="spring",
        planned=True,
    )


async def test_the_same_day_is_the_same_item_however_often_it_is_asked_for() -> None:
    first = await item(DUE)
    assert await item(DUE) == first
    assert (await item(DUE, topic="coffee", campaign_id=None)).item_id == first.item_id
    moved = await item(
        DUE + timedelta(hours=1), at=time(10)
    )  # the plan was moved to another time of that day
    assert moved.item_id == first.item_id


@pytest.mark.parametrize(
    "changed",
    [{"account_id": "pots"}, {"format": "asmr-craft"}, {"time_zone": "America/New_York"}],
    ids=["account", "format", "day there"],
)
async def test_another_account_format_or_day_is_another_item(changed: dict[str, str]) -> None:
    assert (await item(DUE, **changed)).item_id != (await item(DUE)).item_id


async def test_each_day_and_each_fire_by_hand_is_another_item() -> None:
    fires = [DUE + timedelta(days=days) for days in range(3)]
    fires += [DUE + timedelta(minutes=minutes) for minutes in (1, 2)]
    assert len({(await item(fire)).item_id for fire in fires}) == 5
    by_hand = DailyPlan(account_id="crafts")  # its schedule was made in the Temporal UI
    assert by_hand.item_id(DUE) != by_hand.item_id(DUE + timedelta(minutes=1))


async def test_an_item_id_is_one_that_items_may_have() -> None:
    longest = "a" * 40
    assert len((await item(DUE, account_id=longest)).item_id) <= 64
