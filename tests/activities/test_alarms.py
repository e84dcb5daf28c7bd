"""People are told of a bug at once, and of what fails again and again; never of what is only waited for."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.faults import ALARMING_ATTEMPT, LONGEST_REST, Alarm, Faults, not_ready, rest_after
from schema.failure import Fault, Trouble

ITEM = "crafts-20261120-abcdef"
DOWN = Trouble(Fault.VENDOR_DOWN, "fal is down")


class _Raising(ActivityInboundInterceptor):
    def __init__(self, error: Exception) -> None:
        super().__init__(self)
        self._error = error

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        raise self._error


class Bell:
    """Keeps what people are told."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, str]] = []

    async def ring(self, alert_id: str, line: str) -> None:
        self.rung.append((alert_id, line))


async def failed(error: Exception, attempt: int, alarm: Alarm) -> ApplicationError:
    """Let an activity of an item fail for the so-manieth time; return what Temporal is told."""
    environment = ActivityEnvironment()
    environment.info = replace(
        environment.info, attempt=attempt, workflow_id=f"content/{ITEM}", activity_type="submit_scene"
    )
    doing = Faults(alarm).intercept_activity(_Raising(error)).execute_activity
    with pytest.raises(ApplicationError) as told:
        await environment.run(doing, None)
    return told.value


async def test_a_bug_is_told_at_once_and_is_not_tried_again() -> None:
    bell = Bell()
    told = await failed(TypeError("'NoneType' object is not callable"), 1, bell.ring)
    assert (told.type, told.non_retryable) == (Fault.BUG, True)
    assert told.message.startswith("a bug of ours in submit_scene (TypeError: 'NoneType'")
    assert "reelwright logs worker" in told.message
    assert bell.rung == [(f"fault/{ITEM}/submit_scene/bug", f"{ITEM}: {told.message}")]


async def test_what_fails_again_and_again_is_told_once() -> None:
    bell = Bell()
    for attempt in range(1, 2 * ALARMING_ATTEMPT):
        assert not (await failed(DOWN, attempt, bell.ring)).non_retryable
    line = f"{ITEM}: submit_scene has failed {ALARMING_ATTEMPT} times and is tried again: fal is down"
    assert bell.rung == [(f"fault/{ITEM}/submit_scene/often", line)]


@pytest.mark.parametrize(
    "error", [not_ready("a job at work", timedelta(seconds=1)), Trouble(Fault.PAUSED, "paused by ada")]
)
async def test_a_job_at_work_and_a_persons_own_pause_are_no_alarm(error: Exception) -> None:
    bell = Bell()
    told = await failed(error, ALARMING_ATTEMPT, bell.ring)
    assert not told.non_retryable
    assert bell.rung == []


async def test_an_alarm_that_cannot_be_stored_hides_no_fault() -> None:
    async def broken(alert_id: str, line: str) -> None:
        raise ConnectionRefusedError(f"{alert_id} {line}")

    assert (await failed(KeyError("scene"), 1, broken)).type == Fault.BUG


async def test_an_expected_fault_is_written_into_the_log_ever_more_rarely(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bell = Bell()
    for attempt in range(1, 10):
        await failed(DOWN, attempt, bell.ring)
    assert capsys.readouterr().out.count("fal is down") == 4  # the first, second, fourth and eighth


@pytest.mark.parametrize("fault", list(Fault))
async def test_what_passes_by_itself_is_tried_again_and_nothing_else(fault: Fault) -> None:
    passing = {"vendor_down", "not_ready", "disk_full", "paused", "unresolved"}
    told = await failed(Trouble(fault, "so it is", after=timedelta(seconds=7)), 1, Bell().ring)
    assert told.non_retryable is (str(fault) not in passing)
    assert told.next_retry_delay == timedelta(seconds=7)


def test_each_rest_is_twice_the_one_before_up_to_the_longest() -> None:
    rests = [rest_after(attempt).total_seconds() for attempt in range(1, 12)]
    assert rests == [min(2.0**number, LONGEST_REST.total_seconds()) for number in range(11)]
    assert rest_after(10_000) == LONGEST_REST


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError("cut"),
        MemoryError(),
        httpx.ConnectTimeout("slow"),
        json.JSONDecodeError("a page", "<html>", 0),
        psycopg.OperationalError("gone"),
        psycopg.InterfaceError("the connection is closed"),
        psycopg.errors.InternalError_("odd"),
        psycopg.errors.UniqueViolation("two writers"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_an_error_of_the_surroundings_is_tried_again(error: Exception) -> None:
    bell = Bell()
    told = await failed(error, 1, bell.ring)
    assert (told.non_retryable, bell.rung) == (False, [])
