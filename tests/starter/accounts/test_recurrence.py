"""What Temporal is told of an account's daily production: its own clock, one at a time, and nothing long past."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from temporalio.client import ScheduleActionStartWorkflow, ScheduleOverlapPolicy

from schema import queues
from schema.items.daily_plan import DailyPlan
from starter.accounts.recurrence import CATCH_UP, only, schedule_id, schedule_of


def plan(at: time, zone: str = "Europe/Berlin") -> DailyPlan:
    return DailyPlan(account_id="crafts", time_zone=zone, at=at, topic="tea")


def test_a_schedule_fires_once_a_day_by_the_accounts_clock_and_starts_its_plan() -> None:
    made = schedule_of(plan(time(9, 15)))
    assert isinstance(made.action, ScheduleActionStartWorkflow)
    assert (made.action.workflow, made.action.id) == ("PlanDay", "plan/crafts")
    assert (list(made.action.args), made.action.task_queue) == ([plan(time(9, 15))], queues.CONTROL)
    assert made.spec.time_zone_name == "Europe/Berlin"
    (each_day,) = made.spec.calendars
    assert [(one.start, one.end) for one in (*each_day.hour, *each_day.minute)] == [(9, 9), (15, 15)]
    assert [(one.start, one.end) for one in each_day.second] == [(0, 0)]
    assert schedule_id("crafts") == "account/crafts/daily"


def test_what_was_missed_for_long_is_not_made_up_for_and_what_runs_is_not_doubled() -> None:
    policy = schedule_of(plan(time(9))).policy
    assert (policy.overlap, policy.catchup_window) == (ScheduleOverlapPolicy.SKIP, CATCH_UP)
    assert timedelta(hours=1) > CATCH_UP


def test_each_day_on_which_the_clocks_skip_its_time_has_a_time_of_its_own() -> None:
    each_day, *put_off = schedule_of(plan(time(2, 30)), date(2026, 1, 1)).spec.calendars
    assert not each_day.year
    first = put_off[0]
    parts = (first.year, first.month, first.day_of_month, first.hour, first.minute)
    assert [part[0].start for part in parts] == [2026, 3, 29, 3, 30]
    years = [one.year[0].start for one in put_off]
    assert years == list(range(2026, years[-1] + 1))
    assert len(years) >= 20


@pytest.mark.parametrize("hour", [0, 8])
def test_a_backfill_of_one_day_spans_that_days_moment_and_no_other_days(
    hour: int,
) -> None:
    """The clocks go back on that day: half past two occurs twice; the second may count."""
    moment = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    span = only(moment)
    assert span.start_at < moment
    assert moment + timedelta(hours=1) < span.end_at < moment + timedelta(hours=2)
    assert span.overlap is ScheduleOverlapPolicy.ALLOW_ALL
