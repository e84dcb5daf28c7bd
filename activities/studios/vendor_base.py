"""What vendors behind a key share: one client, one price list, and a submit that is sent once."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from activities.outbound.answer import Answer
from activities.outbound.client import Bounds, Outbound
from activities.outbound.errors import NotSent, Unexpected
from activities.outbound.origins import origin_of
from activities.outbound.refusals import not_sent, refusal_of
from activities.studios.port import Callbacks, JobSighting
from activities.studios.request_mapping import AnyOrder
from schema.money import Book
from schema.prices.price_table import PriceTable

MOST_PAGES = 100
"""Of a listing; one that does not end by then proves nothing."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def client_with_key(
    urls: Sequence[str], scheme: str, key: str, bounds: Bounds, media_hosts: Sequence[str] = ()
) -> Outbound:
    """Return a client that sends the key to these addresses and to no other. Raises `ValueError` for a bad one."""
    return Outbound(
        [origin_of(url) for url in urls],
        headers={"Authorization": f"{scheme} {key}"},
        secrets=[key],
        media_hosts=media_hosts,
        bounds=bounds,
    )


class VendorBase:
    """A vendor behind a key: one way out, and one price list."""

    def __init__(self, outbound: Outbound, prices: PriceTable) -> None:
        self._outbound = outbound
        self._prices = prices

    async def aclose(self) -> None:
        """Close what is open."""
        await self._outbound.aclose()

    @property
    def name(self) -> str:
        """The vendor's name on receipts."""
        return self._prices.vendor

    @property
    def book(self) -> Book:
        """Real dollars."""
        return self._prices.book

    async def _get(self, url: str) -> Answer:
        """Read something; any answer but 2xx is an error."""
        answer = await self._outbound.call("GET", url)
        if not answer.ok:
            raise answer.fail()
        return answer


class BillsBase(VendorBase):
    """The part of the Bookkeeper port that does not depend on the vendor's wire: only reads, at one address."""

    def __init__(self, outbound: Outbound, prices: PriceTable, visible_within: timedelta) -> None:
        super().__init__(outbound, prices)
        self._visible_within = visible_within


class StudioBase(VendorBase):
    """The part of the Studio port that does not depend on the vendor's wire."""

    def __init__(
        self, outbound: Outbound, prices: PriceTable, listed_within: timedelta, callbacks: Callbacks | None
    ) -> None:
        super().__init__(outbound, prices)
        self._listed_within = listed_within
        self._callbacks = callbacks

    async def _order(
        self, url: str, body: Mapping[str, Any], id_field: str, headers: Mapping[str, str] | None = None
    ) -> str:
        """Send an order, once, and return the vendor's id of it. Raises `NoEffect` only on proof."""
        try:
            answer = await self._outbound.call("POST", url, body=body, headers=headers)
        except NotSent as error:
            raise not_sent(error) from error
        if refusal := refusal_of(answer, self.name):
            raise refusal
        if not answer.ok:
            raise answer.fail()
        job_id = answer.text(id_field)
        if not is_id(job_id):
            raise Unexpected(f"{self.name}'s answer has no usable {id_field}", answer.status)
        return job_id

    async def _cancel(self, method: str, url: str, settled: Sequence[int]) -> None:
        """Ask for a job to be dropped; the statuses `settled` mean, in the vendor's words, that it has ended."""
        answer = await self._outbound.call(method, url)
        if not answer.ok and not (answer.status in settled and answer.is_document()):
            raise answer.fail()

    def _address(self, order: AnyOrder) -> str | None:
        """Return where the vendor is to call back about this order; None where it cannot reach us."""
        return self._callbacks.address(self.name, order.operation_id) if self._callbacks else None

    async def _called_back(self, order: AnyOrder) -> str | None:
        """Return the one job that a verified callback named for this order."""
        return await self._callbacks.job_of(self.name, order.operation_id) if self._callbacks else None

    async def _readable(self, url: str) -> Answer | None:
        """Read a job that a callback named; None if it is not ours: missing, or refused to our key.

        A callback is signed by the vendor, for whichever of its customers ordered the job.
        """
        answer = await self._outbound.call("GET", url)
        if answer.status in (403, 404) and answer.is_document():
            return None
        if not answer.ok:
            raise answer.fail()
        return answer

    def _nothing_listed(self) -> JobSighting:
        """Conclude nothing, where no listing can say anything; a vendor that can reach us may still call back."""
        return JobSighting(seen=False, visible_within=self._listed_within if self._callbacks else timedelta())

    async def _called_at_all(self, *operation_ids: str) -> bool:
        """True where the vendor has told anything about one of these, also what is not clear: then it was taken."""
        if self._callbacks is None or not operation_ids:
            return False
        return await self._callbacks.is_told_of(self.name, operation_ids)

    def _sighting(self, handles: Sequence[str], *, complete: bool, doubtful: bool) -> JobSighting:
        """Conclude from a listing.

        `complete` where nothing in it could be ours without our knowing; `doubtful` where something bears our mark and
        is not quite what we asked: that was made for us, but which of it is meant a person must see.
        """
        only = sorted(set(handles))
        return JobSighting(
            seen=bool(only) or doubtful,
            handle=only[0] if len(only) == 1 and not doubtful else None,
            authoritative=complete,
            visible_within=self._listed_within,
        )


def is_id(text: str) -> bool:
    """True for what can be a vendor's id, and part of an address of ours."""
    return _ID.fullmatch(text) is not None
