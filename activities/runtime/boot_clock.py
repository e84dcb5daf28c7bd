"""A clock for deadlines of sends."""

import time


def since_boot() -> float:
    """Return seconds that also pass while the machine sleeps, as `time.monotonic()` does not on every system.

    Somebody else may conclude that nothing is sent any more while this machine is asleep.
    """
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
