"""The offline studio's books, over its HTTP queue: nothing is left out of its listing, and nothing lags."""

from datetime import datetime
from decimal import Decimal

import httpx

from activities.bookkeeping.port import Bill, Charge, ListedPrice
from activities.offline.offline_vendor import OfflineVendor
from schema.money import microusd
from schema.prices.clip_price import PricePerSecond
from schema.prices.price_table import ModelPrice, PricePerImage, PriceTable


class OfflineBills(OfflineVendor):
    """Implements the `Bookkeeper` port at the offline studio."""

    async def bill(self, since: datetime) -> Bill:
        """Return every job that is charged, less what was refunded."""
        answer = await self._reads.get("/requests", params={"since": since.isoformat()})
        answer.raise_for_status()
        try:
            charges = [
                Charge(
                    handle=row["request_id"],
                    charged_microusd=microusd(Decimal(row["cost_usd"])),
                    at=row["submitted_at"],
                    marker=row["marker"],
                )
                for row in answer.json()["requests"]
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise httpx.DecodingError(
                f"the studio's listing cannot be read: {error!r}", request=answer.request
            ) from error
        return Bill(charges=tuple(charge for charge in charges if charge.charged_microusd))

    async def listed_prices(self) -> list[ListedPrice]:
        """Return the studio's own list, a row for each model and resolution."""
        answer = await self._reads.get("/models")
        answer.raise_for_status()
        table = PriceTable.model_validate(answer.json())
        return [
            ListedPrice(model=name, endpoint=endpoint, unit_price=unit_price, unit=unit, currency="USD")
            for name, price in table.models.items()
            for endpoint, unit, unit_price in _units_of(name, price)
        ]


def _units_of(name: str, price: ModelPrice) -> list[tuple[str, str, Decimal]]:
    """Return what is sold of a model: its listing, its unit, and its price."""
    if isinstance(price, PricePerSecond):
        return [(f"{name} {size}", f"second of {size}", cost) for size, cost in price.price_usd.items()]
    return [(name, price.unit, price.price_usd)] if isinstance(price, PricePerImage) else []
