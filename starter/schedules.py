"""`schedule ...`: daily production as a Temporal Schedule per account, seen and steered in the Temporal UI as well."""

import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table
from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleBackfill,
    ScheduleCalendarSpec,
    ScheduleHandle,
    ScheduleListDescription,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from activities.open_item import platforms_of
from activities.store import accounts, campaigns
from schema import queues
from schema.account import Account
from schema.failure import Fault, Trouble
from schema.format import makeable_format
from schema.limits import MAX_TOPIC
from schema.payload import first_problem
from schema.plan import DailyPlan
from schema.settings import Settings
from starter.context import tell
from starter.display import paper
from starter.given import line_given
from starter.session import Session, connected
from workflows import attributes
from workflows.plan_day import PlanDay

CATCH_UP = timedelta(minutes=30)
"""A fire that was missed for longer, because the server was down, is not made up for."""


def schedule_id(account_id: str) -> str:
    """Return the id of an account's daily production: adding it again meets the first."""
    return f"account/{account_id}/daily"


async def add_schedule(
    settings: Settings, account_id: str, at: str, format_name: str, topic: str | None, campaign: str | None
) -> int:
    """Make one item a day at a time of day in the account's own time zone, whatever the clocks do."""
    moment = _time_of_day(at)
    topic = line_given("--topic", topic, MAX_TOPIC)
    async with connected(settings) as session:
        async with session.database.transaction() as connection:
            account = await accounts.get(connection, account_id)
            if campaign is not None:
                await campaigns.of_account(connection, campaign, account_id)
        chosen, _ = makeable_format(format_name)
        platforms_of(chosen, account)
        try:
            plan = DailyPlan(
                account_id=account_id,
                format=chosen.name,
                topic=topic,
                campaign_id=campaign,
                time_zone=account.time_zone,
            )
        except ValidationError as error:
            raise Trouble(Fault.BAD_INPUT, first_problem(error)) from None
        await _create_or_update(session, plan, _schedule(plan, moment))
    tell(f"{schedule_id(account_id)}: one {format_name} a day at {moment:%H:%M} {account.time_zone}")
    return 0


async def list_schedules(settings: Settings, as_json: bool) -> int:
    """List the schedules of all accounts."""
    async with connected(settings) as session:
        found = [
            _seen(entry)
            async for entry in await session.client.list_schedules()
            if entry.id.startswith("account/")
        ]
    if as_json:
        sys.stdout.write(json.dumps([seen.__dict__ for seen in found], indent=2) + "\n")
        return 0
    table = Table(box=None, header_style="bold")
    for name in ("schedule", "each day at", "paused", "next", "note"):
        table.add_column(name, overflow="fold")
    for seen in found:
        following = f"{datetime.fromisoformat(seen.next[0]):%Y-%m-%d %H:%M %Z}" if seen.next else ""
        table.add_row(seen.schedule, seen.at, "yes" if seen.paused else "no", following, escape(seen.note))
    paper().print(table)
    return 0


@dataclass(frozen=True)
class Seen:
    """One schedule, as listed."""

    schedule: str
    at: str
    """Time of day and time zone; empty where somebody made it something else in the Temporal UI."""
    paused: bool
    note: str
    next: list[str]
    """Its next times, ISO 8601."""


def _seen(entry: ScheduleListDescription) -> Seen:
    return Seen(
        schedule=entry.id,
        at=_at(entry.schedule.spec) if entry.schedule else "",
        paused=bool(entry.schedule and entry.schedule.state.paused),
        note=(entry.schedule.state.note or "") if entry.schedule else "",
        next=[moment.astimezone(_zone(entry)).isoformat() for moment in entry.info.next_action_times]
        if entry.info
        else [],
    )


def _zone(entry: ScheduleListDescription) -> ZoneInfo:
    return ZoneInfo((entry.schedule and entry.schedule.spec.time_zone_name) or "UTC")


def _at(spec: ScheduleSpec) -> str:
    match spec.calendars:
        case [ScheduleCalendarSpec(hour=[hour], minute=[minute])]:
            return f"{hour.start:02d}:{minute.start:02d} {spec.time_zone_name or 'UTC'}"
        case _:
            return ""


async def pause_schedule(settings: Settings, account_id: str, note: str) -> int:
    """Let no more items start by themselves."""
    async with connected(settings) as session:
        await (await _existing(session, account_id)).pause(note=note or "paused from the command line")
    tell(f"{schedule_id(account_id)}: paused")
    return 0


async def resume_schedule(settings: Settings, account_id: str) -> int:
    """Let items start by themselves again."""
    async with connected(settings) as session:
        await (await _existing(session, account_id)).unpause(note="resumed from the command line")
    tell(f"{schedule_id(account_id)}: resumed")
    return 0


async def trigger_schedule(settings: Settings, account_id: str) -> int:
    """Start an item now."""
    async with connected(settings) as session:
        await (await _existing(session, account_id)).trigger()
    tell(f"{schedule_id(account_id)}: triggered; `reelwright items --account {account_id}` shows the item")
    return 0


async def move_schedule(session: Session, account: Account) -> None:
    """Let the account's daily production, where there is one, follow its time zone."""

    async def moved(found: ScheduleUpdateInput) -> ScheduleUpdate:
        schedule = found.description.schedule
        assert isinstance(schedule.action, ScheduleActionStartWorkflow)
        plan = (await session.client.data_converter.decode(schedule.action.args, [DailyPlan]))[0]
        schedule.action.args = [plan.model_copy(update={"time_zone": account.time_zone})]
        schedule.spec.time_zone_name = account.time_zone
        return ScheduleUpdate(schedule=schedule)

    try:
        await session.client.get_schedule_handle(schedule_id(account.account_id)).update(moved)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


async def backfill_schedule(settings: Settings, account_id: str, start: str, end: str) -> int:
    """Fire for past days; an item that a day already has is met, not made again."""
    async with connected(settings) as session:
        handle = await _existing(session, account_id)
        async with session.database.transaction() as connection:
            zone = ZoneInfo((await accounts.get(connection, account_id)).time_zone)
        first, last = _day(start), _day(end)
        if last < first:
            raise Trouble(Fault.BAD_INPUT, f"--from {start} is after --to {end}; swap them")
        await handle.backfill(
            ScheduleBackfill(
                start_at=datetime.combine(first, time.min, zone).astimezone(UTC) - timedelta(seconds=1),
                end_at=datetime.combine(last, time.max, zone).astimezone(UTC),
                overlap=ScheduleOverlapPolicy.ALLOW_ALL,
            )
        )
    tell(f"{schedule_id(account_id)}: fired for {first} to {last}")
    return 0


async def remove_schedule(settings: Settings, account_id: str) -> int:
    """End the account's daily production."""
    async with connected(settings) as session:
        await (await _existing(session, account_id)).delete()
    tell(f"{schedule_id(account_id)}: removed; items that have started go on")
    return 0


def _schedule(plan: DailyPlan, moment: time) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            PlanDay.run,
            plan,
            id=f"plan/{plan.account_id}",
            task_queue=queues.CONTROL,
            typed_search_attributes=attributes.at_start(plan.account_id, plan.format),
            static_summary=f"plans one {plan.format} for {plan.account_id}",
        ),
        spec=ScheduleSpec(
            calendars=[
                ScheduleCalendarSpec(hour=[ScheduleRange(moment.hour)], minute=[ScheduleRange(moment.minute)])
            ],
            time_zone_name=plan.time_zone,
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP),
        state=ScheduleState(note=plan.format),
    )


async def _create_or_update(session: Session, plan: DailyPlan, wanted: Schedule) -> None:
    name = schedule_id(plan.account_id)

    def replace(found: ScheduleUpdateInput) -> ScheduleUpdate:
        wanted.state.paused = found.description.schedule.state.paused
        return ScheduleUpdate(schedule=wanted)

    try:
        await session.client.create_schedule(name, wanted)
    except ScheduleAlreadyRunningError:
        await session.client.get_schedule_handle(name).update(replace)


async def _existing(session: Session, account_id: str) -> ScheduleHandle:
    handle = session.client.get_schedule_handle(schedule_id(account_id))
    try:
        await handle.describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise Trouble(
            Fault.BAD_INPUT,
            f"{account_id!r} has no schedule; `reelwright schedule add --account {account_id} --at 09:00`",
        ) from None
    return handle


def _time_of_day(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  a time of day; its zone is the account's
    except ValueError:
        raise Trouble(Fault.BAD_INPUT, f"--at {text!r} is no time of day; write it like 09:00") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Trouble(Fault.BAD_INPUT, f"{text!r} is no day; write it like 2026-11-01") from None
