"""How activities are called: one function for each kind of risk. Each call has a summary, for the Temporal UI."""

from dataclasses import replace
from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType, ActivityConfig

from activities.bookkeeping.vendor_reading import MOST_ATTEMPTS
from schema import queues
from schema.failure import Fault
from schema.items.plan import Patience

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


def quick(summary: str, patience: Patience) -> ActivityConfig:
    """A transaction, a small file, a read. It may be repeated for as long as the database is away."""
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(seconds=30),
        heartbeat_timeout=patience.silence,
        retry_policy=_PATIENT,
        summary=summary[:200],
    )


def ask(summary: str, patience: Patience) -> ActivityConfig:
    """Words to be written, perhaps by a model that takes its time and its money; the ledger asks at most once more."""
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=patience.ask,
        heartbeat_timeout=patience.silence,
        retry_policy=_PATIENT,
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=summary[:200],
    )


def effect(summary: str, patience: Patience, *, sends: int = 1) -> ActivityConfig:
    """A send that cannot be taken back, or at most so many, one after the other.

    Repeating the activity is safe, because the ledger never sends twice: a later attempt only finds out what became
    of the first. It has no pulse: a late answer must never be cut short.
    """
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=patience.effect * sends,
        retry_policy=_PATIENT,
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=summary[:200],
    )


def look(summary: str, patience: Patience, *, deadline: timedelta) -> ActivityConfig:
    """A look-up of what was sent, repeated until it is clear, or `deadline` has passed: then it is left to a person."""
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=patience.effect,
        schedule_to_close_timeout=deadline,
        retry_policy=_PATIENT,
        summary=summary[:200],
    )


def poll(summary: str, patience: Patience, *, every: timedelta, deadline: timedelta) -> ActivityConfig:
    """A reading that the server repeats until a job has ended, or `deadline` has passed.

    No slot is held between two readings, and a lost worker costs one of them.
    """
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(seconds=30),
        schedule_to_close_timeout=deadline,
        heartbeat_timeout=patience.silence,
        retry_policy=RetryPolicy(initial_interval=every, backoff_coefficient=1.0),
        summary=summary[:200],
    )


def last_reading(summary: str, patience: Patience, *, every: timedelta) -> ActivityConfig:
    """One more reading after the deadline, which also runs while nobody is there to read.

    It is repeated for an hour where it fails, and not where it finds that the job is still being worked on.
    """
    config = poll(summary, patience, every=every, deadline=timedelta(hours=1))
    config["retry_policy"] = RetryPolicy(
        initial_interval=every,
        maximum_interval=timedelta(seconds=30),
        non_retryable_error_types=[Fault.NOT_READY],
    )
    return config


def fetch(summary: str, patience: Patience) -> ActivityConfig:
    """What another item made, to copy, or a courtesy to a vendor. Harmless to repeat, but not for ever."""
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(minutes=5),
        heartbeat_timeout=patience.silence,
        retry_policy=_EIGHT_TIMES,
        summary=summary[:200],
    )


def bring(summary: str, patience: Patience) -> ActivityConfig:
    """The bytes of a paid clip to bring home: whatever passes by itself is waited for, up to a day.

    The activity itself says what does not: `bad_media` ends it.
    """
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(minutes=5),
        schedule_to_close_timeout=timedelta(days=1),
        heartbeat_timeout=patience.silence,
        retry_policy=_FOR_A_DAY,
        summary=summary[:200],
    )


def decode(summary: str, patience: Patience) -> ActivityConfig:
    """A paid clip to decode in full. Silence means that the worker is gone; a full disk is waited for, up to a day.

    The activity itself says what does not pass: `bad_media` ends it.
    """
    return ActivityConfig(
        task_queue=queues.MEDIA,
        start_to_close_timeout=timedelta(minutes=30),
        schedule_to_close_timeout=timedelta(days=1),
        heartbeat_timeout=patience.render,
        retry_policy=_FOR_A_DAY,
        summary=summary[:200],
    )


def render(summary: str, patience: Patience) -> ActivityConfig:
    """ffmpeg. Silence means that the worker is gone; the file is made again from the same takes, byte for byte."""
    return ActivityConfig(
        task_queue=queues.MEDIA,
        start_to_close_timeout=timedelta(minutes=30),
        heartbeat_timeout=patience.render,
        retry_policy=_EIGHT_TIMES,
        summary=summary[:200],
    )


def audit(summary: str, patience: Patience) -> ActivityConfig:
    """A vendor's listing, many pages perhaps. The activity itself says before its last attempt why it was not read."""
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(minutes=10),
        heartbeat_timeout=patience.silence,
        retry_policy=replace(_EIGHT_TIMES, maximum_attempts=MOST_ATTEMPTS),
        summary=summary[:200],
    )
