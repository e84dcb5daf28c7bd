"""Where an item stands, as its workflow tells it."""

from schema.item import ItemState, Stage
from schema.money import Book
from schema.payload import Payload


class SceneProgress(Payload):
    """One scene of the round at work."""

    scene: int
    state: str
    """`waits`, `ordered`, `looked for`, `made`, `fetched`, `kept` or `failed`."""


class Progress(Payload):
    """One reading of an item."""

    item_id: str
    state: ItemState
    stage: Stage
    round: int
    scenes: tuple[SceneProgress, ...]
    cost_microusd: int
    """Charged so far."""
    round_price_microusd: int
    """What a round costs at most: also what a revise would reserve."""
    book: Book
    title: str
    review_id: str | None
    """What is on show, where something is."""
    caption: str
    video_key: str | None
    last_word: str
    """What became of the last thing a person said; empty where nobody said anything."""
