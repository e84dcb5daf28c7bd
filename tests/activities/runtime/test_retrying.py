"""What passes by itself is retried after a rest; the log says so ever more rarely."""

import json
from dataclasses import replace
from datetime import timedelta

import httpx
import psycopg
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.runtime.fault_mapping import LONGEST_REST, rest_after
from schema.failure import Fault, Trouble
from tests.activities.runtime.doing import NO_INPUT, Doing
from workflows.serving.fault_interceptor import Faults

ITEM = "crafts-20261120-abcdef"
DOWN = Trouble(Fault.VENDOR_DOWN, "fal is down")


async def failed(error: Exception, attempt: int) -> ApplicationError:
    """Let an activity of an item fail for the so-manieth time; return what Temporal is told."""
    environment = ActivityEnvironment()
    environment.info = replace(
        environment.info, attempt=attempt, workflow_id=f"content/{ITEM}", activity_type="submit_scene"
    )

    async def fails() -> None:
        raise error

    doing = Faults().intercept_activity(Doing(fails)).execute_activity
    with pytest.raises(ApplicationError) as told:
        await environment.run(doing, NO_INPUT)
    return told.value


async def test_an_expected_fault_is_written_into_the_log_ever_more_rarely(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for attempt in range(1, 10):
        await failed(DOWN, attempt)
    assert capsys.readouterr().out.count("fal is down") == 4  # the first, second, fourth and eighth


@pytest.mark.parametrize("fault", list(Fault))
async def test_what_passes_by_itself_is_tried_again_and_nothing_else(fault: Fault) -> None:
    passing = {"vendor_down", "not_ready", "disk_full", "paused", "unresolved"}
    told = await failed(Trouble(fault, "so it is", after=timedelta(seconds=7)), 1)
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
    ],
    ids=lambda error: type(error).__name__,
)
async def test_an_error_of_the_surroundings_is_tried_again(error: Exception) -> None:
    told = await failed(error, 1)
    assert not told.non_retryable
