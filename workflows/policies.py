"""How activities are called: one function for each kind of risk. Each call has a summary, for the Temporal UI."""

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig

from schema import queues

_PATIENT = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=10),
)
_EIGHT_TIMES = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30), maximum_attempts=8
)


_SILENCE = timedelta(seconds=10)
"""After which a worker counts as dead: `activities/pulse.py` beats for these while it lives. Not for effects, which a
late answer must never cut short."""


def quick(summary: str) -> ActivityConfig:
    """A transaction, a small file, a read. It may be repeated for as long as the database is away."""
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(seconds=30),
        heartbeat_timeout=_SILENCE,
        retry_policy=_PATIENT,
        summary=summary[:200],
    )


def effect(summary: str) -> ActivityConfig:
    """A send that cannot be taken back.

    Repeating the activity is safe, because the ledger never sends twice: a later attempt only finds out what became
    of the first.
    """
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(seconds=90),
        retry_policy=_PATIENT,
        summary=summary[:200],
    )


def poll(summary: str, *, every: timedelta, deadline: timedelta) -> ActivityConfig:
    """A reading that the server repeats until a job has ended, or `deadline` has passed.

    No slot is held between two readings, and a lost worker costs one of them.
    """
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(seconds=30),
        schedule_to_close_timeout=deadline,
        heartbeat_timeout=_SILENCE,
        retry_policy=RetryPolicy(initial_interval=every, backoff_coefficient=1.0),
        summary=summary[:200],
    )


def fetch(summary: str) -> ActivityConfig:
    """A clip to bring home and decode once. Harmless to repeat, but not for ever: a vendor's link may be dead."""
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(minutes=5),
        heartbeat_timeout=_SILENCE,
        retry_policy=_EIGHT_TIMES,
        summary=summary[:200],
    )


def render(summary: str) -> ActivityConfig:
    """ffmpeg. Silence means that the worker is gone; the file is made again from the same takes, byte for byte."""
    return ActivityConfig(
        task_queue=queues.MEDIA,
        start_to_close_timeout=timedelta(minutes=30),
        heartbeat_timeout=timedelta(seconds=20),
        retry_policy=_EIGHT_TIMES,
        summary=summary[:200],
    )
