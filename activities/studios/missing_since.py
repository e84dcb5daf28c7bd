"""How long something has been missing about a job."""

from datetime import timedelta

from activities.outbound.boot_clock import since_boot

_MOST_JOBS = 10_000


class MissingSince:
    """Knows for how long something has been missing about each job, as far as this process has seen."""

    def __init__(self, within: timedelta) -> None:
        self._within_s = within.total_seconds()
        self._since: dict[str, float] = {}

    def has_ended(self, job: str) -> bool:
        """Note that it is missing; True where that has been so for long enough."""
        now = since_boot()
        while len(self._since) >= _MOST_JOBS:  # of jobs that are no longer asked for
            del self._since[next(iter(self._since))]
        return now - self._since.setdefault(job, now) >= self._within_s

    def is_answered(self, job: str) -> None:
        """Forget the job: nothing is missing any more."""
        self._since.pop(job, None)
