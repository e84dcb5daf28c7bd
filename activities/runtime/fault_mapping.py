"""How a fault looks to Temporal: which is repeated, when, and which ends the activity."""

import errno
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, FailureError

from activities.ledger.port import NotResolvedYet, RequestChanged
from activities.outbound.cleaning import cleaned
from schema.failure import Fault, NoEffect, Trouble, can_pass

REPEATABLE = frozenset({Fault.VENDOR_DOWN, Fault.NOT_READY, Fault.DISK_FULL, Fault.PAUSED, Fault.UNRESOLVED})
"""Faults that pass by themselves. For room the workflow waits: it knows for how long."""
LONGEST_REST = timedelta(minutes=5)
"""Between two tries at a vendor that is down."""
MOST_CHARS = 2_000
"""Of one line that goes to Temporal."""
MOST_CAUSES = 5
_OURS = frozenset({"activities", "schema", "signals", "workflows"})
_WORDS_KNOWN = frozenset({"builtins", "psycopg", "httpx", "pydantic_core"})
"""Packages whose error texts quote no vendor's answer. Of all others only the class is named."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def not_ready(line: str, delay: timedelta, fault: Fault = Fault.NOT_READY) -> ApplicationError:
    """Return the error of a read that found nothing yet: harmless, to be repeated after `delay`."""
    return ApplicationError(
        line, type=fault, next_retry_delay=delay, category=ApplicationErrorCategory.BENIGN
    )


def rest_after(attempt: int) -> timedelta:
    """Return how long to leave a vendor that is down alone: twice as long each time."""
    return min(timedelta(seconds=0.5 * 2 ** min(attempt, 20)), LONGEST_REST)


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
            told = ApplicationError(line_of(error), type=Fault.BAD_INPUT, non_retryable=True)
        case NotResolvedYet():
            told = not_ready(line_of(error), timedelta(seconds=max(error.seconds, 0.1)), Fault.UNRESOLVED)
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
        line_of(error),
        type=type(error).__name__,
        non_retryable=non_retryable,
        category=ApplicationErrorCategory.BENIGN,
    )
    told.__traceback__ = error.__traceback__
    return told


def _bug(error: Exception) -> ApplicationError:
    where = f" in {activity.info().activity_type}" if activity.in_activity() else ""
    said = line_of(error)
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
    told = ApplicationError(line_of(error), type=type(error).__name__)
    told.__traceback__ = error.__traceback__
    told.__cause__ = _causes(_cause_of(error), most - 1)
    return told


def _cause_of(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def line_of(error: BaseException) -> str:
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
        line_of(trouble),
        type=trouble.fault,
        non_retryable=trouble.fault not in REPEATABLE,
        next_retry_delay=trouble.after,
        category=ApplicationErrorCategory.BENIGN,
    )
