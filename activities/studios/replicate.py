"""Replicate, spoken to over its predictions (providers.md 8)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx

from activities.outbound.answer import Answer
from activities.outbound.client import USUAL, Bounds
from activities.outbound.errors import Unexpected
from activities.outbound.key_question import ask_with_key
from activities.studios.port import Callbacks, Job, JobSighting, JobState, NoEffect
from activities.studios.request_mapping import AnyOrder, Likeness, Search, not_before, request_of, search_of
from activities.studios.vendor_base import MOST_PAGES, StudioBase, client_with_key
from schema.prices.price_table import PriceTable
from schema.vendors.key_finding import KeyFinding

API_URL = "https://api.replicate.com"
MEDIA_HOSTS = ("replicate.delivery",)
LISTED_WITHIN = timedelta(minutes=5)
"""A request that was written may still be acted on for so long after we stopped waiting for its answer."""


class ReplicateStudio(StudioBase):
    """The Studio port at Replicate.

    It never says what it charged, so what was reserved is settled. Its listing shows predictions at once, but it wipes
    their inputs after an hour: after that a lost answer is parked for a person.
    """

    def __init__(
        self,
        token: str,
        prices: PriceTable,
        *,
        api_url: str = API_URL,
        bounds: Bounds = USUAL,
        listed_within: timedelta = LISTED_WITHIN,
        callbacks: Callbacks | None = None,
    ) -> None:
        """Take the token, which is sent to this address and to no other; `callbacks` where Replicate can reach us.

        Raises `ValueError` for a bad address.
        """
        outbound = client_with_key([api_url], "Bearer", token, bounds, MEDIA_HOSTS)
        super().__init__(outbound, prices, listed_within, callbacks)
        self._api = f"{api_url.rstrip('/')}/v1"

    async def check_key(self) -> KeyFinding:
        """Ask whose token it is."""
        return await ask_with_key(self._outbound, self.name, f"{self._api}/account")

    async def upload(self, image: Path) -> str:
        """Replicate is given no files: none of its models in the list begins with an image."""
        raise NoEffect("replicate is given no start images", repeatable=False)

    async def submit(self, order: AnyOrder, start_image: str | None = None) -> str:
        """Order one scene or still and return the prediction's id. Sent once."""
        endpoint, asked = request_of(order, self._prices, start_image)
        body: dict[str, Any] = {"input": asked}
        if address := self._address(order):
            body |= {"webhook": address, "webhook_events_filter": ["start", "completed"]}
        return await self._order(f"{self._api}/models/{endpoint}/predictions", body, "id")

    async def read_job(self, handle: str) -> Job:
        """Return where the prediction stands. One that was aborted had not begun and is not charged."""
        answer = await self._get(f"{self._api}/predictions/{handle}")
        reason = answer.clean(str(answer.document().get("error") or ""))
        match answer.text("status"):
            case "starting":
                return Job(handle=handle, state=JobState.QUEUED)
            case "processing":
                return Job(handle=handle, state=JobState.RUNNING)
            case "succeeded":
                return Job(handle=handle, state=JobState.DONE, progress=1)
            case "aborted":
                return Job(
                    handle=handle, state=JobState.FAILED, reason=reason or "aborted", charged_microusd=0
                )
            case "failed" | "canceled" as ended:
                return Job(handle=handle, state=JobState.FAILED, reason=reason or ended)
            case other:
                raise Unexpected(
                    f"replicate says {answer.clean(other)!r}, which is no state of a job", answer.status
                )

    async def find(
        self, order: AnyOrder, *, forgotten: Sequence[str] = (), since: datetime | None = None
    ) -> JobSighting:
        """Look the order up: first what Replicate told of its own accord, then all predictions it can be among.

        Of those, wiped ones may be ours.
        """
        search = search_of(order, self._prices, forgotten)
        told = await self._told_of(order, search)
        if told and not forgotten:
            return JobSighting(seen=True, handle=told)
        if search is None:
            return self._nothing_listed()
        earliest = not_before(order.operation_id, since)
        found = [told] if told else []
        doubtful = await self._called_at_all(*forgotten)
        complete = not await self._called_at_all(order.operation_id)
        cursor: str | None = ""
        for _ in range(MOST_PAGES):
            page = await self._get(
                str(httpx.URL(f"{self._api}/predictions", params={"cursor": cursor} if cursor else {}))
            )
            for item in page.rows("results"):
                if _older(item, earliest):
                    cursor = None
                    break
                sent = item.get("input")
                if item.get("data_removed") or not isinstance(sent, dict) or not sent:
                    complete = False
                    continue
                likeness = search.likeness(cast("dict[str, Any]", sent))
                if likeness is Likeness.OURS and item.get("model") == search.endpoint:
                    found.append(str(item.get("id")))
                elif likeness is not Likeness.FOREIGN:
                    doubtful = True
            else:
                cursor = cursor_in(page)
            if not cursor:
                break
        else:
            complete = False
        return self._sighting(found, complete=complete, doubtful=doubtful)

    async def _told_of(self, order: AnyOrder, search: Search | None) -> str | None:
        """Return the prediction that a verified callback named; None where none did, or where it bears another's mark.

        A wiped one does not say whose it is. One that our key cannot read is a stranger's.
        """
        if (job := await self._called_back(order)) is None:
            return None
        answer = await self._readable(f"{self._api}/predictions/{job}")
        if answer is None:
            return None
        sent = answer.document().get("input")
        if search is None or not isinstance(sent, dict) or not sent:
            return job
        return job if search.likeness(cast("dict[str, Any]", sent)) is not Likeness.FOREIGN else None

    async def cancel(self, handle: str) -> None:
        """Ask Replicate to drop the prediction; one that has ended stays as it is."""
        await self._cancel("POST", f"{self._api}/predictions/{handle}/cancel", settled=(400, 404, 409, 422))

    async def fetch(self, handle: str, to: Path) -> None:
        """Stream the finished clip into the file `to`; see `Outbound.download` for what it raises."""
        answer = await self._get(f"{self._api}/predictions/{handle}")
        url = _first_url(answer.document().get("output"))
        if url is None:
            wiped = (
                "was wiped, an hour after it was made"
                if answer.document().get("data_removed")
                else "has no clip"
            )
            raise Unexpected(f"the prediction {wiped}", answer.status)
        await self._outbound.download(url, to)


def _older(item: dict[str, Any], since: datetime) -> bool:
    try:
        return datetime.fromisoformat(str(item.get("created_at"))) < since
    except (ValueError, TypeError):
        return False


def cursor_in(page: Answer) -> str | None:
    """Return the cursor in the address of the next page, None after the last; the address itself is not trusted."""
    if page.document().get("next", "") is None:
        return None
    try:
        cursor = httpx.URL(page.text("next")).params.get("cursor")
    except httpx.InvalidURL:
        cursor = None
    if not cursor:
        raise Unexpected("replicate's next page has no cursor", page.status)
    return cursor


def _first_url(output: Any) -> str | None:
    """Find the clip in an output, which is an address, a list of them, or an object that names one."""
    if isinstance(output, str):
        return output or None
    if isinstance(output, list):
        return next((url for part in cast("list[Any]", output) if (url := _first_url(part))), None)
    if isinstance(output, dict):
        return next(
            (url for part in cast("dict[str, Any]", output).values() if (url := _first_url(part))), None
        )
    return None
