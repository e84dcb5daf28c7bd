"""How a fault looks to Temporal: which is repeated, when, and which ends the activity."""

import errno
from datetime import timedelta
from typing import Any, NoReturn

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.ledger.port import NotResolvedYet, RequestChanged
from schema.failure import Fault, Trouble

REPEATABLE = frozenset({Fault.VENDOR_DOWN, Fault.NOT_READY, Fault.DISK_FULL, Fault.PAUSED})
"""Faults that pass by themselves. For room the workflow waits: it knows for how long."""
LONGEST_REST = timedelta(minutes=5)
"""Between two tries at a vendor that is down."""
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
    """Turns what the rooms raise into what Temporal understands, in one place."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap every activity."""
        return _Translated(next)


class _Translated(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await self.next.execute_activity(input)
        except Trouble as trouble:
            _raise(trouble)
        except OSError as error:
            if error.errno in _FULL:
                _raise(Trouble(Fault.DISK_FULL, _no_room(error)))
            raise
        except RequestChanged as error:
            raise ApplicationError(str(error), type=Fault.BAD_INPUT, non_retryable=True) from error
        except NotResolvedYet as wait:
            raise not_ready(str(wait), timedelta(seconds=max(wait.seconds, 0.1))) from wait


def _no_room(error: OSError) -> str:
    where = f" for {str(error.filename)!r}" if error.filename else ""
    return f"there is no room left on the disk{where}; make some soon, and it goes on by itself"


def _raise(trouble: Trouble) -> NoReturn:
    raise ApplicationError(
        str(trouble)[:2_000],
        type=trouble.fault,
        non_retryable=trouble.fault not in REPEATABLE,
        next_retry_delay=trouble.after,
    ) from trouble
