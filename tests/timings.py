"""The one set of short timings: the tests run the same code as people, and wait less."""

from datetime import timedelta

from schema.settings import Timings

SHORT = Timings(
    poll=timedelta(seconds=0.1),
    send_deadline=timedelta(seconds=1.2),
    visibility_delay=timedelta(seconds=0.4),
    headroom_wait=timedelta(seconds=2),
    relay=timedelta(seconds=1),
    reminders=(timedelta(seconds=1),),
    graceful_shutdown=timedelta(seconds=1),
)
"""In the process of the test, with vendors that answer at once."""
ALONE = SHORT.model_copy(update={"request": timedelta(seconds=0.2), "effect": timedelta(seconds=0.4)})
"""Of a ledger without workers: a sender that vanished is soon one that can no longer be sending."""
PROCESSES = SHORT.model_copy(
    update={
        "request": timedelta(seconds=3),
        "effect": timedelta(seconds=6),
        "heartbeat": timedelta(seconds=2.5),
        "render_heartbeat": timedelta(seconds=6),
        "listing": timedelta(seconds=1),
    }
)
"""Of workers that are killed or paused: what is lost is noticed within seconds."""


def settings_of(timings: Timings, *names: str) -> dict[str, str]:
    """Return timings as settings of a process: those that are named, or all that were set."""
    told = timings.model_dump(include=set(names or timings.model_fields_set) - {"reminders"})
    return {
        f"REELWRIGHT_TIMINGS__{name.upper()}": f"{length.total_seconds():g}" for name, length in told.items()
    }
