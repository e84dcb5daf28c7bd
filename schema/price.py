"""What vendors charge: one versioned YAML file a vendor, in `schema/prices/`."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field

from schema.money import Book, microusd
from schema.payload import Document
from schema.scene import AspectRatio, Resolution

FOLDER = Path(__file__).parent / "prices"


class ModelPrice(Document):
    """One model: what it takes, and what that costs."""

    unit: Literal["second"]
    """What `price_usd` is for: one second of finished video."""
    price_usd: dict[Resolution, Decimal] = Field(min_length=1)
    """Decimal dollars a unit, by resolution; a resolution that is not named cannot be ordered."""
    max_prompt_chars: int = Field(gt=0)
    """The longest prompt, picture and sound together."""
    durations_seconds: tuple[int, ...] = Field(min_length=1)
    """The lengths that can be ordered."""
    aspect_ratios: tuple[AspectRatio, ...] = Field(min_length=1)

    @property
    def resolutions(self) -> tuple[Resolution, ...]:
        """What can be ordered, as listed."""
        return tuple(self.price_usd)

    def cost_microusd(self, duration: timedelta, resolution: Resolution) -> int:
        """Return the price of one clip. Raises `ValueError` for what the model does not make."""
        seconds = duration.total_seconds()
        if resolution not in self.price_usd:
            raise ValueError(f"resolution {resolution!r} is not made: choose of {list(self.price_usd)!r}")
        if seconds not in self.durations_seconds:
            raise ValueError(f"{seconds:g} s is not made: choose of {list(self.durations_seconds)!r} seconds")
        return microusd(self.price_usd[resolution] * int(seconds))


class PriceTable(Document):
    """One vendor's prices, as read on one day."""

    version: int = Field(ge=1)
    """Rises with every change, so that a receipt can name the table it was reckoned with."""
    vendor: str
    book: Book
    source: str
    """The document the figures come from."""
    read_on: date
    """The day the figures were read there."""
    models: dict[str, ModelPrice] = Field(min_length=1)

    def model(self, name: str) -> ModelPrice:
        """Return one model. Raises `ValueError` for one that is not in the table."""
        if name not in self.models:
            raise ValueError(f"{self.vendor} has no model {name!r}: choose of {sorted(self.models)!r}")
        return self.models[name]


def load_prices(vendor: Literal["offline"], folder: Path = FOLDER) -> PriceTable:
    """Read and check one vendor's file. Raises `pydantic.ValidationError` where it is not as it should be."""
    import yaml  # loaded late: only those who read the file need it

    return PriceTable.model_validate(yaml.safe_load((folder / f"{vendor}.yaml").read_text("utf-8")))
