"""The offline studio, spoken to over its HTTP queue (`studio_server.py`)."""

import os
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx

from activities.offline.offline_vendor import OfflineVendor
from activities.outbound.client import tls
from activities.studios.port import Job, JobSighting, JobState, NoEffect
from schema.content.scene import SceneOrder
from schema.content.still import StillOrder
from schema.money import microusd

_REASON_CHARS = 500


class OfflineStudio(OfflineVendor):
    """The Studio port over HTTP.

    What proves that a submit had no effect: no connection could be made, or the studio answered with one of its own
    two refusals, 422 (for good) and 429 (for now). Anything else that is no handle, a timeout, a reset, a 5xx, words
    that cannot be read, passes through as it is: the outcome is unknown.
    """

    def __init__(self, base_url: str, timeout: timedelta = timedelta(seconds=30)) -> None:
        super().__init__(base_url, timeout)
        # A kept connection may be dead without our knowing; then a reset would say nothing about the order.
        fresh = httpx.Limits(max_keepalive_connections=0)
        seconds = timeout.total_seconds()
        self._orders = httpx.AsyncClient(
            base_url=base_url, timeout=seconds, trust_env=False, verify=tls(), limits=fresh
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._orders.aclose()
        await super().aclose()

    async def upload(self, image: Path) -> str:
        """The offline studio paints from words alone."""
        raise NoEffect("the offline studio paints from words alone", repeatable=False)

    async def submit(self, order: SceneOrder | StillOrder, start_image: str | None = None) -> str:
        """Order one scene or still and return the request id. Sent once; see the class for what proves no effect."""
        if isinstance(order, SceneOrder) and order.start_image:
            raise NoEffect("not ordered: the offline studio paints from words alone", repeatable=False)
        try:
            answer = await self._orders.post(
                f"/{quote(order.model)}", json=_body_of(order), headers={"X-Marker": order.operation_id}
            )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NoEffect(
                f"no connection to the offline studio at {self._orders.base_url}: start it with `reelwright studio`",
                repeatable=True,
            ) from error
        if answer.status_code == 429:
            raise NoEffect(f"the studio is busy: {_words_of(answer)}", repeatable=True)
        if answer.status_code == 422:
            raise NoEffect(f"the studio refused the order: {_words_of(answer)}", repeatable=False)
        answer.raise_for_status()
        return _text(_document(answer), "request_id")

    async def read_job(self, handle: str) -> Job:
        """Return where the job stands; one that the studio does not know has failed."""
        answer = await self._reads.get(f"/requests/{quote(handle)}/status")
        if answer.status_code == 404 and _is_unknown(answer):
            return Job(handle=handle, state=JobState.FAILED, reason=_words_of(answer))
        answer.raise_for_status()
        body = _document(answer)
        charged = microusd(_number(body, "cost_usd"))
        progress = float(_number(body, "progress", "0"))
        match _text(body, "status"):
            case "IN_QUEUE":
                return Job(handle=handle, state=JobState.QUEUED, charged_microusd=charged)
            case "IN_PROGRESS":
                return Job(handle=handle, state=JobState.RUNNING, progress=progress, charged_microusd=charged)
            case "COMPLETED" if "error" in body:
                reason = str(body["error"])[:_REASON_CHARS]
                return Job(handle=handle, state=JobState.FAILED, reason=reason, charged_microusd=charged)
            case "COMPLETED":
                return Job(handle=handle, state=JobState.DONE, progress=1, charged_microusd=charged)
            case other:
                raise httpx.DecodingError(
                    f"the studio says {other!r}, which is no state of a job", request=answer.request
                )

    async def find(
        self, order: SceneOrder | StillOrder, *, forgotten: Sequence[str] = (), since: datetime | None = None
    ) -> JobSighting:
        """Look the marker up in the studio's listing, which leaves nothing out."""
        asked = {} if forgotten else {"marker": order.operation_id}
        answer = await self._reads.get("/requests", params=asked)
        answer.raise_for_status()
        meant = {order.operation_id, *forgotten}
        listed = [entry for entry in _rows(_document(answer), "requests") if _text(entry, "marker") in meant]
        found = [_text(entry, "request_id") for entry in listed]
        alone = len(found) == 1 and _text(listed[0], "marker") == order.operation_id
        return JobSighting(seen=bool(found), handle=found[0] if alone else None, authoritative=True)

    async def cancel(self, handle: str) -> None:
        """Ask the studio to drop the job; one that has ended already stays as it is."""
        answer = await self._reads.put(f"/requests/{quote(handle)}/cancel")
        if answer.status_code == 400 and _document(answer).get("status") == "ALREADY_COMPLETED":
            return
        if answer.status_code == 404 and _is_unknown(answer):
            return
        answer.raise_for_status()

    async def fetch(self, handle: str, to: Path) -> None:
        """Stream the finished clip or still into the file `to`, which must not exist yet.

        Raises `FileExistsError` where it does, `httpx.HTTPError` where the clip did not come in full, and `OSError`
        where it could not be written.
        """
        if to.exists():
            raise FileExistsError(f"{to.name!r} exists already: a take is never overwritten")
        answer = await self._reads.get(f"/requests/{quote(handle)}")
        answer.raise_for_status()
        result = _document(answer)
        made = _made_in(result)
        opened, name = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}.", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(opened, "wb") as file:
                async with self._reads.stream("GET", _text(made, "url")) as stream:
                    stream.raise_for_status()
                    async for chunk in stream.aiter_bytes():
                        file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if part.stat().st_size != int(_number(made, "file_size")):
                raise httpx.ReadError(
                    f"{part.stat().st_size} bytes came, {_number(made, 'file_size')} were announced"
                )
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)


def _body_of(order: SceneOrder | StillOrder) -> dict[str, str | int]:
    shared: dict[str, str | int] = {"seed": order.seed, "look": order.look}
    if isinstance(order, StillOrder):
        size = {"width_px": order.width_px, "height_px": order.height_px}
        return {**shared, "prompt": order.prompt, **size}
    prompt = order.prompt
    return {
        **shared,
        "prompt": prompt.text,
        "duration": int(prompt.duration.total_seconds()),
        "resolution": prompt.resolution,
        "aspect_ratio": prompt.aspect_ratio,
    }


def _is_unknown(answer: httpx.Response) -> bool:
    """True where the studio itself says that there is no such job; another server's 404 says nothing."""
    try:
        return answer.json().get("error") == "unknown_request"
    except (ValueError, AttributeError):
        return False


def _words_of(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])[:_REASON_CHARS]
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code} without a reason"


def _document(answer: httpx.Response) -> dict[str, Any]:
    """Return an answer's JSON object; anything else cannot be understood."""
    try:
        found: Any = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise httpx.DecodingError("the studio's answer is no JSON object", request=answer.request)
    return cast("dict[str, Any]", found)


def _rows(body: dict[str, Any], field: str) -> list[dict[str, Any]]:
    found = body.get(field)
    rows = cast("list[Any]", found) if isinstance(found, list) else [None]
    if not all(isinstance(row, dict) for row in rows):
        raise httpx.DecodingError(f"the studio's answer has no list of {field!r}")
    return cast("list[dict[str, Any]]", rows)


def _number(body: dict[str, Any], field: str, usual: str | None = None) -> Decimal:
    try:
        number = Decimal(str(body.get(field, usual)))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise httpx.DecodingError(f"the studio's answer has no number {field!r}")
    return number


def _made_in(result: dict[str, Any]) -> dict[str, Any]:
    """Return the clip or still of a result."""
    video = result.get("video")
    made = cast("dict[str, Any]", video) if isinstance(video, dict) else _rows(result, "images")[:1]
    if isinstance(made, list):
        if not made:
            raise httpx.DecodingError("the studio's result has nothing in it")
        return made[0]
    return made


def _text(body: Any, field: str) -> str:
    """Return one field of an answer; an answer without it cannot be understood, so its outcome is unknown."""
    if not isinstance(body, dict) or not isinstance(body.get(field), str):  # pyright: ignore[reportUnknownMemberType]
        raise httpx.DecodingError(f"the studio's answer has no {field!r}")
    return body[field]  # pyright: ignore[reportUnknownVariableType]
