"""What Temporal and the log are told of an error: lines of ours, and never what a vendor's answer holds."""

import contextlib
import errno
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverter, default
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.ledger.port import NotResolvedYet, RequestChanged
from activities.runtime.fault_mapping import MOST_CAUSES, not_ready
from activities.store.database import Database
from schema.failure import Fault, NoEffect, Trouble
from tests.activities.runtime.doing import NO_INPUT, Doing
from tests.activities.studios.contract.buying import Buyer
from tests.activities.studios.contract.vendors import LIARS, VENDORS, Vendor
from tests.activities.writers.vendors import WRITERS, Author, WriterVendor
from tests.vendors import anthropic, fal, openai, replicate
from workflows.serving.fault_interceptor import ALARMING_ATTEMPT, RACES_AT_MOST, Faults

KEYS = {"fal": fal.KEY, "replicate": replicate.TOKEN, "anthropic": anthropic.KEY, "openai": openai.KEY}
LONG = 400_000
"""Characters that an answer goes on for."""


async def told_of(doing: Callable[[], Awaitable[Any]]) -> tuple[Failure, str]:
    """Return what Temporal is given for an error, with all its causes, and what the log says."""
    wrapped = Faults().intercept_activity(Doing(doing))
    try:
        await wrapped.execute_activity(NO_INPUT)
    except Exception as error:
        failure = Failure()
        DefaultFailureConverter().to_failure(error, default().payload_converter, failure)
        return failure, logging.Formatter().formatException((type(error), error, error.__traceback__))
    raise AssertionError("nothing was raised")


def raising(error: BaseException, cause: BaseException | None = None) -> Callable[[], Awaitable[Any]]:
    async def doing() -> None:
        raise error from cause

    return doing


def echoes(key: str) -> list[dict[str, Any]]:
    """Answers that repeat the key, wherever a vendor may put it, and go on for long."""
    long = f"no, {key}, no {'x ' * (LONG // 2)}"
    bodies: list[Any] = [
        {"detail": f"bad key {key}"},
        {"detail": [{"loc": ["body"], "msg": f"bad {key}", "type": key}], "error_type": key},
        {"error": {"type": "authentication_error", "message": long, "code": key}},
        {"title": "no", "detail": long, "status": key, "id": f"/{key}", "request_id": f"/{key}"},
        long,
    ]
    return [
        {"status": status, "kind": "error", "body": body, "headers": {"x-said": key}}
        for status in (200, 401, 500)
        for body in bodies
    ]


@pytest.fixture(params=LIARS)
async def vendor(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Vendor]:
    with VENDORS[request.param](tmp_path / "vendor") as running:
        yield running
        await running.studio.aclose()
        await running.unreachable.aclose()


@pytest.fixture(params=sorted(WRITERS))
async def writing(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[WriterVendor]:
    with WRITERS[request.param](tmp_path / "vendor") as running:
        yield running
        await running.writer.aclose()
        await running.unreachable.aclose()


def without(key: str, told: tuple[Failure, str]) -> None:
    """Check that neither of what is told holds the key, or much of anything."""
    failure, logged = told
    kept = failure.SerializeToString()
    assert key.encode() not in kept
    assert key not in logged
    assert len(kept) < 100_000


async def test_what_a_studio_answers_is_nowhere_in_what_is_kept_of_an_error(
    database: Database, vendor: Vendor, tmp_path: Path
) -> None:
    buyer = Buyer.of(database, vendor, tmp_path / "storage")
    key = KEYS[vendor.studio.name]
    process = vendor.process
    assert process is not None
    bought = await buyer.submit(await buyer.open("zzzzzz"))
    for number, lie in enumerate(echoes(key)):
        request = await buyer.open("aaaaa" + chr(97 + number))
        process.lie({"call": "submit", **lie}, {"call": "listing", "times": 9, **lie})
        without(key, await told_of(lambda request=request: buyer.submit(request)))
        assert key not in repr(await buyer.operations(request)), lie
        process.lie({"call": "status", "times": 9, **lie}, {"call": "media", "times": 9, **lie})
        without(key, await told_of(lambda: buyer.awaiting.wait_for_scene(bought)))
        process.lie({"call": "cancel", **{**lie, "status": 500}})
        without(key, await told_of(lambda: buyer.awaiting.cancel_scene(bought)))


async def test_the_reason_of_a_failed_job_holds_no_key(
    database: Database, vendor: Vendor, tmp_path: Path
) -> None:
    buyer = Buyer.of(database, vendor, tmp_path / "storage")
    key = KEYS[vendor.studio.name]
    said = {"detail": f"no {key} {'x ' * 999}", "status": "failed", "error": f"no {key} {'x ' * 999}"}
    assert vendor.process is not None
    vendor.process.lie({"call": "job", "kind": "body", "status": 422, "body": said})
    request = await buyer.open("aaaaaa")
    submission = await buyer.submit(request)
    if vendor.studio.name == "fal":
        status = {"status": "COMPLETED", "error": said["error"], "error_type": "x"}
        vendor.process.lie({"call": "status", "kind": "body", "status": 200, "body": status})
    job = await buyer.wait(submission)
    assert "no ***" in job.reason
    assert key not in job.reason
    assert len(job.reason) < 700
    assert key not in repr(await buyer.operations(request))


async def test_what_a_writer_answers_is_nowhere_in_what_is_kept_of_an_error(
    database: Database, writing: WriterVendor, tmp_path: Path
) -> None:
    key = KEYS[writing.writer.name]
    for number, lie in enumerate(echoes(key)):
        author = await Author.of(
            database, writing.writer, tmp_path / "home", item_id=f"crafts-20261120-aaaa{number:02}"
        )
        writing.process.lie({"call": "ask", "times": 9, **lie})
        without(key, await told_of(author.idea))
        assert key not in repr(await author.operations()), lie


async def test_a_foreign_error_is_told_by_its_name_and_a_known_one_in_one_short_line() -> None:
    class Client(Exception):
        """A vendor client's own."""

    Client.__module__ = "somebodys.client"
    body = "sk-canary " + "x" * LONG
    failure, logged = await told_of(raising(Trouble(Fault.VENDOR_DOWN, "busy"), Client(body)))
    assert (failure.message, failure.application_failure_info.type) == ("busy", "vendor_down")
    assert failure.cause.message == "busy"
    assert failure.cause.cause.message == "Client"
    assert "canary" not in logged
    failure, _ = await told_of(raising(httpx.ReadError("cut short\nsk-canary"), Client(body)))
    assert (failure.message, failure.application_failure_info.type) == ("cut short", "ReadError")
    assert not failure.application_failure_info.non_retryable
    assert "doing" in failure.stack_trace
    assert failure.cause.message == "Client"


async def test_a_chain_of_causes_has_an_end() -> None:
    error: Exception = ValueError("first")
    for number in range(30):
        later = ValueError(f"later {number}")
        later.__cause__ = error
        error = later
    failure, _ = await told_of(raising(error, error.__cause__))
    causes = 0
    while failure.HasField("cause"):
        failure, causes = failure.cause, causes + 1
    assert causes == MOST_CAUSES


@pytest.mark.parametrize(
    ("error", "kind", "final"),
    [
        (Trouble(Fault.PARKED, "parked"), "parked", True),
        (Trouble(Fault.VENDOR_DOWN, "down", after=timedelta(seconds=7)), "vendor_down", False),
        (RequestChanged("another"), "bad_input", True),
        (NotResolvedYet("soon", 2), "unresolved", False),
        (not_ready("soon", timedelta(seconds=2)), "not_ready", False),
        (ApplicationError("own", type="own", non_retryable=True), "own", True),
        (OSError(errno.ENOSPC, "full"), "disk_full", False),
        (OSError(errno.ECONNREFUSED, "refused"), "ConnectionRefusedError", False),
        (NoEffect("nobody there", repeatable=True), "NoEffect", False),
        (NoEffect("never", repeatable=False), "NoEffect", True),
        (psycopg.errors.DeadlockDetected("again"), "DeadlockDetected", False),
        (json.JSONDecodeError("a page", "<html>", 0), "JSONDecodeError", False),
        (psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), "bug", True),
        (ValueError("not so"), "bug", True),
        (TypeError("not so"), "bug", True),
        (KeyError("nowhere"), "bug", True),
        (AssertionError(), "bug", True),
        (RuntimeError("not so"), "bug", True),
    ],
)
async def test_each_error_keeps_its_name_and_whether_it_is_repeated(
    error: Exception, kind: str, final: bool
) -> None:
    failure, _ = await told_of(raising(error))
    info = failure.application_failure_info
    assert (info.type, info.non_retryable) == (kind, final)
    assert failure.message
    if isinstance(error, Trouble) and error.after:
        assert info.next_retry_delay.ToTimedelta() == error.after


async def test_two_writers_that_meet_in_one_row_are_tried_again_at_once_and_not_for_ever() -> None:
    tried: list[int] = []

    async def meets(times: int) -> str:
        tried.append(1)
        if len(tried) <= times:
            raise psycopg.errors.UniqueViolation("duplicate key")
        return "done"

    wrapped = Faults().intercept_activity(Doing(lambda: meets(RACES_AT_MOST - 1)))
    assert await wrapped.execute_activity(NO_INPUT) == "done"
    tried.clear()
    failure, _ = await told_of(lambda: meets(1_000))
    assert (failure.application_failure_info.type, len(tried)) == ("bug", RACES_AT_MOST)


async def alarmed(error: Exception, attempt: int, activity_type: str = "write_idea") -> list[tuple[str, str]]:
    """Return the alerts that an activity raises which fails so in this attempt."""
    raised: list[tuple[str, str]] = []

    async def alarm(alert_id: str, line: str) -> None:
        raised.append((alert_id, line))

    environment = ActivityEnvironment()
    environment.info = replace(
        environment.info, attempt=attempt, activity_type=activity_type, workflow_id="content/clay-1"
    )
    wrapped = Faults(alarm).intercept_activity(Doing(raising(error)))

    async def attempted() -> None:
        with contextlib.suppress(ApplicationError):
            await wrapped.execute_activity(NO_INPUT)

    await environment.run(attempted)
    return raised


async def test_a_bug_is_told_at_once_and_names_the_item_and_the_step() -> None:
    ((alert_id, line),) = await alarmed(TypeError("no"), 1)
    assert alert_id == "fault/clay-1/write_idea/final"
    assert line.startswith("clay-1: a bug of ours in write_idea (TypeError: no); please report it")


async def test_what_has_failed_twenty_times_is_told_once_whatever_the_reason() -> None:
    down = Trouble(Fault.VENDOR_DOWN, "fal does not answer")
    assert await alarmed(down, ALARMING_ATTEMPT - 1) == []
    assert await alarmed(down, ALARMING_ATTEMPT + 40) != [], "polls may have used the twentieth attempt up"
    for error in (down, ConnectionRefusedError(), NotResolvedYet("not listed yet", 1)):
        ((alert_id, line),) = await alarmed(error, ALARMING_ATTEMPT)
        assert alert_id == "fault/clay-1/write_idea/often"
        assert "write_idea has failed 20 times" in line


async def test_a_persons_own_stop_and_a_job_at_work_are_no_alert() -> None:
    for error in (Trouble(Fault.PAUSED, "stopped by ada"), not_ready("at work", timedelta(seconds=1))):
        assert await alarmed(error, ALARMING_ATTEMPT) == []


async def test_an_item_that_cannot_be_opened_is_told_of_since_no_row_could_say_so() -> None:
    ((_, line),) = await alarmed(Trouble(Fault.BAD_INPUT, "there is no account 'x'"), 1, "open_item")
    assert line == "clay-1: there is no account 'x'"


async def test_the_fault_reaches_temporal_also_where_its_alert_cannot_be_stored() -> None:
    async def alarm(*_: str) -> None:
        raise ConnectionRefusedError("no database")

    environment = ActivityEnvironment()
    wrapped = Faults(alarm).intercept_activity(Doing(raising(TypeError("no"))))

    async def attempted() -> None:
        await wrapped.execute_activity(NO_INPUT)

    with pytest.raises(ApplicationError, match="a bug of ours"):
        await environment.run(attempted)
