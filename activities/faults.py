"""How a fault looks to Temporal: which is repeated, when, and which ends the activity."""

import errno
from datetime import timedelta
from typing import Any

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, FailureError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.ledger.port import NotResolvedYet, RequestChanged
from activities.outbound.cleaning import cleaned
from schema.failure import Fault, Trouble

REPEATABLE = frozenset({Fault.VENDOR_DOWN, Fault.NOT_READY, Fault.DISK_FULL, Fault.PAUSED})
"""Faults that pass by themselves. For room the workflow waits: it knows for how long."""
LONGEST_REST = timedelta(minutes=5)
"""Between two tries at a vendor that is down."""
MOST_CHARS = 2_000
"""Of one line that goes to Temporal."""
MOST_CAUSES = 5
_OURS = frozenset({"activities", "schema", "signals", "workflows"})
_WORDS_KNOWN = frozenset({"builtins", "psycopg", "httpx", "pydantic_core"})
"""Whose errors say something of use and quote no answer: of anybody else's only the name is told."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def not_ready(line: str, delay: timedelta) -> ApplicationError:
    """Return the error of a poll that found nothing yet: harmless, to be repeated after `delay`."""
    return ApplicationError(
        line, type=Fault.NOT_READY, next_retry_delay=delay, category=ApplicationErrorCategory.BENIGN
    )


def rest_after(attempt: int) -> timedelta:
    """Return how long a vendor that is down is left alone: twice as long each time, for each try is an entry."""
    return min(timedelta(seconds=0.5 * 2 ** min(attempt, 20)), LONGEST_REST)


class Faults(Interceptor):
    """Turns what the rooms raise into what Temporal understands, in one place.

    Temporal keeps an error with its whole chain of causes, and the worker logs it: so both are only ever given lines
    of ours, and short, cleaned ones of what ours rest on. A vendor client's error quotes all that it was answered.
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap every activity."""
        return _Translated(next)


class _Translated(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await self.next.execute_activity(input)
        except Exception as error:  # everything an activity raises is told to Temporal; it is raised again
            told = translated(error)
            if told is error:
                raise
            raise told from told.__cause__


def translated(error: Exception) -> Exception:
    """Return the error that Temporal is given instead, with nothing but cleaned lines in it and in its causes."""
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
            told = not_ready(_line(error), timedelta(seconds=max(error.seconds, 0.1)))
        case _:
            told = ApplicationError(_line(error), type=type(error).__name__)
            told.__traceback__ = error.__traceback__
            told.__cause__ = _causes(_cause_of(error))
            return told
    told.__cause__ = _causes(_cause_of(error) if told is error else error)
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
    room = type(error).__module__.partition(".")[0]
    if room in _OURS or isinstance(error, ApplicationError):
        return str(error)[:MOST_CHARS] or type(error).__name__
    if room in _WORDS_KNOWN:
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
    )
