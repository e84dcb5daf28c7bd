"""Which models a scene is bought from, in which order and why: fixed when the item is opened."""

from datetime import timedelta
from typing import Literal, get_args

from pydantic import Field

from schema.money import Book
from schema.payload import Document, Payload

Tier = Literal["economy", "standard", "premium"]
"""How much an item may strive for: rules of a format choose models by it."""
TIERS: tuple[Tier, ...] = get_args(Tier)
USUAL_TIER: Tier = "standard"
USUAL_RULE = "the format's list"


class Rule(Document):
    """Models for some scenes only: the first rule of which everything holds takes the place of the format's list."""

    name: str = Field(min_length=1, max_length=60)
    """Shown where a take says why it was made where it was."""
    models: tuple[str, ...] = Field(min_length=1)
    styles: tuple[str, ...] = ()
    """Of the scene, as its prompt says; empty: any."""
    tiers: tuple[Tier, ...] = ()
    """Of the item; empty: any."""
    from_seconds: float = 0
    below_seconds: float | None = None
    """Length of the scene: from the one, and shorter than the other where there is one."""

    def may_hold(self, tier: Tier, duration: timedelta) -> bool:
        """True where nothing but a scene's style can still be against it."""
        seconds = duration.total_seconds()
        fits = self.from_seconds <= seconds and (self.below_seconds is None or seconds < self.below_seconds)
        return fits and (not self.tiers or tier in self.tiers)


class SceneModel(Payload):
    """One model at one vendor, at the price of the day the item was opened."""

    vendor: str
    model: str
    book: Book
    price_microusd: int
    """Worst case for one scene."""
    max_prompt_chars: int


class Choice(Payload):
    """The models for scenes of some styles, in the order in which they are asked."""

    rule: str = USUAL_RULE
    styles: tuple[str, ...] = ()
    """Empty: for every scene."""
    models: tuple[SceneModel, ...]
