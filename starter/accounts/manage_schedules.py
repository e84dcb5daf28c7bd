"""`schedule ...`: daily production as a Temporal Schedule per account, seen and steered in the Temporal UI as well."""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from temporalio.client import (
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleDescription,
    ScheduleHandle,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from activities.open_item import platforms_of
from activities.platforms.platform_registry import PLATFORMS
from activities.store import account_rows, campaign_rows
from schema.failure import Fault, Trouble
from schema.formats.format_file import makeable_format
from schema.items.account import Account
from schema.items.daily_plan import DailyPlan, DailyPlanForm, Planned
from schema.limits import MAX_TOPIC
from schema.payload import taken_in
from schema.settings import Settings
from starter.accounts.recurrence import PAST, only, schedule_id, schedule_of, today
from starter.accounts.time_zone import check_zone
from starter.console.context import say
from starter.console.json_output import print_json
from starter.console.option_values import line_value
from starter.console.session import Session, connected
from workflows.plan_day import PlanDay
from workflows.serving.namespace import can_search

_PATIENCE = timedelta(seconds=10)
"""With a worker that plans what was asked for by hand."""


async def add_schedule(
    settings: Settings, account_id: str, at: str, format_name: str, topic: str | None, campaign: str | None
) -> int:
    """Make one item a day at a time of day in the account's own time zone, whatever the clocks do.

    Raises `Trouble` (`bad_input`) where the account has a schedule.
    """
    moment = _time_of_day(at)
    topic = line_value("--topic", topic, MAX_TOPIC)
    async with connected(settings) as session:
        given = {"account_id": account_id, "format": format_name, "topic": topic, "at": moment}
        plan = await _checked(session, given | {"campaign_id": campaign})
        try:
            await session.client.create_schedule(
                schedule_id(account_id), schedule_of(plan, searched=await can_search(session.client))
            )
        except ScheduleAlreadyRunningError:
            raise Trouble(
                Fault.BAD_INPUT,
                f"{account_id!r} has a schedule; `reelwright schedule set --account {account_id}` changes it",
            ) from None
    say(_in_words(plan))
    return 0


async def change_schedule(settings: Settings, account_id: str, changed: dict[str, str | None]) -> int:
    """Change time, format, topic or campaign; an empty topic or campaign takes it away.

    Raises `Trouble` (`bad_input`) where nothing was given to change.
    """
    given = {name: value or None for name, value in changed.items() if value is not None}
    if not given:
        raise Trouble(
            Fault.BAD_INPUT, "nothing to change was given; `reelwright schedule set --help` shows what can be"
        )
    if topic := changed.get("topic"):
        given["topic"] = line_value("--topic", topic, MAX_TOPIC)
    if at := changed.get("at"):
        moment: dict[str, object] = {"at": _time_of_day(at)}
    else:
        moment = {}
    async with connected(settings) as session:
        before = await plan_of(session, await (await existing(session, account_id)).describe())
        plan = await _checked(session, before.model_dump() | given | moment)
        await _replace(session, plan)
    say(_in_words(plan))
    return 0


async def move_schedule(session: Session, account: Account) -> None:
    """Let the account's daily production, where there is one, follow its time zone."""
    with contextlib.suppress(Trouble):
        described = await (await existing(session, account.account_id)).describe()
        plan = await plan_of(session, described)
        await _replace(session, plan.model_copy(update={"time_zone": account.time_zone}))


async def pause_schedule(settings: Settings, account_id: str, note: str) -> int:
    """Let no more items start by themselves."""
    async with connected(settings) as session:
        await (await existing(session, account_id)).pause(note=note or "paused from the command line")
    say(f"{schedule_id(account_id)}: paused")
    return 0


async def resume_schedule(settings: Settings, account_id: str) -> int:
    """Let items start by themselves again."""
    async with connected(settings) as session:
        await (await existing(session, account_id)).unpause(note="resumed from the command line")
    say(f"{schedule_id(account_id)}: resumed")
    return 0


async def remove_schedule(settings: Settings, account_id: str) -> int:
    """End the account's daily production."""
    async with connected(settings) as session:
        await (await existing(session, account_id)).delete()
    say(f"{schedule_id(account_id)}: removed; items that have started go on")
    return 0


async def trigger_schedule(settings: Settings, account_id: str, as_json: bool) -> int:
    """Start an item now, beside the day's own; says which, once a worker has named it."""
    async with connected(settings) as session:
        handle = await existing(session, account_id)
        before = (await handle.describe()).info.num_actions
        await handle.trigger()
        planned = await _planned(session, handle, before)
    item_id = planned.item_id if planned else None
    if as_json:
        print_json(settings.home, schedule=schedule_id(account_id), item_id=item_id)
    else:
        named = f"{item_id} has begun" if item_id else "triggered; the item begins once a worker runs"
        say(f"{schedule_id(account_id)}: {named}")
    return 0


async def backfill_schedule(settings: Settings, account_id: str, start: str, end: str, as_json: bool) -> int:
    """Fire for past days; an item that a day already has is met, not made again."""
    first, last = _day(start), _day(end)
    if last < first:
        raise Trouble(Fault.BAD_INPUT, f"--from {start} is after --to {end}; swap them")
    async with connected(settings) as session:
        handle = await existing(session, account_id)
        plan = await plan_of(session, await handle.describe())
        if first < today() - PAST:
            await _replace(session, plan, first)
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        moments = [due for day in days if (due := plan.due(day))]
        # each by itself: at a day that there is not, Temporal repeats the one before
        await handle.backfill(*map(only, moments))
    items = [plan.item_id(due) for due in moments]
    if as_json:
        print_json(settings.home, schedule=schedule_id(account_id), items=[{"item_id": one} for one in items])
    else:
        say(f"{schedule_id(account_id)}: fired for {first} to {last}: {', '.join(items)}")
    return 0


async def existing(session: Session, account_id: str) -> ScheduleHandle:
    """Return an account's schedule. Raises `Trouble` (`bad_input`) where it has none."""
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


async def require_no_schedule(session: Session, account_id: str, campaign_id: str | None = None) -> None:
    """Raise `Trouble` (`bad_input`) where an account has a schedule, or one whose items fall under a campaign."""
    try:
        described = await (await existing(session, account_id)).describe()
    except Trouble:
        return
    if campaign_id is None or (await plan_of(session, described)).campaign_id == campaign_id:
        raise Trouble(
            Fault.BAD_INPUT,
            f"{account_id!r} makes items each day; end that with `reelwright schedule remove --account {account_id}`",
        )


async def plan_of(session: Session, described: ScheduleDescription) -> DailyPlan:
    """Return what a schedule asks for each day."""
    action = described.schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    return (await session.client.data_converter.decode(action.args, [DailyPlan]))[0]


async def _checked(session: Session, given: Mapping[str, object]) -> DailyPlan:
    """Return the plan, in the account's time zone. Raises `Trouble` for what could not be made on any day."""
    plan = taken_in(DailyPlanForm, given)
    async with session.database.transaction() as connection:
        account = await account_rows.get(connection, plan.account_id)
        if plan.campaign_id is not None:
            await campaign_rows.of_account(connection, plan.campaign_id, plan.account_id)
        await check_zone(connection, account.time_zone)
    chosen, _ = makeable_format(plan.format)
    platforms_of(chosen, account, PLATFORMS)
    return plan.model_copy(update={"time_zone": account.time_zone})


async def _replace(session: Session, plan: DailyPlan, first: date | None = None) -> None:
    """Put a plan in place of the one that its account's schedule has."""
    searched = await can_search(session.client)

    def replaced(found: ScheduleUpdateInput) -> ScheduleUpdate:
        wanted = schedule_of(plan, first, searched=searched)
        wanted.state = found.description.schedule.state
        return ScheduleUpdate(schedule=wanted)

    await session.client.get_schedule_handle(schedule_id(plan.account_id)).update(replaced)


async def _planned(session: Session, handle: ScheduleHandle, before: int) -> Planned | None:
    """Return what the newest run of a schedule has planned; None where no worker answers in time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            info = (await handle.describe()).info
            while info.num_actions <= before:
                await asyncio.sleep(0.1)
                info = (await handle.describe()).info
            run = info.recent_actions[-1].action
            assert isinstance(run, ScheduleActionExecutionStartWorkflow)
            planner = session.client.get_workflow_handle_for(PlanDay.run, run.workflow_id)
            return await planner.result()
    return None


def _in_words(plan: DailyPlan) -> str:
    return f"{schedule_id(plan.account_id)}: one {plan.format} a day at {plan.at:%H:%M} {plan.time_zone}"


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
