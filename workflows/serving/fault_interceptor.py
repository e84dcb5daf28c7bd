"""The interceptor of faults: retries races, translates what activities raise, and raises alerts."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.runtime.fault_mapping import line_of, translated
from schema.failure import Fault, is_race

ALARMING_ATTEMPT = 20
"""An activity that has failed so often raises an alert, whatever its reason."""
RACES_AT_MOST = 5
"""How often two writers may meet in one row, one after the other, before that counts as a bug."""
_BETWEEN_RACES = timedelta(seconds=0.05)
_ALARM_PATIENCE = timedelta(seconds=5)
"""With the database: the activity has a time of its own, in which the fault itself must be told."""
_UNREMARKABLE = frozenset({Fault.NOT_READY, Fault.PAUSED})
"""What raises no alert, however often it is met: a job at work, and a person's own stop."""

Alarm = Callable[[str, str], Awaitable[None]]
"""Raises an alert, given its id and its line."""
_log = structlog.get_logger()


class Faults(Interceptor):
    """Turns what the rooms raise into what Temporal understands, in one place.

    Temporal keeps an error with its whole chain of causes, and the worker logs it: so both are only ever given lines
    of ours, and short, cleaned ones of what ours rest on. A vendor client's error quotes all that it was answered.
    """

    def __init__(self, alarm: Alarm | None = None) -> None:
        """`alarm` tells people of bugs, and of activities that fail again and again."""
        self._alarm = alarm

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap every activity."""
        return _Translated(next, self._alarm)


class _Translated(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, alarm: Alarm | None) -> None:
        super().__init__(next)
        self._alarm = alarm

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await self._past_races(input)
        except Exception as error:  # everything an activity raises is told to Temporal; it is raised again
            info = activity.info() if activity.in_activity() else None
            told = translated(error)
            if info and isinstance(told, ApplicationError):
                await self._tell(info, told)
            if told is error:
                raise
            raise told from told.__cause__

    async def _past_races(self, input: ExecuteActivityInput) -> Any:
        """Retry at once where two transactions met in one row: the other's row can then be read."""
        for number in range(1, RACES_AT_MOST):
            try:
                return await self.next.execute_activity(input)
            except Exception as error:  # anything but a race is raised again as it is
                if not is_race(error):
                    raise
                await asyncio.sleep(number * _BETWEEN_RACES.total_seconds())
        return await self.next.execute_activity(input)

    async def _tell(self, info: activity.Info, told: ApplicationError) -> None:
        """Write one line about an expected fault now and then; raise an alert for what a person must look into."""
        item = (info.workflow_id or "").removeprefix("content/")
        is_bug = told.type == Fault.BUG
        if told.type not in _UNREMARKABLE and not is_bug and info.attempt & (info.attempt - 1) == 0:
            _log.warning(
                told.message, item=item, activity=info.activity_type, attempt=info.attempt, fault=told.type
            )
        often = info.attempt >= ALARMING_ATTEMPT and told.type not in _UNREMARKABLE
        # of an item that cannot be opened there is no row that could say so
        unopened = told.non_retryable and info.activity_type == "open_item"
        if self._alarm is None or not (is_bug or often or unopened):
            return
        line = f"{item}: {told.message}"
        if often:
            line = f"{item}: {info.activity_type} has failed {info.attempt} times: {told.message}"
        try:
            async with asyncio.timeout(_ALARM_PATIENCE.total_seconds()):
                await self._alarm(f"fault/{item}/{info.activity_type}/{'often' if often else 'final'}", line)
        except Exception as error:  # the fault itself must reach Temporal, also while alerts cannot be stored
            _log.error("an alert about a fault could not be stored", item=item, error=line_of(error))
