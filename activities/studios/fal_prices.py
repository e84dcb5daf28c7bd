"""What fal charged for a job: the units it counted, at the price it names to this account."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import httpx
from tenacity import retry, stop_after_attempt, wait_random_exponential

from activities.outbound.client import Outbound
from schema.money import microusd

WITHIN_S = 6.0
"""All tries at reading a price together: the job that waits for it is read within half a minute."""


class UnitPrices:
    """The account's own prices of one unit, each read once."""

    def __init__(self, outbound: Outbound, platform_url: str) -> None:
        self._outbound = outbound
        self._platform = platform_url
        self._known: dict[str, Decimal | None] = {}

    async def charged_microusd(self, endpoint: str, result_headers: Mapping[str, str]) -> int | None:
        """Return billable units times unit price, both told by fal; None where it does not tell."""
        units = _positive(result_headers.get("x-fal-billable-units"))
        price = await self._price(endpoint) if units else None
        return microusd(price * units) if price and units else None

    def address(self, endpoint: str) -> str:
        """Return where the price of a model is told."""
        return str(httpx.URL(f"{self._platform}/models/pricing", params={"endpoint_id": endpoint}))

    async def _price(self, endpoint: str) -> Decimal | None:
        if endpoint in self._known:
            return self._known[endpoint]
        try:
            async with asyncio.timeout(WITHIN_S):
                rows = await self._rows(endpoint)
        except (httpx.HTTPError, TimeoutError):
            return None  # the reserve is settled instead; the nightly check tells a difference
        price = None
        for row in rows:
            if row.get("endpoint_id") == endpoint and row.get("currency") == "USD":
                price = _positive(row.get("unit_price"))
        self._known[endpoint] = price
        return price

    @retry(stop=stop_after_attempt(3), wait=wait_random_exponential(max=1), reraise=True)
    async def _rows(self, endpoint: str) -> list[dict[str, Any]]:
        answer = await self._outbound.call("GET", self.address(endpoint))
        if not answer.ok:
            raise answer.fail()
        return answer.rows("prices")


def _positive(value: Any) -> Decimal | None:
    """Return a positive amount; None for anything else."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount > 0 else None
