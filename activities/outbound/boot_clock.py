"""A clock for deadlines of sends."""

import time


def since_boot() -> float:
    """Return seconds that also pass while the machine sleeps, as `time.monotonic()` does not on every system.

    Another machine may conclude that nothing is sent any more while this one is asleep.
    """
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
