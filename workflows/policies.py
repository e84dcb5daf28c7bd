"""How activities are called: one function for each kind of risk. Each call has a summary, for the Temporal UI."""

from dataclasses import replace
from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType, ActivityConfig

from activities.bookkeeping.vendor_reading import MOST_ATTEMPTS
from schema import queues
from schema.failure import Fault
from schema.items.plan import ActivityTimeouts

_PATIENT = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=10),
)
_EIGHT_TIMES = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30), maximum_attempts=8
)

_FOR_A_DAY = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=5)
)
"""For what is paid already, and comes home as soon as a vendor is up again or a disk has room."""


def quick(summary: str, timeouts: ActivityTimeouts) -> ActivityConfig:
    """A transaction, a small file, a read. It may be repeated for as long as the database is away."""
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(seconds=30),
        heartbeat_timeout=timeouts.heartbeat,
        retry_policy=_PATIENT,
        summary=summary[:200],
    )


def ask(summary: str, timeouts: ActivityTimeouts) -> ActivityConfig:
    """A call to a writer: slow, perhaps paid, repeated at most once by the ledger."""
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timeouts.writing,
        heartbeat_timeout=timeouts.heartbeat,
        retry_policy=_PATIENT,
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=summary[:200],
    )


def effect(summary: str, timeouts: ActivityTimeouts, *, sends: int = 1) -> ActivityConfig:
    """A send that cannot be taken back, or at most so many, one after the other.

    Repeating the activity is safe, because the ledger never sends twice: a later attempt only finds out what became
    of the first. It sends no heartbeats: a late answer must never be cut short.
    """
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timeouts.effect * sends,
        retry_policy=_PATIENT,
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=summary[:200],
    )


def look(summary: str, timeouts: ActivityTimeouts, *, deadline: timedelta) -> ActivityConfig:
    """A look-up of what was sent, repeated until it is clear or `deadline` has passed."""
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timeouts.effect,
        schedule_to_close_timeout=deadline,
        retry_policy=_PATIENT,
        summary=summary[:200],
    )


def poll(
    summary: str, timeouts: ActivityTimeouts, *, every: timedelta, deadline: timedelta
) -> ActivityConfig:
    """A reading that the server repeats until a job has ended, or `deadline` has passed.

    No slot is held between two readings, and a lost worker costs one of them.
    """
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(seconds=30),
        schedule_to_close_timeout=deadline,
        heartbeat_timeout=timeouts.heartbeat,
        retry_policy=RetryPolicy(initial_interval=every, backoff_coefficient=1.0),
        summary=summary[:200],
    )


def last_reading(summary: str, timeouts: ActivityTimeouts, *, every: timedelta) -> ActivityConfig:
    """One more reading after the deadline, which also runs where no worker was there before.

    It is repeated for an hour where it fails, and not where it finds that the job is still being worked on.
    """
    config = poll(summary, timeouts, every=every, deadline=timedelta(hours=1))
    config["retry_policy"] = RetryPolicy(
        initial_interval=every,
        maximum_interval=timedelta(seconds=30),
        non_retryable_error_types=[Fault.NOT_READY],
    )
    return config


def fetch(summary: str, timeouts: ActivityTimeouts) -> ActivityConfig:
    """What another item made, to copy, or a courtesy to a vendor. Harmless to repeat, but not for ever."""
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(minutes=5),
        heartbeat_timeout=timeouts.heartbeat,
        retry_policy=_EIGHT_TIMES,
        summary=summary[:200],
    )


def bring(summary: str, timeouts: ActivityTimeouts) -> ActivityConfig:
    """The bytes of a paid clip to bring home: whatever passes by itself is waited for, up to a day.

    The activity itself says what does not: `bad_media` ends it.
    """
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(minutes=5),
        schedule_to_close_timeout=timedelta(days=1),
        heartbeat_timeout=timeouts.heartbeat,
        retry_policy=_FOR_A_DAY,
        summary=summary[:200],
    )


def decode(summary: str, timeouts: ActivityTimeouts) -> ActivityConfig:
    """A paid clip to decode in full.

    A missing heartbeat means that the worker is gone; a full disk is waited for, up to a day. The
    activity itself says what does not pass: `bad_media` ends it.
    """
    return ActivityConfig(
        task_queue=queues.MEDIA,
        start_to_close_timeout=timedelta(minutes=30),
        schedule_to_close_timeout=timedelta(days=1),
        heartbeat_timeout=timeouts.render_heartbeat,
        retry_policy=_FOR_A_DAY,
        summary=summary[:200],
    )


def render(summary: str, timeouts: ActivityTimeouts) -> ActivityConfig:
    """ffmpeg. Silence means that the worker is gone; the file is made again from the same takes, byte for byte."""
    return ActivityConfig(
        task_queue=queues.MEDIA,
        start_to_close_timeout=timedelta(minutes=30),
        heartbeat_timeout=timeouts.render_heartbeat,
        retry_policy=_EIGHT_TIMES,
        summary=summary[:200],
    )


def audit(summary: str, timeouts: ActivityTimeouts) -> ActivityConfig:
    """A vendor's listing, many pages perhaps. The activity itself says before its last attempt why it was not read."""
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(minutes=10),
        heartbeat_timeout=timeouts.heartbeat,
        retry_policy=replace(_EIGHT_TIMES, maximum_attempts=MOST_ATTEMPTS),
        summary=summary[:200],
    )
