"""What clips cost, by the second or by the piece, and what can be ordered at all."""

from datetime import timedelta
from decimal import Decimal
from typing import Literal

from pydantic import Field

from schema.content.scene import AspectRatio, Resolution
from schema.money import microusd
from schema.payload import Document
from schema.prices.wire import Wire


class _Clips(Document):
    """What every model of clips tells, however it is priced."""

    max_prompt_chars: int = Field(gt=0)
    """The longest prompt, picture and sound together."""
    durations_seconds: tuple[int, ...] = Field(min_length=1)
    """The lengths that can be ordered."""
    aspect_ratios: tuple[AspectRatio, ...] = Field(min_length=1)
    sound: bool = False
    """Whether a clip comes with sound of its own, at this price."""
    wire: Wire | None = None
    """How the vendor is asked for a clip of words; None for one whose only wire is ours."""
    from_image: Wire | None = None
    """How it is asked for a clip that begins with an image, at the same price; None: it cannot be asked for one."""

    def _check(self, duration: timedelta, resolution: Resolution, made: tuple[Resolution, ...]) -> int:
        """Return the length in seconds. Raises `ValueError` for what the model does not make."""
        seconds = duration.total_seconds()
        if resolution not in made:
            raise ValueError(f"resolution {resolution!r} is not made: choose of {list(made)!r}")
        if seconds not in self.durations_seconds:
            raise ValueError(f"{seconds:g} s is not made: choose of {list(self.durations_seconds)!r} seconds")
        return int(seconds)


class PricePerSecond(_Clips):
    """Clips, paid by their length."""

    unit: Literal["second"]
    price_usd: dict[Resolution, Decimal] = Field(min_length=1)
    """Decimal dollars a second, by resolution; a resolution that is not named cannot be ordered."""

    @property
    def resolutions(self) -> tuple[Resolution, ...]:
        """What can be ordered, as listed."""
        return tuple(self.price_usd)

    def cost_microusd(self, duration: timedelta, resolution: Resolution) -> int:
        """Return the price of one clip. Raises `ValueError` for what the model does not make."""
        seconds = self._check(duration, resolution, self.resolutions)
        return microusd(self.price_usd[resolution] * seconds)


class PricePerVideo(_Clips):
    """Clips, each at a flat price."""

    unit: Literal["video"]
    price_usd: dict[Resolution, dict[int, Decimal]] = Field(min_length=1)
    """Decimal dollars a clip, by resolution and length in seconds."""

    @property
    def resolutions(self) -> tuple[Resolution, ...]:
        """What can be ordered, as listed."""
        return tuple(self.price_usd)

    def cost_microusd(self, duration: timedelta, resolution: Resolution) -> int:
        """Return the price of one clip. Raises `ValueError` for what the model does not make."""
        seconds = self._check(duration, resolution, self.resolutions)
        if seconds not in self.price_usd[resolution]:
            raise ValueError(f"{seconds} s at {resolution!r} has no price, so it is not ordered")
        return microusd(self.price_usd[resolution][seconds])


ClipPrice = PricePerSecond | PricePerVideo
