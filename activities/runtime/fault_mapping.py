"""How a fault looks to Temporal: which is repeated, when, and which ends the activity."""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, FailureError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.ledger.port import NotResolvedYet, RequestChanged
from activities.outbound.cleaning import cleaned
from schema.failure import Fault, NoEffect, Trouble, can_pass, is_race

REPEATABLE = frozenset({Fault.VENDOR_DOWN, Fault.NOT_READY, Fault.DISK_FULL, Fault.PAUSED, Fault.UNRESOLVED})
"""Faults that pass by themselves. For room the workflow waits: it knows for how long."""
LONGEST_REST = timedelta(minutes=5)
"""Between two tries at a vendor that is down."""
MOST_CHARS = 2_000
"""Of one line that goes to Temporal."""
MOST_CAUSES = 5
ALARMING_ATTEMPT = 20
"""An activity that has failed so often raises an alert, whatever its reason."""
RACES_AT_MOST = 5
"""How often two writers may meet in one row, one after the other, before that counts as a bug."""
_BETWEEN_RACES = timedelta(seconds=0.05)
_ALARM_PATIENCE = timedelta(seconds=5)
"""With the database: the activity has a time of its own, in which the fault itself must be told."""
_OURS = frozenset({"activities", "schema", "signals", "workflows"})
_WORDS_KNOWN = frozenset({"builtins", "psycopg", "httpx", "pydantic_core"})
"""Packages whose error texts quote no vendor's answer. Of all others only the class is named."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_UNREMARKABLE = frozenset({Fault.NOT_READY, Fault.PAUSED})
"""What raises no alert, however often it is met: a job at work, and a person's own stop."""

Alarm = Callable[[str, str], Awaitable[None]]
"""Raises an alert, given its id and its line."""
_log = structlog.get_logger()


def not_ready(line: str, delay: timedelta, fault: Fault = Fault.NOT_READY) -> ApplicationError:
    """Return the error of a read that found nothing yet: harmless, to be repeated after `delay`."""
    return ApplicationError(
        line, type=fault, next_retry_delay=delay, category=ApplicationErrorCategory.BENIGN
    )


def rest_after(attempt: int) -> timedelta:
    """Return how long to leave a vendor that is down alone: twice as long each time."""
    return min(timedelta(seconds=0.5 * 2 ** min(attempt, 20)), LONGEST_REST)


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
            _log.error("an alert about a fault could not be stored", item=item, error=_line(error))


def translated(error: Exception) -> Exception:
    """Return the error that Temporal is given instead, with nothing but cleaned lines in it and in its causes.

    Whatever is not known to pass by itself is a bug of ours and ends the activity.
    """
    match error:
        case ApplicationError():
            told = error
        case FailureError():
            return error  # Temporal's own, a cancellation for instance
        case Trouble():
            told = _of_trouble(error)
        case OSError() if error.errno in _FULL:
            told = _of_trouble(Trouble(Fault.DISK_FULL, _no_room(error)))
        case RequestChanged():
            told = ApplicationError(_line(error), type=Fault.BAD_INPUT, non_retryable=True)
        case NotResolvedYet():
            told = not_ready(_line(error), timedelta(seconds=max(error.seconds, 0.1)), Fault.UNRESOLVED)
        case NoEffect():
            told = _passing(error, non_retryable=not error.repeatable)
        case _ if can_pass(error):
            told = _passing(error)
        case _:
            told = _bug(error)
    own = told is error or told.__traceback__ is not None
    told.__cause__ = _causes(_cause_of(error) if own else error)
    return told


def _passing(error: Exception, *, non_retryable: bool = False) -> ApplicationError:
    told = ApplicationError(
        _line(error),
        type=type(error).__name__,
        non_retryable=non_retryable,
        category=ApplicationErrorCategory.BENIGN,
    )
    told.__traceback__ = error.__traceback__
    return told


def _bug(error: Exception) -> ApplicationError:
    where = f" in {activity.info().activity_type}" if activity.in_activity() else ""
    said = _line(error)
    what = said if said == type(error).__name__ else f"{type(error).__name__}: {said}"
    told = ApplicationError(
        f"a bug of ours{where} ({what}); please report it with what `reelwright logs worker` says",
        type=Fault.BUG,
        non_retryable=True,
    )
    told.__traceback__ = error.__traceback__
    return told


def _causes(error: BaseException | None, most: int = MOST_CAUSES) -> ApplicationError | None:
    """Return a chain of causes in our own words: its types and where they were raised are kept."""
    if error is None or not most:
        return None
    told = ApplicationError(_line(error), type=type(error).__name__)
    told.__traceback__ = error.__traceback__
    told.__cause__ = _causes(_cause_of(error), most - 1)
    return told


def _cause_of(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _line(error: BaseException) -> str:
    """Return what an error says, as far as it may be told."""
    package = type(error).__module__.partition(".")[0]
    if package in _OURS or isinstance(error, ApplicationError):
        return str(error)[:MOST_CHARS] or type(error).__name__
    if package in _WORDS_KNOWN:
        return cleaned(str(error).partition("\n")[0]) or type(error).__name__
    return type(error).__name__


def _no_room(error: OSError) -> str:
    where = f" for {str(error.filename)!r}" if error.filename else ""
    return f"there is no room left on the disk{where}; make some soon, and it goes on by itself"


def _of_trouble(trouble: Trouble) -> ApplicationError:
    return ApplicationError(
        _line(trouble),
        type=trouble.fault,
        non_retryable=trouble.fault not in REPEATABLE,
        next_retry_delay=trouble.after,
        category=ApplicationErrorCategory.BENIGN,
    )
