"""What reviews can be asked: decisions, the end of an item, and what another takes over."""

from typing import Protocol

from schema.items.item import Ending, ItemResult
from schema.items.plan import TakenUp
from schema.reviews.review import Review, ReviewRequest, Verdict, Word


class Arbiter(Protocol):
    """The review row: one conditional update decides between all doors and the deadline."""

    async def open_review(self, request: ReviewRequest) -> Review:
        """Put a subject before a person; a review that was opened before is returned as it stands."""
        ...

    async def remind(self, item_id: str, line: str) -> None:
        """Tell people that an open review still waits; `line` says for how long. Repeating tells nothing new."""
        ...

    async def decide(self, word: Word) -> Verdict:
        """Store a word if it is the first valid one for what is on show; say what became of it."""
        ...

    async def read(self, item_id: str) -> Verdict:
        """Return what the newest review of an item says."""
        ...

    async def expire(self, item_id: str) -> Verdict:
        """End an open review whose deadline has passed by the database clock."""
        ...


class Closer(Protocol):
    """The end of an item: nothing of it stays on show, and nothing stays reserved that was never sent."""

    async def close_item(self, ending: Ending) -> ItemResult:
        """End an item: its open review, its unsent reservations and its row, in one transaction.

        The first ending ever stored is the one returned.
        """
        ...

    async def approved_review(self, item_id: str) -> Review | None:
        """Return the revision of an item that was approved; None where none was."""
        ...


class Lines(Protocol):
    """Items that were taken up one after the other."""

    async def take_up(self, item_id: str) -> TakenUp:
        """Return what another item takes over from this ended one. Raises `Trouble` (`bad_input`) where it cannot."""
        ...
