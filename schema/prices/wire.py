"""How an order is mapped to a model's input fields, as data in `schema/prices/`."""

from typing import Any, Literal

from pydantic import Field

from schema.content.scene import AspectRatio, Resolution
from schema.payload import Document


class Marker(Document):
    """The one field of an input that is ours: the vendor keeps it, and the model does not mind it."""

    field: str
    form: Literal["number", "text"] = "number"
    """`number` fits a seed: 0 to 2147483647; `text` is the same number, written out."""


SEED = Marker(field="seed")


class _Asking(Document):
    """What every model is asked with."""

    endpoint: str
    """The vendor's own name of the model."""
    marker: Marker | None = SEED
    """The field a lost answer is looked up by; None: it has none, and a lost answer is parked for a person."""
    fixed: dict[str, Any] = Field(default_factory=dict[str, Any])
    """Fields that are always sent alike."""


class StillWire(_Asking):
    """How one model of stills is asked for: the size goes into `image_size`, in pixels."""


class Wire(_Asking):
    """How one model of clips is asked for."""

    duration: Literal["text", "integer", "seconds"] = "text"
    """How a length of five seconds is written: `"5"`, `5` or `"5s"`."""
    resolution: bool = True
    """False where the model has only one and takes no such field."""
    aspect_ratio: bool = True
    """False where the start image rules the shape and there is no such field."""
    size: dict[Resolution, dict[AspectRatio, str]] = Field(
        default_factory=dict[Resolution, dict[AspectRatio, str]]
    )
    """Where it wants a field `size` instead of resolution and aspect ratio."""
    start_image: str | None = None
    """The field for the address of the first frame; None: it makes clips of words alone."""
