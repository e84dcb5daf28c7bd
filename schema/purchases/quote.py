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
    round_microusd: int
    """The scenes of one round at most: each from the dearest that may be asked."""
    words_microusd: int
    """The words of one round at most: each of them asked for as often as may be."""
    max_revisions: int

    @property
    def most_microusd(self) -> int:
        """Return the most that an item may cost, all its revisions included and no cap in the way."""
        return (self.round_microusd + self.words_microusd) * (1 + self.max_revisions)
