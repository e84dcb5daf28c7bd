"""Replicate's books: its list of predictions, which says what was done and not what it cost (providers.md 8.2)."""

from datetime import datetime, timedelta
from typing import Any, cast

import httpx

from activities.bookkeeping.port import Bill, Charge, ListedPrice
from activities.outbound.answer import Answer
from activities.outbound.cleaning import cleaned
from activities.outbound.client import USUAL, Bounds
from activities.outbound.errors import Unexpected
from activities.studios.replicate import API_URL, LISTED_WITHIN, cursor_in
from activities.studios.vendor_base import MOST_PAGES, BillsBase, client_with_key
from schema.prices.price_table import PriceTable

_CHARGED = ("succeeded", "failed", "canceled")
"""States of predictions that ran; one that was aborted had not begun, and the others have not ended."""


class ReplicateBills(BillsBase):
    """Implements the `Bookkeeper` port at Replicate. It has no price endpoint: prices stand on model pages only."""

    def __init__(
        self,
        token: str,
        prices: PriceTable,
        *,
        api_url: str = API_URL,
        bounds: Bounds = USUAL,
        listed_within: timedelta = LISTED_WITHIN,
    ) -> None:
        """Take the studio's token. Raises `ValueError` for an address that cannot be used."""
        super().__init__(client_with_key([api_url], "Bearer", token, bounds), prices, listed_within)
        self._api = f"{api_url.rstrip('/')}/v1"

    async def bill(self, since: datetime) -> Bill:
        """Return every prediction that ran since then; its seed too, until Replicate wipes it after an hour."""
        charges: list[Charge] = []
        cursor: str | None = ""
        for _ in range(MOST_PAGES):
            page = await self._page(cursor)
            listed = [(_made_at(row), row) for row in page.rows("results")]
            charges += [
                _charge_of(row, at) for at, row in listed if at >= since and row.get("status") in _CHARGED
            ]
            older = any(at < since for at, _ in listed)  # the newest are listed first
            cursor = None if older else cursor_in(page)
            if cursor is None:
                return Bill(charges=tuple(charges), visible_within=self._visible_within)
        raise Unexpected(f"replicate lists more than {MOST_PAGES} pages; look at fewer days", 200)

    async def listed_prices(self) -> list[ListedPrice]:
        """Return nothing: Replicate tells no price to programs."""
        return []

    async def _page(self, cursor: str | None) -> Answer:
        url = httpx.URL(f"{self._api}/predictions", params={"cursor": cursor} if cursor else {})
        return await self._get(str(url))


def _charge_of(row: dict[str, Any], at: datetime) -> Charge:
    given = row.get("input")
    seed = cast("dict[str, Any]", given).get("seed") if isinstance(given, dict) else None
    return Charge(
        handle=str(row.get("id")), charged_microusd=None, at=at, marker=None if seed is None else str(seed)
    )


def _made_at(row: dict[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(row.get("created_at")))
    except ValueError as error:
        raise Unexpected(f"replicate's prediction has no usable time: {cleaned(str(error))}", 200) from None
