"""How a job of fal's failed: by its status and its result's answer (providers.md 2.6)."""

from collections.abc import Mapping
from typing import Any, cast

from activities.outbound.answer import Answer

SERVER_FAULTS = frozenset(
    {
        "internal_server_error",
        "generation_timeout",
        "downstream_service_unavailable",
        "request_timeout",
        "startup_timeout",
        "runner_scheduling_failure",
        "runner_connection_timeout",
        "runner_disconnected",
        "runner_connection_refused",
        "runner_connection_error",
        "runner_incomplete_response",
        "runner_server_error",
        "internal_error",
    }
)
"""The types of errors that fal answers with a 5xx (providers.md 2.6)."""
_PASSING = (401, 403, 408, 409, 425, 429)
"""Refusals of the reading itself, whatever became of the job."""


def is_the_jobs_own(status: Mapping[str, Any], result: Answer) -> bool:
    """True where an error in place of a result is how the job ended.

    A 5xx may come from anything on the way, in fal's own words too, while the job was made and billed: it counts only
    where the job's status says that it failed, and names no other kind of failure.
    """
    failed = bool(status.get("error") or status.get("error_type"))
    if result.status >= 500:
        named = status.get("error_type")
        return failed and (not named or named in SERVER_FAULTS or named in types_in(result))
    if failed:
        return result.status not in _PASSING
    return result.status == 422 and bool(types_in(result))


def is_told_otherwise(status: Mapping[str, Any], result: Answer) -> bool:
    """True where a 5xx in place of a result does not name the failure that the status names.

    It may be a gateway's, and the job's own answer still to be had: only that says whether the job was free.
    """
    named = status.get("error_type")
    return result.status >= 500 and bool(named) and named not in types_in(result)


def types_in(result: Answer) -> set[str]:
    """Return fal's names of an error, from header, body, or the body's details."""
    body = result.document() if result.is_document() else {}
    named = [result.headers.get("x-fal-error-type"), body.get("error_type")]
    named += [detail.get("type") for detail in dicts_in(body.get("detail"))]
    return {name for name in named if isinstance(name, str) and name}


def dicts_in(value: Any) -> list[dict[str, Any]]:
    """Return the objects in what may be a list."""
    rows = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", row) for row in rows if isinstance(row, dict)]
