"""What Temporal is told of an account's daily production: when, what to start, and what to do about missed days."""

from datetime import UTC, date, datetime, time, timedelta

from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleBackfill,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
)
from temporalio.common import TypedSearchAttributes

from schema import queues
from schema.items.daily_plan import DailyPlan
from workflows import attributes
from workflows.plan_day import PlanDay

CATCH_UP = timedelta(minutes=30)
"""A fire that was missed for longer, because the server was down, is not made up for."""
PAST, AHEAD = timedelta(days=2 * 366), timedelta(days=20 * 366)
"""For which days a schedule knows that the clocks skip its time; a backfill of earlier ones adds them."""


def schedule_id(account_id: str) -> str:
    """Return the id of an account's daily production: adding it again meets the first."""
    return f"account/{account_id}/daily"


def schedule_of(plan: DailyPlan, first: date | None = None, *, searched: bool = True) -> Schedule:
    """Return the schedule of a plan; `first` is the earliest day that it must be right for.

    `searched` says whether Temporal has our search attributes.
    """
    return Schedule(
        action=ScheduleActionStartWorkflow(
            PlanDay.run,
            plan,
            id=f"plan/{plan.account_id}",
            task_queue=queues.CONTROL,
            typed_search_attributes=attributes.at_start(plan.account_id, plan.format)
            if searched
            else TypedSearchAttributes.empty,
            static_summary=f"plans one {plan.format} for {plan.account_id}",
        ),
        spec=_spec(plan, first or today() - PAST),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP),
        state=ScheduleState(),
    )


def only(moment: datetime) -> ScheduleBackfill:
    """Return what fires for one day, by the moment at which its item was due."""
    second, doubled = (
        timedelta(seconds=1),
        timedelta(hours=1),
    )  # of two such hours, the server may take the later
    return ScheduleBackfill(moment - second, moment + doubled + second, ScheduleOverlapPolicy.ALLOW_ALL)


def _spec(plan: DailyPlan, first: date) -> ScheduleSpec:
    """Return the time of each day, and the dates on which the clocks skip it, as Temporal would."""
    at = plan.at or time.min
    put_off = [
        ScheduleCalendarSpec(
            year=[ScheduleRange(due.year)],
            month=[ScheduleRange(due.month)],
            day_of_month=[ScheduleRange(due.day)],
            hour=[ScheduleRange(due.hour)],
            minute=[ScheduleRange(due.minute)],
            comment="the clocks skip the usual time",
        )
        for due in plan.put_off(first, today() + AHEAD)
    ]
    each_day = ScheduleCalendarSpec(hour=[ScheduleRange(at.hour)], minute=[ScheduleRange(at.minute)])
    return ScheduleSpec(calendars=[each_day, *put_off], time_zone_name=plan.time_zone)


def today() -> date:
    """Return the date in UTC; near enough for what spans years."""
    return datetime.now(UTC).date()
