"""An item's inbox: the words that people sent, and whether a door has stored one in the review row."""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schema.reviews.review import DecisionKind, Word
    from signals.words import Malformed, read_word
    from workflows.board import Board


class Inbox:
    """Words in the order in which they came; a malformed one is shown on the board and kept out."""

    def __init__(self, board: Board) -> None:
        self.words: list[Word] = []
        self.row_was_written = False
        """True if a door has stored a word that the item has not read yet."""
        self._board = board

    @property
    def has_news(self) -> bool:
        """True if there is a word to record or a row to read."""
        return bool(self.words) or self.row_was_written

    def hear(self, kind: DecisionKind, words: tuple[Any, ...]) -> None:
        """Take a word that was sent by hand; one that is malformed or too early changes nothing and is shown."""
        if self._board.review is None:
            self._board.tell(f"{kind}: nothing is on show now, so nothing was changed")
            return
        try:
            word = read_word(kind, self._board.item_id, words)
        except Malformed as error:
            self._board.tell(f"not understood, nothing was changed: {error}")
            return
        self.words.append(self.named(word))

    def named(self, word: Word) -> Word:
        """Return a word with an id and the revision it is about, so that it counts once if sent twice."""
        shown = self._board.review.review_id if self._board.review else None
        return word.model_copy(
            update={
                "word_id": word.word_id or f"{self._board.item_id}/{workflow.uuid4()}",
                "review_id": word.review_id or shown,
            }
        )

    def clear(self) -> None:
        """Drop what was said about a review that is over."""
        self.words.clear()
        self.row_was_written = False
