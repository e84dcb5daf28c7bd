"""How an order becomes a vendor's input, and how it is known again in a vendor's listing."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from schema.price import ClipPrice, PriceTable, Wire
from schema.scene import SceneOrder

_DAY_IN_ID = re.compile(r"-(\d{8})-[a-z2-7]{6}/")
_UNDATED = timedelta(days=30)


def wire_of(prices: PriceTable, model: str) -> tuple[ClipPrice, Wire]:
    """Return price and wire of a model. Raises `ValueError` for one that cannot be ordered."""
    price = prices.clips(model)
    if price.wire is None:
        raise ValueError(f"the price list of {prices.vendor} does not say how {model!r} is asked for")
    return price, price.wire


def input_of(order: SceneOrder, prices: PriceTable) -> dict[str, Any]:
    """Return the model's input. Raises `ValueError` for what the model does not make or has no price for."""
    price, wire = wire_of(prices, order.model)
    prompt = order.prompt
    price.cost_microusd(prompt.duration, prompt.resolution)
    if prompt.aspect_ratio not in price.aspect_ratios:
        raise ValueError(f"aspect ratio {prompt.aspect_ratio!r} is not made by {order.model!r}")
    if len(prompt.text) > price.max_prompt_chars:
        raise ValueError(f"{len(prompt.text)} characters, {order.model!r} takes {price.max_prompt_chars}")
    seconds = int(prompt.duration.total_seconds())
    written: dict[str, str | int] = {"text": str(seconds), "integer": seconds, "seconds": f"{seconds}s"}
    asked: dict[str, Any] = {**wire.fixed, "prompt": prompt.text, "duration": written[wire.duration]}
    if wire.size:
        try:
            asked["size"] = wire.size[prompt.resolution][prompt.aspect_ratio]
        except KeyError:
            raise ValueError(
                f"{order.model!r} has no size for {prompt.resolution} {prompt.aspect_ratio}"
            ) from None
    else:
        asked["aspect_ratio"] = prompt.aspect_ratio
        if wire.resolution:
            asked["resolution"] = prompt.resolution
    if wire.seed:
        asked["seed"] = marker_of(order.operation_id)
    return asked


def marker_of(operation_id: str) -> int:
    """Return the seed that marks one operation: the only field a vendor keeps and a model does not mind.

    It follows from the operation alone, so each attempt has its own and a lost answer can be looked up by it.
    """
    return int.from_bytes(hashlib.sha256(operation_id.encode()).digest()[:4]) & 0x7FFFFFFF


def is_ours(listed: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """True where a listed input holds everything we asked, marker included; a vendor may add its defaults."""
    return all(listed.get(name) == value for name, value in asked.items())


def not_before(operation_id: str) -> datetime:
    """Return a moment before which the operation cannot have been sent: an item's id names the day it was made.

    It is not the day of the reservation: after a restored backup a reservation may be younger than its purchase.
    """
    if found := _DAY_IN_ID.search(operation_id):
        try:
            return datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC) - timedelta(days=1)
        except ValueError:
            pass
    return datetime.now(UTC) - _UNDATED
