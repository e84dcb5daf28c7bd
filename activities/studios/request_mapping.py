"""How an order becomes a vendor's input, and how it is known again in a vendor's listing."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from schema.content.scene import SceneOrder
from schema.content.still import StillOrder
from schema.failure import NoEffect
from schema.prices.price_table import PriceTable, wires_of
from schema.prices.wire import Marker, StillWire, Wire

_DAY_IN_ID = re.compile(r"-(\d{8})-[a-z2-7]{6}/")
_UNDATED = timedelta(days=30)
CLOCKS_APART = timedelta(minutes=15)
"""The most that a vendor's clock and the database's are taken to differ."""


AnyOrder = SceneOrder | StillOrder


def request_of(order: AnyOrder, prices: PriceTable, start_image: str | None) -> tuple[str, dict[str, Any]]:
    """Return the model's endpoint and input, to be sent. Raises `NoEffect`, for good, for what cannot be ordered."""
    try:
        expected = order.start_image if isinstance(order, SceneOrder) else None
        if (expected is None) is not (start_image is None):
            raise ValueError("its start image was not uploaded, or it has none")
        return wire_of(order, prices).endpoint, input_of(order, prices, start_image)
    except ValueError as error:
        raise NoEffect(f"not ordered: {error}", repeatable=False) from error


class Likeness(StrEnum):
    """What a listed input says of an order of ours."""

    OURS = "ours"
    DOUBTFUL = "doubtful"
    """It bears our mark, and something else in it is not what we would ask for today; or the mark of another try."""
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Search:
    """What an order is known again by among listed ones."""

    endpoint: str
    asked: Mapping[str, Any]
    mark: str
    """The field of our mark."""
    others: frozenset[str] = frozenset()
    """The marks of further operations that may stand for the same purchase."""

    def likeness(self, listed: Mapping[str, Any]) -> Likeness:
        """Compare a listed input with what we asked; a vendor may add its defaults."""
        if str(listed.get(self.mark)) in self.others:
            return Likeness.DOUBTFUL
        if str(listed.get(self.mark)) != str(self.asked[self.mark]):
            return Likeness.FOREIGN
        same = all(listed.get(name) == value for name, value in self.asked.items())
        return Likeness.OURS if same else Likeness.DOUBTFUL


def search_of(order: AnyOrder, prices: PriceTable, forgotten: Sequence[str] = ()) -> Search | None:
    """Return what the order is known again by; None where nothing in its input marks it as ours."""
    try:
        wire = wire_of(order, prices)
        if wire.marker is None:
            return None
        others = frozenset(str(marker_of(operation_id)) for operation_id in forgotten)
        return Search(wire.endpoint, input_of(order, prices), wire.marker.field, others)
    except ValueError:
        return None


def wire_of(order: AnyOrder, prices: PriceTable) -> Wire | StillWire:
    """Return how the order is asked for. Raises `ValueError` for what cannot be ordered."""
    if isinstance(order, StillOrder):
        wire, kind = prices.images(order.model).wire, ""
    elif order.start_image:
        wire, kind = prices.clips(order.model).from_image, " from an image"
    else:
        wire, kind = prices.clips(order.model).wire, ""
    if wire is None:
        raise ValueError(
            f"the price list of {prices.vendor} does not say how {order.model!r} is asked for{kind}"
        )
    return wire


def input_of(order: AnyOrder, prices: PriceTable, start_image: str | None = None) -> dict[str, Any]:
    """Return the model's input. Raises `ValueError` for what the model does not make or has no price for.

    `start_image` is the address the image was uploaded to: None where it is not known, e.g. in a look-up.
    """
    wire = wire_of(order, prices)
    if isinstance(order, StillOrder):
        price, text = prices.images(order.model), order.prompt
        price.cost_microusd(order.width_px, order.height_px)
        asked: dict[str, Any] = {"image_size": {"width": order.width_px, "height": order.height_px}}
    else:
        price, text = prices.clips(order.model), order.prompt.text
        price.cost_microusd(order.prompt.duration, order.prompt.resolution)
        if order.prompt.aspect_ratio not in price.aspect_ratios:
            raise ValueError(f"aspect ratio {order.prompt.aspect_ratio!r} is not made by {order.model!r}")
        asked = _shape(order, wire, start_image) if isinstance(wire, Wire) else {}
    if len(text) > price.max_prompt_chars:
        raise ValueError(f"{len(text)} characters, {order.model!r} takes {price.max_prompt_chars}")
    return {**wire.fixed, "prompt": text, **asked, **marked(wire.marker, order.operation_id)}


def marked(marker: Marker | None, operation_id: str) -> dict[str, str | int]:
    """Return the field that marks one operation; nothing for a model that has none."""
    if marker is None:
        return {}
    number = marker_of(operation_id)
    return {marker.field: number if marker.form == "number" else str(number)}


def _shape(order: SceneOrder, wire: Wire, start_image: str | None) -> dict[str, Any]:
    """Return length, size and first frame, each where the model has a field for it."""
    prompt = order.prompt
    seconds = int(prompt.duration.total_seconds())
    written: dict[str, str | int] = {"text": str(seconds), "integer": seconds, "seconds": f"{seconds}s"}
    shape: dict[str, Any] = {"duration": written[wire.duration]}
    if wire.size:
        try:
            shape["size"] = wire.size[prompt.resolution][prompt.aspect_ratio]
        except KeyError:
            raise ValueError(
                f"{order.model!r} has no size for {prompt.resolution} {prompt.aspect_ratio}"
            ) from None
    elif wire.aspect_ratio:
        shape["aspect_ratio"] = prompt.aspect_ratio
    if wire.resolution and not wire.size:
        shape["resolution"] = prompt.resolution
    if wire.start_image and start_image:
        shape[wire.start_image] = start_image
    return shape


def marker_in(sent: Mapping[str, Any], prices: PriceTable) -> str | None:
    """Return what a listed input is marked with, in whichever field its model has for it; None for no mark."""
    wires = [wire for price in prices.models.values() for wire in wires_of(price)]
    fields = {wire.marker.field for wire in wires if wire.marker}
    return next((str(sent[field]) for field in sorted(fields) if sent.get(field) is not None), None)


def marker_of(operation_id: str) -> int:
    """Return the number that marks one operation, in a field that a vendor keeps and a model does not mind.

    It follows from the operation alone, so each attempt has its own and a lost answer can be looked up by it.
    """
    return int.from_bytes(hashlib.sha256(operation_id.encode()).digest()[:4]) & 0x7FFFFFFF


def not_before(operation_id: str, since: datetime | None = None) -> datetime:
    """Return a moment by a vendor's clock before which the operation cannot have been sent.

    `since` is such a moment by ours; where it is not known, an item's id names the day it was made.
    """
    if since is not None:
        return since.astimezone(UTC) - CLOCKS_APART
    if found := _DAY_IN_ID.search(operation_id):
        try:
            return datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC) - timedelta(days=1)
        except ValueError:
            pass
    return datetime.now(UTC) - _UNDATED
