"""What fal charged for a job: the units it counted, at the price it names to this account."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import httpx
from tenacity import retry, stop_after_attempt, wait_random_exponential

from activities.outbound.client import Outbound
from activities.outbound.errors import Unexpected
from activities.studios.missing_since import MissingSince
from schema.money import microusd

WITHIN_S = 6.0
"""All tries at reading a price together: the job that waits for it is read within half a minute."""
TOLD_WITHIN = timedelta(minutes=10)
"""So long a job that has ended waits for a price or an answer that cannot be read; then its reserve is settled.

Well within the half hour that a job may take: a clip that is made and paid is not given up for want of a price, and the
nightly check tells a difference.
"""
_NOT_FOR_US = (401, 403)


class UnitPrices:
    """The account's own prices of one unit, each read once it was told."""

    def __init__(self, outbound: Outbound, platform_url: str, missing: MissingSince) -> None:
        self._outbound = outbound
        self._platform = platform_url
        self._missing = missing
        self._known: dict[str, Decimal] = {}

    async def charged_microusd(
        self, endpoint: str, job: str, result_headers: Mapping[str, str]
    ) -> int | None:
        """Return billable units times unit price, both told by fal; None where it does not tell.

        Raises `httpx.HTTPError` while the price cannot be read, for so long after the job was first seen to have ended.
        """
        units = _positive(result_headers.get("x-fal-billable-units"))
        if units is None:
            return None
        try:
            price = self._known.get(endpoint) or await self._price(endpoint)
        except httpx.HTTPError:
            if not self._missing.has_ended(job):
                raise
            price = None
        self._missing.is_answered(job)
        return microusd(price * units) if price else None

    def address(self, endpoint: str) -> str:
        """Return where the price of a model is told."""
        return str(httpx.URL(f"{self._platform}/models/pricing", params={"endpoint_id": endpoint}))

    async def _price(self, endpoint: str) -> Decimal | None:
        """Return what fal names, None where it names no price in dollars. A list without the model says nothing."""
        try:
            async with asyncio.timeout(WITHIN_S):
                rows = await self._rows(endpoint)
        except TimeoutError:
            raise httpx.ReadTimeout(f"fal did not tell the price of {endpoint} in time") from None
        if rows is None:
            return None
        told = [row for row in rows if row.get("endpoint_id") == endpoint]
        if not told:
            raise Unexpected(f"fal's price list leaves out {endpoint}", 200)
        priced = (_positive(row.get("unit_price")) for row in told if row.get("currency") == "USD")
        price = next((one for one in priced if one), None)
        if price:
            self._known[endpoint] = price
        return price

    @retry(stop=stop_after_attempt(3), wait=wait_random_exponential(max=1), reraise=True)
    async def _rows(self, endpoint: str) -> list[dict[str, Any]] | None:
        """Read the list; None where our key may not."""
        answer = await self._outbound.call("GET", self.address(endpoint))
        if answer.status in _NOT_FOR_US and answer.is_document():
            return None
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
