"""Check prices: compare what a vendor says its models cost with our table, which no program ever changes.

A vendor's unit need not be ours. Where one unit price cannot say what our table says, that is told, and only whether
the vendor has changed it since it was last seen.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from temporalio import activity

from activities.bookkeeping.port import Bookkeeper, ChargeReader, Listed, ListedPrice
from activities.bookkeeping.vendor_reading import Unread, read
from schema.prices.price_table import ModelPrice, PricePerImage, PricePerSecond, PricePerVideo, PriceTable
from schema.vendors.audit import PriceLine, VendorPrices, VendorRequest

_SECONDS: Final = frozenset({"second", "seconds", "video_second", "video_seconds"})
_VIDEOS: Final = frozenset({"video", "videos"})
_IMAGES: Final = {
    "image": frozenset({"image", "images"}),
    "megapixel": frozenset({"megapixel", "megapixels"}),
}


class Pricing:
    """Comparing prices, given each vendor's word, our tables, and what was seen before."""

    def __init__(
        self, books: ChargeReader, keepers: Mapping[str, Bookkeeper], tables: Sequence[PriceTable]
    ) -> None:
        self._books = books
        self._keepers = keepers
        self._tables = {table.vendor: table for table in tables}

    @activity.defn(name="audit_prices")
    async def audit_prices(self, request: VendorRequest) -> VendorPrices:
        """Compare one vendor's prices with the table; each difference and each change is an alert, once."""
        keeper, table = self._keepers.get(request.vendor), self._tables.get(request.vendor)
        if keeper is None or table is None:
            return VendorPrices(
                vendor=request.vendor, unread="it tells no prices to programs, or its key is not set"
            )
        listed = await read(keeper.listed_prices())
        if isinstance(listed, Unread):
            return VendorPrices(vendor=request.vendor, unread=listed.why)
        lines = [await self._line(table, price) for price in listed]
        told = {price.model for price in listed}
        lines += [
            PriceLine(
                vendor=table.vendor,
                model=name,
                verdict="cannot be compared",
                line=f"{table.vendor} lists no price",
            )
            for name in table.models
            if name not in told
        ]
        return VendorPrices(vendor=request.vendor, lines=tuple(sorted(lines, key=lambda line: line.model)))

    async def _line(self, table: PriceTable, price: ListedPrice) -> PriceLine:
        now = Listed(
            endpoint=price.endpoint, unit_price=price.unit_price, unit=price.unit, currency=price.currency
        )
        before = await self._books.price_before(table.vendor, now)
        line = compare_price(table, price)
        if before and line.verdict != "differs":
            said = f"{line.line}; it was {_words(before)} when last seen"
            line = line.model_copy(update={"verdict": "changed", "line": said})
        if line.verdict in ("differs", "changed"):
            name = f"price/{table.vendor}/{price.endpoint}/{_words(now)}"
            said = (
                f"the price of {line.model} at {table.vendor}: {line.line}; nothing was changed in our table"
            )
            await self._books.raise_alert(name, "price", said)
        return line


def compare_price(table: PriceTable, listed: ListedPrice) -> PriceLine:
    """Compare one price. Equal means: the same amount for the same unit, whatever is ordered."""
    ours = _ours(table.models[listed.model], listed)
    if ours is None or listed.currency != "USD":
        line = f"{_words(listed)} there; our table is by {_unit(table.models[listed.model])}"
        return PriceLine(
            vendor=table.vendor,
            model=listed.model,
            endpoint=listed.endpoint,
            verdict="cannot be compared",
            line=line,
        )
    same = ours == listed.unit_price
    line = f"{_words(listed)} there" + ("" if same else f", ${ours.normalize():f} in our table")
    return PriceLine(
        vendor=table.vendor,
        model=listed.model,
        endpoint=listed.endpoint,
        verdict="equal" if same else "differs",
        line=line,
    )


def _ours(price: ModelPrice, listed: ListedPrice) -> Decimal | None:
    """Return our price of the vendor's unit; None where our table does not have one for it.

    One price a second says nothing of a model that costs more at a higher resolution, or with options we always order.
    """
    match price:
        case PricePerSecond() if listed.unit.startswith("second of "):
            return {f"second of {name}": cost for name, cost in price.price_usd.items()}.get(listed.unit)
        case PricePerSecond() if listed.unit in _SECONDS:
            return _only(list(price.price_usd.values())) if not (price.wire and price.wire.fixed) else None
        case PricePerVideo() if listed.unit in _VIDEOS:
            return _only([cost for by_length in price.price_usd.values() for cost in by_length.values()])
        case PricePerImage() if listed.unit in _IMAGES[price.unit]:
            return price.price_usd
        case _:
            return None


def _only(prices: list[Decimal]) -> Decimal | None:
    return prices[0] if len(set(prices)) == 1 else None


def _unit(price: ModelPrice) -> str:
    return f"{price.unit} and resolution" if isinstance(price, PricePerSecond | PricePerVideo) else price.unit


def _words(price: ListedPrice | Listed) -> str:
    return f"{price.unit_price.normalize():f} {price.currency} a {price.unit!r}"
