"""fal's books: its billing events, and its price endpoint (providers.md 2.10).

Billing events want a key of admin scope, which submitting does not: give one of its own, or one key for both.
"""

from collections.abc import AsyncGenerator, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, cast

import httpx

from activities.bookkeeping.port import Bill, Charge, ListedPrice, NotTold
from activities.outbound.answer import Answer
from activities.outbound.cleaning import cleaned
from activities.outbound.client import USUAL, Bounds
from activities.outbound.errors import Unexpected
from activities.outbound.key_question import ask_with_key
from activities.studios.fal import PLATFORM_URL, Handle, cursor_in
from activities.studios.request_mapping import marker_in
from activities.studios.vendor_base import MOST_PAGES, BillsBase, client_with_key
from schema.money import microusd
from schema.prices.price_table import PriceTable, wires_of
from schema.vendors.key_finding import KeyFinding

BILLED_WITHIN = timedelta(hours=1)
"""A charge may take this long to be listed. fal names no limit; others saw a minute or two (2026-11-20)."""
_EVENTS = "models/billing-events"
_REMEDY = "set FAL_ADMIN_KEY to one of admin scope"
_PAGE = "1000"
_ENDPOINTS_A_CALL = 50


class FalBills(BillsBase):
    """Implements the `Bookkeeper` port at fal.ai."""

    def __init__(
        self,
        key: str,
        prices: PriceTable,
        *,
        platform_url: str = PLATFORM_URL,
        bounds: Bounds = USUAL,
        billed_within: timedelta = BILLED_WITHIN,
    ) -> None:
        """Take a key of admin scope. Raises `ValueError` for an address that cannot be used."""
        super().__init__(client_with_key([platform_url], "Key", key, bounds), prices, billed_within)
        self._platform = platform_url.rstrip("/")

    async def check_key(self) -> KeyFinding:
        """Ask for one billing event, which is free, and shown to no key but one of admin scope."""
        asked = {"start": _moment(datetime.now(UTC)), "limit": "1"}
        url = httpx.URL(f"{self._platform}/{_EVENTS}", params=asked)
        found = await ask_with_key(self._outbound, f"{self.name}'s books", str(url))
        if found.state != "refused":
            return found
        return found.model_copy(update={"says": f"{found.says}; {_REMEDY}"})

    async def bill(self, since: datetime) -> Bill:
        """Return all billing events since then, each with the mark it was sent with where fal still has its input."""
        start = _moment(since)
        asked = {"start": start, "limit": _PAGE}
        events = [row async for row in self._rows(_EVENTS, "billing_events", asked)]
        markers = await self._markers({str(event.get("endpoint_id")) for event in events}, start)
        return Bill(
            charges=tuple(_charge_of(event, markers) for event in events), visible_within=self._visible_within
        )

    async def listed_prices(self) -> list[ListedPrice]:
        """Return the unit price of each model of the table that fal lists."""
        models = {
            wire.endpoint: name for name, price in self._prices.models.items() for wire in wires_of(price)
        }
        endpoints = sorted(models)
        found: list[ListedPrice] = []
        for first in range(0, len(endpoints), _ENDPOINTS_A_CALL):
            some = endpoints[first : first + _ENDPOINTS_A_CALL]
            async for row in self._rows("models/pricing", "prices", {"endpoint_id": ",".join(some)}):
                endpoint = str(row.get("endpoint_id"))
                if endpoint in models:
                    found.append(_price_of(row, models[endpoint], endpoint))
        return found

    async def _markers(self, endpoints: Iterable[str], start: str) -> dict[str, str]:
        """Return the mark of each request by its id: it shows second jobs of one operation."""
        found: dict[str, str] = {}
        for endpoint in sorted(endpoints):
            asked = {"endpoint_id": endpoint, "start": start, "expand": "payloads", "limit": "100"}
            async for row in self._rows("models/requests/by-endpoint", "items", asked):
                sent = row.get("json_input")
                told = (
                    marker_in(cast("dict[str, Any]", sent), self._prices) if isinstance(sent, dict) else None
                )
                if told is not None:
                    found[str(row.get("request_id"))] = told
        return found

    async def _rows(self, path: str, field: str, query: dict[str, str]) -> AsyncGenerator[dict[str, Any]]:
        """Read a listing to its end. Raises `Unexpected` for one that has none."""
        for _ in range(MOST_PAGES):
            page = await self._page(path, query)
            for row in page.rows(field):
                yield row
            if (cursor := cursor_in(page)) is None:
                return
            query = {**query, "cursor": cursor}
        raise Unexpected(f"fal's {path} has more than {MOST_PAGES} pages; look at fewer days", 200)

    async def _page(self, path: str, query: dict[str, str]) -> Answer:
        url = httpx.URL(f"{self._platform}/{path}", params=query)
        answer = await self._outbound.call("GET", str(url))
        if answer.status in (401, 403) and answer.is_document():
            raise NotTold(f"fal does not show {path} to this key ({answer.words()}); {_REMEDY}")
        if not answer.ok:
            raise answer.fail()
        return answer


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _charge_of(event: dict[str, Any], markers: dict[str, str]) -> Charge:
    """Read one event. One that cannot be read must not be passed over."""
    try:
        request_id, endpoint = str(event["request_id"]), str(event["endpoint_id"])
        charged = microusd(Decimal(str(event["cost_total"])))
        at = datetime.fromisoformat(str(event["timestamp"]))
    except (KeyError, ValueError, InvalidOperation) as error:
        raise Unexpected(f"fal's billing event cannot be read: {cleaned(repr(error))}", 200) from None
    return Charge(
        handle=str(Handle(endpoint, request_id)),
        charged_microusd=charged,
        at=at,
        marker=markers.get(request_id),
    )


def _price_of(row: dict[str, Any], model: str, endpoint: str) -> ListedPrice:
    try:
        unit_price = Decimal(str(row["unit_price"]))
    except (KeyError, InvalidOperation) as error:
        raise Unexpected(f"fal's price of {endpoint} cannot be read: {cleaned(repr(error))}", 200) from None
    return ListedPrice(
        model=model,
        endpoint=endpoint,
        unit_price=unit_price,
        unit=str(row.get("unit")),
        currency=str(row.get("currency")),
    )
