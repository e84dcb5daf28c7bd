"""How activities are called: one constant for each kind of risk."""

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig

from schema import queues

_PATIENT = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), backoff_coefficient=2.0, maximum_interval=timedelta(seconds=10)
)

# A transaction, a small file, a read. It may be repeated for as long as the database is away.
QUICK = ActivityConfig(
    task_queue=queues.CONTROL, start_to_close_timeout=timedelta(seconds=30), retry_policy=_PATIENT
)

# A send that cannot be taken back. Repeating the activity is safe, because the ledger never sends twice: a later
# attempt only finds out what became of the first.
EFFECT = ActivityConfig(
    task_queue=queues.CONTROL, start_to_close_timeout=timedelta(seconds=90), retry_policy=_PATIENT
)

# A clip to bring home and decode once. Harmless to repeat, but not for ever: a vendor's link may be dead.
FETCH = ActivityConfig(
    task_queue=queues.CONTROL,
    start_to_close_timeout=timedelta(minutes=5),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30), maximum_attempts=8
    ),
)

# ffmpeg. Silence means that the worker is gone; the file is made again from the same takes, byte for byte.
RENDER = ActivityConfig(
    task_queue=queues.MEDIA,
    start_to_close_timeout=timedelta(minutes=30),
    heartbeat_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30), maximum_attempts=8
    ),
)


def poll(every: timedelta, deadline: timedelta) -> ActivityConfig:
    """Return the policy of a reading that the server repeats until a job has ended, or `deadline` has passed.

    No slot is held between two readings, and a lost worker costs one of them.
    """
    return ActivityConfig(
        task_queue=queues.CONTROL,
        start_to_close_timeout=timedelta(seconds=30),
        schedule_to_close_timeout=deadline,
        retry_policy=RetryPolicy(initial_interval=every, backoff_coefficient=1.0),
    )
