"""A quote: what an item of one format costs at most, and who would be asked."""

from schema.money import Book
from schema.payload import Payload
from schema.purchases.routing import SceneModel, Tier


class Quote(Payload):
    """The price of an item of one format, in micro-dollars of one book."""

    format: str
    tier: Tier = "standard"
    book: Book
    scenes: int
    first: SceneModel
    """Who is asked first for a scene of no particular style."""
    others: tuple[SceneModel, ...]
    """Who may be asked instead."""
    writer: str
    most_by_name: dict[str, int]
    """What one round costs at most, in micro-dollars, by what it buys: `scenes`, `words`.

    Each is bought from the dearest that may be asked, and words are asked for as often as may be.
    """
    max_revisions: int

    @property
    def round_microusd(self) -> int:
        """Return what one round costs at most."""
        return sum(self.most_by_name.values())

    @property
    def most_microusd(self) -> int:
        """Return the most that an item may cost, all its revisions included and no cap in the way."""
        return self.round_microusd * (1 + self.max_revisions)
