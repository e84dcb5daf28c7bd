"""Where an item stands, as its workflow tells it."""

from datetime import datetime

from schema.items.item import ItemState
from schema.items.stage import Stage
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
    stage: str
    """One of the table in `schema.items.stage`, or one that a later version added."""
    round: int
    stages: tuple[str, ...] = ()
    """Those that lie on this item's way, in order."""
    ended_in: str | None = None
    """The stage at which it ended; None while it has not."""
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
    review_ends: datetime | None = None
    """When the review on show ends; None where nothing is."""
    last_word: str
    """What became of the last thing a person said; empty before the first."""

    @property
    def passed(self) -> tuple[str, ...]:
        """The stages that have really been gone through."""
        if self.stage != Stage.DONE:
            return self.stages[: self.stages.index(self.stage)] if self.stage in self.stages else ()
        if self.state is ItemState.PUBLISHED:
            return self.stages
        return self.stages[: self.stages.index(self.ended_in)] if self.ended_in in self.stages else ()
