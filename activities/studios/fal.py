"""fal.ai, spoken to over its queue (providers.md 2): submit, status, result, cancel, and the platform's listings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx

from activities.outbound.answer import Answer
from activities.outbound.client import USUAL, Bounds
from activities.outbound.errors import Unexpected
from activities.outbound.key_question import ask_with_key
from activities.studios.fal_faults import dicts_in, is_the_jobs_own, is_told_otherwise, types_in
from activities.studios.fal_files import upload
from activities.studios.fal_prices import TOLD_WITHIN, UnitPrices
from activities.studios.missing_since import MissingSince
from activities.studios.port import Callbacks, Job, JobSighting, JobState
from activities.studios.request_mapping import AnyOrder, Likeness, not_before, request_of, search_of, wire_of
from activities.studios.vendor_base import MOST_PAGES, StudioBase, client_with_key, is_id
from schema.prices.price_table import PriceTable
from schema.vendors.key_finding import KeyFinding

QUEUE_URL = "https://queue.fal.run"
PLATFORM_URL = "https://api.fal.ai/v1"
REST_URL = "https://rest.fal.ai"
MEDIA_HOSTS = ("fal.media",)
START_WITHIN = timedelta(minutes=10)
"""A job that has not begun by then is dropped by fal, uncharged (providers.md 2.3)."""
LISTED_WITHIN = timedelta(minutes=40)
"""The listing shows jobs when they have ended: so long after it was sent, any job has ended and is listed.

Ten minutes to begin, twenty for the slowest run reported and as much again for the listing (providers.md 2.10).
"""
Input = dict[str, Any]
_NAMESPACES = ("workflows", "comfy")


@dataclass(frozen=True)
class Handle:
    """A job at fal: its model and its id there. Addresses in answers are never trusted."""

    endpoint: str
    request_id: str

    @property
    def path(self) -> str:
        """Where the queue keeps it: below the model's first two names (providers.md 2.3)."""
        parts = self.endpoint.split("/")
        kept = parts[: 3 if parts[0] in _NAMESPACES else 2]
        return f"{'/'.join(kept)}/requests/{self.request_id}"

    def __str__(self) -> str:
        return f"{self.endpoint}#{self.request_id}"

    @classmethod
    def read(cls, handle: str) -> "Handle":
        """Read a stored handle."""
        endpoint, _, request_id = handle.partition("#")
        return cls(endpoint, request_id)


class FalStudio(StudioBase):
    """The Studio port at fal.ai.

    What proves that a submit had no effect: not a byte of it was written, or fal refused it in its own words (400,
    401, 402, 403, 404, 422) or is busy (429). All else is an unknown outcome, to be looked up by the marker.
    """

    def __init__(
        self,
        key: str,
        prices: PriceTable,
        *,
        queue_url: str = QUEUE_URL,
        platform_url: str = PLATFORM_URL,
        rest_url: str = REST_URL,
        bounds: Bounds = USUAL,
        listed_within: timedelta = LISTED_WITHIN,
        told_within: timedelta = TOLD_WITHIN,
        callbacks: Callbacks | None = None,
    ) -> None:
        """Take the key, which is sent to these three addresses and to no other; `callbacks` where fal can reach us.

        Raises `ValueError` for an address that must not be spoken to.
        """
        outbound = client_with_key([queue_url, platform_url, rest_url], "Key", key, bounds, MEDIA_HOSTS)
        super().__init__(outbound, prices, listed_within, callbacks)
        self._queue = queue_url.rstrip("/")
        self._platform = platform_url.rstrip("/")
        self._rest = rest_url.rstrip("/")
        self._missing = MissingSince(told_within)
        self._unit_prices = UnitPrices(self._outbound, self._platform, self._missing)

    async def check_key(self) -> KeyFinding:
        """Ask for a price, which is free, and told only to a key."""
        endpoint = next(
            (price.wire.endpoint for price in self._prices.clip_models.values() if price.wire), ""
        )
        return await ask_with_key(self._outbound, self.name, self._unit_prices.address(endpoint))

    async def upload(self, image: Path) -> str:
        """Bring a start image to fal's storage and return its address there; see `fal_files` for what it raises."""
        return await upload(self._outbound, self._rest, image)

    async def submit(self, order: AnyOrder, start_image: str | None = None) -> str:
        """Order one scene or still and return the handle. Sent once; see the class for what proves no effect."""
        endpoint, asked = request_of(order, self._prices, start_image)
        headers = {"X-Fal-Request-Timeout": f"{START_WITHIN.total_seconds():g}"}
        url = httpx.URL(f"{self._queue}/{endpoint}")
        if address := self._address(order):
            url = url.copy_set_param("fal_webhook", address)
        return str(Handle(endpoint, await self._order(str(url), asked, "request_id", headers)))

    async def read_job(self, handle: str) -> Job:
        """Return where the job stands. A failed one is `COMPLETED` too: its result is the error."""
        job = Handle.read(handle)
        answer = await self._get(f"{self._queue}/{job.path}/status")
        match answer.text("status"):
            case "IN_QUEUE":
                return Job(handle=handle, state=JobState.QUEUED)
            case "IN_PROGRESS":
                return Job(handle=handle, state=JobState.RUNNING)
            case "COMPLETED":
                return await self._ended(job, answer.document())
            case other:
                raise Unexpected(
                    f"fal says {answer.clean(other)!r}, which is no state of a job", answer.status
                )

    async def find(
        self, order: AnyOrder, *, forgotten: Sequence[str] = (), since: datetime | None = None
    ) -> JobSighting:
        """Look the order up: first what fal told of its own accord, then its listing of ended requests.

        Of a model without a marker the listing says nothing.
        """
        told = await self._told_of(order)
        if told and not forgotten:
            return JobSighting(seen=True, handle=told)
        if (search := search_of(order, self._prices, forgotten)) is None:
            return self._nothing_listed()
        found = [told] if told else []
        doubtful = await self._called_at_all(*forgotten)
        complete = not await self._called_at_all(order.operation_id)
        query = {
            "endpoint_id": search.endpoint,
            "start": not_before(order.operation_id, since).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "expand": "payloads",
            "limit": "100",
        }
        for _ in range(MOST_PAGES):
            page = await self._listing(query)
            if page is None:
                return self._nothing_listed()
            for item in page.rows("items"):
                sent = item.get("json_input")
                if not isinstance(sent, dict):
                    complete = False  # its input was not kept: it may be ours
                    continue
                likeness = search.likeness(cast("Input", sent))
                if likeness is Likeness.OURS and is_id(str(item.get("request_id"))):
                    found.append(str(Handle(search.endpoint, str(item["request_id"]))))
                elif likeness is not Likeness.FOREIGN:
                    doubtful = True
            if (cursor := cursor_in(page)) is None:
                break
            query = {**query, "cursor": cursor}
        else:
            complete = False
        return self._sighting(found, complete=complete, doubtful=doubtful)

    async def _told_of(self, order: AnyOrder) -> str | None:
        """Return the job that a verified callback named; None where none did, or where it is another's."""
        if (job := await self._called_back(order)) is None:
            return None
        try:
            endpoint = wire_of(order, self._prices).endpoint
        except ValueError:  # the model has left our list since
            return None
        if await self._readable(f"{self._queue}/{Handle(endpoint, job).path}/status") is None:
            return None
        if search := search_of(order, self._prices):
            page = await self._listing({"endpoint_id": endpoint, "request_id": job, "expand": "payloads"})
            sent = [item.get("json_input") for item in page.rows("items")] if page else []
            inputs = [cast("Input", one) for one in sent if isinstance(one, dict)]
            if any(search.likeness(one) is Likeness.FOREIGN for one in inputs):
                return None
        return str(Handle(endpoint, job))

    async def cancel(self, handle: str) -> None:
        """Ask fal to drop the job; one that has ended, or that it does not know, stays as it is."""
        await self._cancel("PUT", f"{self._queue}/{Handle.read(handle).path}/cancel", settled=(400, 404))

    async def fetch(self, handle: str, to: Path) -> None:
        """Stream the finished clip or still into the file `to`; see `Outbound.download` for what it raises."""
        answer = await self._get(f"{self._queue}/{Handle.read(handle).path}")
        result = answer.document()
        made = [*dicts_in([result.get("video")]), *dicts_in(result.get("images"))]
        url, size = (made[0].get("url"), made[0].get("file_size")) if made else (None, None)
        if not isinstance(url, str):
            raise Unexpected("fal's result has no video and no image", answer.status)
        await self._outbound.download(url, to, size_bytes=size if isinstance(size, int) else None)

    async def _ended(self, job: Handle, status: dict[str, Any]) -> Job:
        result = await self._outbound.call("GET", f"{self._queue}/{job.path}")
        if result.ok:
            unsafe = result.document().get("has_nsfw_concepts")
            charged = await self._unit_prices.charged_microusd(job.endpoint, str(job), result.headers)
            if isinstance(unsafe, list) and True in unsafe:
                reason = "found unsafe, and painted black"
                return Job(handle=str(job), state=JobState.FAILED, reason=reason, charged_microusd=charged)
            return Job(handle=str(job), state=JobState.DONE, progress=1, charged_microusd=charged)
        if not result.is_document() or not is_the_jobs_own(status, result):
            raise result.fail()  # how the reading went, not how the job ended: read again
        if is_told_otherwise(status, result) and not self._missing.has_ended(str(job)):
            raise result.fail()
        self._missing.is_answered(str(job))
        said = result.clean(str(status.get("error") or ""))
        reason = f"{said}: {result.words()}" if said else result.words()
        # Server errors are never charged; a refusal after the work was begun may be (providers.md 2.12).
        free = result.status >= 500 and status.get("error_type") in types_in(result)
        return Job(
            handle=str(job), state=JobState.FAILED, reason=reason, charged_microusd=0 if free else None
        )

    async def _listing(self, query: dict[str, str]) -> Answer | None:
        """Return one page of ended requests; None where our key may not read them."""
        url = httpx.URL(f"{self._platform}/models/requests/by-endpoint", params=query)
        answer = await self._outbound.call("GET", str(url))
        if answer.status in (401, 403) and answer.is_document():
            return None
        if not answer.ok:
            raise answer.fail()
        return answer


def cursor_in(page: Answer) -> str | None:
    """Return the cursor of a listing's next page; None after the last one, which says so.

    A page that leaves out whether there are more is the last only where its cursor is there and empty.
    """
    told = page.document()
    more = told.get("has_more")
    if more is False or (more is None and "next_cursor" in told and not told["next_cursor"]):
        return None
    return page.text("next_cursor")
