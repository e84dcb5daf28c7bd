"""The clock of send deadlines."""

import time

from activities.outbound.boot_clock import since_boot


def test_it_counts_from_the_start_of_the_machine_and_never_backwards() -> None:
    first, second = since_boot(), since_boot()
    assert second >= first
    assert first >= time.clock_gettime(time.CLOCK_MONOTONIC) - 1  # asleep or awake: never less than awake
