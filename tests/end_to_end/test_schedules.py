"""Daily production: a schedule that keeps the account's own clock, and starts items that live on without it."""

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.workflowservice.v1 import ListScheduleMatchingTimesRequest
from temporalio.client import (
    Client,
    ScheduleActionStartWorkflow,
    ScheduleDescription,
    ScheduleOverlapPolicy,
    WorkflowExecutionStatus,
)

from schema.limits import MAX_TOPIC
from starter.accounts.recurrence import CATCH_UP, schedule_id
from tests.end_to_end.product import Product
from tests.waiting import until

BERLIN = ZoneInfo("Europe/Berlin")


async def client(stack: Product) -> Client:
    """A client of our own, beside the product."""
    return await Client.connect(stack.address("temporal_address"))


def described(stack: Product, account: str) -> ScheduleDescription:
    """The schedule as Temporal has it."""

    async def ask() -> ScheduleDescription:
        return await (await client(stack)).get_schedule_handle(schedule_id(account)).describe()

    return asyncio.run(ask())


def fires(stack: Product, account: str, start: datetime, end: datetime) -> list[datetime]:
    """When the server says the schedule fires, in Berlin."""

    async def ask() -> list[datetime]:
        first, last = Timestamp(), Timestamp()
        first.FromDatetime(start)
        last.FromDatetime(end)
        answer = await (await client(stack)).workflow_service.list_schedule_matching_times(
            ListScheduleMatchingTimesRequest(
                namespace="default", schedule_id=schedule_id(account), start_time=first, end_time=last
            )
        )
        return [moment.ToDatetime(UTC).astimezone(BERLIN) for moment in answer.start_time]

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def account(stack: Product) -> str:
    """An account in Berlin with a daily schedule at nine."""
    stack.inside("accounts", "add", "daily", "--time-zone", "Europe/Berlin", "--day-cap", "100")
    told = stack.inside("schedule", "add", "--account", "daily", "--at", "09:00", "--topic", "tea")
    assert "09:00 Europe/Berlin" in told.out
    again = stack.inside("schedule", "add", "--account", "daily", "--at", "10:00", code=2)
    assert "schedule set --account daily" in again.line
    return "daily"


def test_a_schedule_keeps_the_accounts_clock_over_the_change_to_summer_time(
    stack: Product, account: str
) -> None:
    seen = described(stack, account).schedule
    assert seen.policy.overlap is ScheduleOverlapPolicy.SKIP
    assert seen.policy.catchup_window == CATCH_UP
    assert seen.spec.time_zone_name == "Europe/Berlin"
    moments = fires(stack, account, datetime(2027, 3, 26, tzinfo=UTC), datetime(2027, 3, 30, 23, tzinfo=UTC))
    assert [f"{moment:%m-%d %H:%M %z}" for moment in moments] == [
        "03-26 09:00 +0100",
        "03-27 09:00 +0100",
        "03-28 09:00 +0200",
        "03-29 09:00 +0200",
        "03-30 09:00 +0200",
    ]


@pytest.mark.parametrize(
    ("zone", "at", "first", "last", "wall"),
    [
        ("Europe/Berlin", "02:30", "2026-03-28", "2026-03-30", ["28 02:30", "29 03:30", "30 02:30"]),
        ("Europe/Berlin", "02:30", "2026-10-24", "2026-10-26", ["24 02:30", "25 02:30", "26 02:30"]),
        ("Australia/Lord_Howe", "02:15", "2026-10-03", "2026-10-05", ["03 02:15", "04 02:45", "05 02:15"]),
        ("America/St_Johns", "02:30", "2026-03-07", "2026-03-09", ["07 02:30", "08 03:30", "09 02:30"]),
        ("America/Nuuk", "23:30", "2024-03-29", "2024-03-31", ["29 23:30", "30 22:30", "31 23:30"]),
        ("Pacific/Apia", "09:00", "2011-12-29", "2011-12-31", ["29 09:00", "31 09:00"]),
        ("Pacific/Kiritimati", "00:00", "2026-11-25", "2026-11-27", ["25 00:00", "26 00:00", "27 00:00"]),
    ],
)
def test_a_schedule_makes_one_item_a_day_whatever_the_clocks_do(
    stack: Product, zone: str, at: str, first: str, last: str, wall: list[str]
) -> None:
    name = f"clocks-{zone.rpartition('/')[2].lower().replace('_', '-')}-{first[5:7]}"
    stack.inside("accounts", "add", name, "--time-zone", zone, "--item-cap", "0")
    stack.inside("schedule", "add", "--account", name, "--at", at)
    days = ("schedule", "backfill", "--account", name, "--from", first, "--to", last, "--json")
    items = [one["item_id"] for one in stack.inside(*days).json["items"]]
    assert [item[:-7] for item in items] == [f"{name}-{first[:8].replace('-', '')}{day[:2]}" for day in wall]
    ask = "select item_id from item where account_id = %s and state = 'refused_by_cap' order by item_id"
    until("every item was begun", lambda: len(stack.ask(ask, name)) >= len(items))
    until("the backfill was planned", lambda: described(stack, name).info.num_actions >= len(items))
    assert [item for (item,) in stack.ask(ask, name)] == items
    start, end = (datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)) for day in (first, last))
    moments = fires(stack, name, start - timedelta(seconds=1), end + timedelta(days=1, seconds=-1))
    stack.inside("schedule", "remove", "--account", name)
    if zone == "Pacific/Apia":
        return  # at a day that there is not, the server's own list repeats the one before
    assert [f"{moment.astimezone(ZoneInfo(zone)):%d %H:%M}" for moment in moments] == wall


def test_a_triggered_schedule_starts_an_item_that_outlives_its_planner(stack: Product, account: str) -> None:
    told = stack.inside("schedule", "trigger", "--account", account, "--json").json
    ask = "select item_id, plan ->> 'topic' from item where account_id = %s and state = 'waiting'"
    until("the item waits", lambda: stack.ask(ask, account))
    item_id, topic = stack.ask(ask, account)[0]
    assert topic == "tea"
    assert told["item_id"] == item_id

    async def parent_and_planner() -> tuple[str | None, WorkflowExecutionStatus | None]:
        connected = await client(stack)
        item = await connected.get_workflow_handle(f"content/{item_id}").describe()
        assert item.parent_id is not None
        return item.parent_id, (await connected.get_workflow_handle(item.parent_id).describe()).status

    parent, planner = asyncio.run(parent_and_planner())
    assert str(parent).startswith("plan/daily")
    assert planner is WorkflowExecutionStatus.COMPLETED
    stack.inside("reject", item_id)
    stack.until(item_id, "rejected")
    second = stack.inside("schedule", "trigger", "--account", account, "--json").json["item_id"]
    assert second not in (None, item_id)
    stack.inside("stop", second)
    stack.until(second, "stopped")


def test_past_days_are_filled_once_whatever_the_schedule_is_told(stack: Product, account: str) -> None:
    days = ("schedule", "backfill", "--account", account, "--from", "2026-11-01", "--to", "2026-11-02")
    assert "fired for 2026-11-01 to 2026-11-02" in stack(*days).out
    ask = "select item_id from item where account_id = %s and item_id like 'daily-202611%%' and state = 'waiting'"
    until("both items wait", lambda: len(stack.ask(ask, account)) == 2)
    stack(*days)
    taken = "select count(*) from item where account_id = %s and item_id like 'daily-2026110%%'"
    until("the second backfill was planned", lambda: described(stack, account).info.num_actions >= 6)
    assert stack.ask(taken, account) == [(2,)]
    for (item_id,) in stack.ask(ask, account):
        stack.inside("stop", item_id)


def test_a_schedule_pauses_moves_with_its_account_and_ends(stack: Product, account: str) -> None:
    stack.inside("schedule", "pause", "--account", account, "--note", "holiday")
    stack.inside("accounts", "set", account, "--time-zone", "Asia/Tokyo")
    (seen,) = stack.inside("schedule", "list", "--json").json["schedules"]
    assert (seen["paused"], seen["note"], seen["at"]) == (True, "holiday", "09:00")
    assert (seen["format"], seen["topic"], seen["time_zone"]) == ("asmr-craft", "tea", "Asia/Tokyo")
    assert seen["next"] == []
    assert "holiday" in stack.inside("schedule", "list").out
    stack.inside("schedule", "resume", "--account", account)
    moved = described(stack, account).schedule
    assert moved.state.paused is False
    assert isinstance(moved.action, ScheduleActionStartWorkflow)
    assert b"Asia/Tokyo" in moved.action.args[0].data
    stack.inside("schedule", "set", "--account", account, "--at", "07:30", "--topic", "")
    shown = stack.inside("schedule", "show", "--account", account, "--json").json["schedule"]
    assert (shown["at"], shown["topic"], len(shown["next"]) > 1) == ("07:30", None, True)
    stack.inside("schedule", "remove", "--account", account)
    assert stack.inside("schedule", "list", "--json").json["schedules"] == []
    assert "there are no schedules" in stack.inside("schedule", "list").out
    assert "has no schedule" in stack.inside("schedule", "trigger", "--account", account, code=2).line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--at", "nine"), "--at 'nine' is no time of day"),
        (("--format", "brand-campaign"), "cannot be made yet"),
        (("--campaign", "theirs"), "theirs"),
        (("--topic", "x" * (MAX_TOPIC + 1)), "--topic"),
    ],
)
def test_what_could_be_made_on_no_day_is_refused_when_it_is_planned_and_when_it_is_changed(
    stack: Product, refusing: str, words: tuple[str, str], said: str
) -> None:
    given = ("--account", refusing, *words)
    assert said in stack.inside("schedule", "set", *given, code=2).line
    at = () if words[0] == "--at" else ("--at", "09:00")
    assert said in stack.inside("schedule", "add", *given, *at, code=2).line


@pytest.fixture(scope="module")
def refusing(stack: Product) -> str:
    """An account with a schedule, and another one's campaign."""
    for name in ("refusing", "another"):
        stack.inside("accounts", "add", name)
    stack.inside("campaigns", "add", "theirs", "--account", "another", "--cap", "5.00")
    stack.inside("schedule", "add", "--account", "refusing", "--at", "09:00")
    return "refusing"


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("time_zone", "CET", "'CET' means other hours to the database"),
        ("platforms", "{tiktok}", "can only post to folder"),
    ],
)
def test_an_account_that_became_unfit_gets_no_schedule(
    stack: Product, refusing: str, column: str, value: str, said: str
) -> None:
    """It cannot become so by a command; an older installation may have left it so."""
    kept = stack.ask(f"select {column}::text from account where account_id = %s", refusing)[0][0]
    change = f"update account set {column} = %s where account_id = %s returning 1"
    stack.ask(change, value, refusing)
    try:
        assert said in stack.inside("schedule", "set", "--account", refusing, "--at", "10:00", code=2).line
    finally:
        stack.ask(change, kept, refusing)


def test_an_account_that_makes_items_each_day_stays_and_so_does_its_campaign_only(stack: Product) -> None:
    stack.inside("accounts", "add", "staying")
    for name in ("used", "unused"):
        stack.inside("campaigns", "add", name, "--account", "staying", "--cap", "5.00")
    stack.inside("schedule", "add", "--account", "staying", "--at", "09:00", "--campaign", "used")
    stack.inside("schedule", "set", "--account", "staying", "--at", "10:30")  # all else stays
    shown = stack.inside("schedule", "show", "--account", "staying", "--json").json["schedule"]
    assert (shown["at"], shown["campaign_id"]) == ("10:30", "used")
    assert "makes items each day" in stack.inside("campaigns", "remove", "used", code=2).line
    stack.inside("campaigns", "remove", "unused")
    assert "makes items each day" in stack.inside("accounts", "remove", "staying", code=2).line
    stack.inside("schedule", "remove", "--account", "staying")
    stack.inside("campaigns", "remove", "used")
    stack.inside("accounts", "remove", "staying")


def test_a_backfill_of_days_that_are_none_or_swapped_is_refused(stack: Product, refusing: str) -> None:
    days = ("schedule", "backfill", "--account", refusing, "--from")
    assert "'soon' is no day" in stack.inside(*days, "soon", "--to", "2026-11-02", code=2).line
    swapped = stack.inside(*days, "2026-11-02", "--to", "2026-11-01", code=2)
    assert "is after --to 2026-11-01; swap them" in swapped.line


def test_a_trigger_without_a_worker_says_that_the_item_begins_later(stack: Product, refusing: str) -> None:
    os.kill(stack.pid("worker"), signal.SIGSTOP)
    try:
        told = stack.inside("schedule", "trigger", "--account", refusing)
    finally:
        os.kill(stack.pid("worker"), signal.SIGCONT)
    assert "triggered; the item begins once a worker runs" in told.out + told.err
    begun = "select item_id from item where account_id = %s"
    until("the item has begun", lambda: stack.ask(begun, refusing))
    stack.inside("stop", stack.ask(begun, refusing)[0][0])
