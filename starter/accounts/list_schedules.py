"""`schedule list` and `schedule show`: when items are made by themselves, and of what kind."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.table import Table
from temporalio.client import ScheduleDescription
from temporalio.service import RPCError, RPCStatusCode

from schema.items.daily_plan import DailyPlan
from schema.settings import Settings
from starter.accounts.manage_schedules import existing, plan_of
from starter.console.context import say
from starter.console.display import paper
from starter.console.json_output import print_json
from starter.console.session import Session, connected


@dataclass(frozen=True)
class ScheduleState:
    """One schedule, as shown."""

    schedule: str
    account_id: str
    format: str
    topic: str | None
    campaign_id: str | None
    at: str
    """Time of day; empty where a person changed it in the Temporal UI."""
    time_zone: str
    paused: bool
    note: str
    """Why it is paused, or was."""
    next: list[datetime]
    """Its next times; none while it is paused."""


async def list_schedules(settings: Settings, as_json: bool) -> int:
    """List the schedules of all accounts."""
    async with connected(settings) as session:
        names = [entry.id async for entry in await session.client.list_schedules()]
        ours = sorted(name for name in names if name.startswith("account/"))
        found = [shown for one in ours if (shown := await _describe(session, one))]
    if as_json:
        print_json(settings.home, schedules=found)
        return 0
    if not found:
        say("there are no schedules; `reelwright schedule add --account ACCOUNT --at 09:00` adds one")
        return 0
    table = Table(box=None, header_style="bold")
    for name in ("account", "each day at", "format", "topic", "campaign", "next", "note"):
        table.add_column(name, overflow="fold")
    for shown in found:
        following = "paused" if shown.paused else _when(shown)
        at = f"{shown.at} {shown.time_zone}"
        texts = (shown.topic or "", shown.campaign_id or "", following, shown.note)
        table.add_row(shown.account_id, at, shown.format, *map(escape, texts))
    paper().print(table)
    return 0


async def show_schedule(settings: Settings, account_id: str, as_json: bool) -> int:
    """Show an account's schedule."""
    async with connected(settings) as session:
        shown = await _state_of(session, await (await existing(session, account_id)).describe())
    if as_json:
        print_json(settings.home, schedule=shown)
        return 0
    lines = {
        "schedule": shown.schedule,
        "each day": f"{shown.at} {shown.time_zone}",
        "format": shown.format,
        "topic": shown.topic or "",
        "campaign": shown.campaign_id or "",
        "next": f"paused{': ' + shown.note if shown.note else ''}" if shown.paused else _when(shown),
    }
    for name, said in lines.items():
        if said:
            say(f"{name:<9} {said}")
    return 0


async def _describe(session: Session, name: str) -> ScheduleState | None:
    """Return a schedule; None where it was removed a moment ago, which Temporal's list has not heard yet."""
    try:
        return await _state_of(session, await session.client.get_schedule_handle(name).describe())
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None


async def _state_of(session: Session, described: ScheduleDescription) -> ScheduleState:
    plan = await plan_of(session, described)
    state = described.schedule.state
    return ScheduleState(
        schedule=described.id,
        account_id=plan.account_id,
        format=plan.format,
        topic=plan.topic,
        campaign_id=plan.campaign_id,
        at=_at(plan, described),
        time_zone=plan.time_zone,
        paused=state.paused,
        note=state.note or "",
        next=[] if state.paused else list(described.info.next_action_times),
    )


def _at(plan: DailyPlan, described: ScheduleDescription) -> str:
    """Return the time of day, where the schedule still has that of its plan."""
    each_day = [calendar for calendar in described.schedule.spec.calendars if not calendar.year]
    if plan.at is None or len(each_day) != 1:
        return ""
    hour, minute = each_day[0].hour, each_day[0].minute
    same = [one.start for one in (*hour, *minute)] == [plan.at.hour, plan.at.minute]
    return f"{plan.at:%H:%M}" if same else ""


def _when(shown: ScheduleState) -> str:
    zone = ZoneInfo(shown.time_zone)
    return f"{shown.next[0].astimezone(zone):%Y-%m-%d %H:%M %Z}" if shown.next else "never"
