"""When a budget has no room: to be waited for a while, or refused."""

from datetime import UTC, datetime, timedelta

from temporalio import activity

from schema.failure import Fault, Trouble
from schema.operation import Refusal


def no_room(refusal: Refusal, patience: timedelta) -> Trouble:
    """Return what a refusal means inside an activity.

    `headroom_reserved` (may be repeated) while only open reservations stand in the way, but for no longer than
    `patience` since the activity was first wanted; else `refused_by_cap`.
    """
    wanted = activity.info()
    waited = datetime.now(UTC) - wanted.scheduled_time
    if refusal.passes and (wanted.attempt == 1 or waited < patience):
        return Trouble(Fault.HEADROOM_RESERVED, refusal.in_words())
    line = f"; it was waited for {patience.total_seconds():g} s" if refusal.passes else ""
    return Trouble(Fault.REFUSED_BY_CAP, f"{refusal.in_words()}{line}")
