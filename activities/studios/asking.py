"""How an order becomes a vendor's input, and how it is known again in a vendor's listing."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from schema.clip_price import ClipPrice
from schema.failure import NoEffect
from schema.price import PriceTable
from schema.scene import SceneOrder
from schema.wire import Marker, Wire

_DAY_IN_ID = re.compile(r"-(\d{8})-[a-z2-7]{6}/")
_UNDATED = timedelta(days=30)


def request_of(order: SceneOrder, prices: PriceTable, start_image: str | None) -> tuple[str, dict[str, Any]]:
    """Return the model's endpoint and input, to be sent. Raises `NoEffect`, for good, for what cannot be ordered."""
    try:
        if (order.start_image is None) is not (start_image is None):
            raise ValueError("its start image was not uploaded, or it has none")
        return wire_of(order, prices)[1].endpoint, input_of(order, prices, start_image)
    except ValueError as error:
        raise NoEffect(f"not ordered: {error}", repeatable=False) from error


def search_of(order: SceneOrder, prices: PriceTable) -> tuple[str, dict[str, Any]] | None:
    """Return the endpoint and what a listed input must hold to be ours; None where nothing in it marks it as ours."""
    try:
        _, wire = wire_of(order, prices)
        return (wire.endpoint, input_of(order, prices)) if wire.marker else None
    except ValueError:
        return None


def wire_of(order: SceneOrder, prices: PriceTable) -> tuple[ClipPrice, Wire]:
    """Return price and wire of what is ordered. Raises `ValueError` for what cannot be ordered."""
    price = prices.clips(order.model)
    wire = price.from_image if order.start_image else price.wire
    if wire is None:
        kind = "from an image " if order.start_image else ""
        raise ValueError(
            f"the price list of {prices.vendor} does not say how {order.model!r} is asked {kind}for"
        )
    return price, wire


def input_of(order: SceneOrder, prices: PriceTable, start_image: str | None = None) -> dict[str, Any]:
    """Return the model's input. Raises `ValueError` for what the model does not make or has no price for.

    `start_image` is the address the image was uploaded to: None where it is not known, e.g. in a look-up.
    """
    price, wire = wire_of(order, prices)
    prompt = order.prompt
    price.cost_microusd(prompt.duration, prompt.resolution)
    if prompt.aspect_ratio not in price.aspect_ratios:
        raise ValueError(f"aspect ratio {prompt.aspect_ratio!r} is not made by {order.model!r}")
    if len(prompt.text) > price.max_prompt_chars:
        raise ValueError(f"{len(prompt.text)} characters, {order.model!r} takes {price.max_prompt_chars}")
    asked: dict[str, Any] = {**wire.fixed, "prompt": prompt.text, "duration": _length(order, wire)}
    asked |= _shape(order, wire)
    if wire.start_image and start_image:
        asked[wire.start_image] = start_image
    return asked | marked(wire.marker, order.operation_id)


def marked(marker: Marker | None, operation_id: str) -> dict[str, str | int]:
    """Return the field that marks one operation; nothing for a model that has none."""
    if marker is None:
        return {}
    number = marker_of(operation_id)
    return {marker.field: number if marker.form == "number" else str(number)}


def _length(order: SceneOrder, wire: Wire) -> str | int:
    seconds = int(order.prompt.duration.total_seconds())
    match wire.duration:
        case "text":
            return str(seconds)
        case "integer":
            return seconds
        case "seconds":
            return f"{seconds}s"


def _shape(order: SceneOrder, wire: Wire) -> dict[str, str]:
    prompt = order.prompt
    if wire.size:
        try:
            return {"size": wire.size[prompt.resolution][prompt.aspect_ratio]}
        except KeyError:
            raise ValueError(
                f"{order.model!r} has no size for {prompt.resolution} {prompt.aspect_ratio}"
            ) from None
    shape: dict[str, str] = {}
    if wire.aspect_ratio:
        shape["aspect_ratio"] = prompt.aspect_ratio
    if wire.resolution:
        shape["resolution"] = prompt.resolution
    return shape


def marker_of(operation_id: str) -> int:
    """Return the number that marks one operation, in a field that a vendor keeps and a model does not mind.

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
