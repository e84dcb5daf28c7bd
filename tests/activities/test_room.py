"""A budget that is full of open reservations is waited for, but not for ever."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from activities.room import no_room
from schema.failure import Fault
from schema.money import Book
from schema.operation import Refusal

PATIENCE = timedelta(minutes=10)


def refusal(*, passes: bool) -> Refusal:
    return Refusal(
        scope="day:2026-11-20",
        book=Book.USD,
        asked_microusd=500_000,
        left_microusd=0,
        cap_microusd=20_000_000,
        passes=passes,
    )


@pytest.mark.parametrize(
    ("passes", "attempt", "waited", "fault"),
    [
        (True, 1, timedelta(0), Fault.HEADROOM_RESERVED),
        (True, 7, timedelta(minutes=9), Fault.HEADROOM_RESERVED),
        (True, 70, timedelta(minutes=11), Fault.REFUSED_BY_CAP),
        (False, 1, timedelta(0), Fault.REFUSED_BY_CAP),
    ],
)
def test_room_that_may_come_is_waited_for_so_long_and_no_longer(
    passes: bool, attempt: int, waited: timedelta, fault: Fault
) -> None:
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(
        environment.info, attempt=attempt, scheduled_time=datetime.now(UTC) - waited
    )
    trouble = environment.run(no_room, refusal(passes=passes), PATIENCE)
    assert trouble.fault is fault
    assert "day:2026-11-20" in str(trouble)
