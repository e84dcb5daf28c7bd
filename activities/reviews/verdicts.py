"""What became of a word: the one line that its sender reads. Functions that read take an open transaction."""

from datetime import datetime

from psycopg.rows import DictRow

from activities.reviews.review_rows import latest_review, newest_review
from activities.store import item_rows
from activities.store.database import Connection
from schema.items.item import ItemState
from schema.purchases.operation import Refusal
from schema.reviews.review import DecisionKind, Review, ReviewState, Verdict, Word
from schema.reviews.subject import VIDEO_GATE

_DONE: dict[DecisionKind, str] = {
    "approve": "approved",
    "reject": "rejected",
    "revise": "revised",
    "edit_caption": "changed",
}
_STATE_OF = {"approve": ReviewState.APPROVED, "reject": ReviewState.REJECTED}
"""What a second word wants and has already. A second revise is not among them: its notes would be lost."""
_REVISED = "the next round is being made, and can be revised once it is on show"


def closed(review: Review, word: Word) -> Verdict:
    """Return what is said to the person who has just decided."""
    shown = "" if review.round == 1 else f", round {review.round}"
    line = f"{_DONE[word.kind]}{shown} by {word.actor}"
    return Verdict(review=review, accepted=True, line=line, decided_by=word.actor, notes=word.notes)


def edited(shown: Review, actor: str) -> Verdict:
    """Return what is said to the person who has just changed the caption."""
    line = "the new caption is on show, and waits for a decision"
    return Verdict(review=shown, accepted=True, line=line, decided_by=actor)


def not_taken(word: Word, review: Review, why: str, refusal: Refusal | None = None) -> Verdict:
    """Return what is said of a word that changed nothing, and why it did not."""
    return Verdict(review=review, accepted=False, line=f"not {_DONE[word.kind]}: {why}", refusal=refusal)


async def came_too_late(connection: Connection, review: Review, word: Word) -> Verdict:
    """Return the answer to a word about a closed review: who closed it, when, and what followed."""
    verdict = await standing(connection, review)
    row = await item_rows.get(connection, word.item_id)
    already = review.state is _STATE_OF.get(word.kind) and word.caption in (None, review.subject.text)
    shown = await newest_review(connection, word.item_id, gate=VIDEO_GATE)
    if row.state in (ItemState.REJECTED, ItemState.EXPIRED) and shown:
        follows = "" if already else f"; `reelwright again {word.item_id}` takes up what was on show"
    elif row.state.ended:
        when = f", at {_moment(row.ended_at)}" if row.ended_at else ""
        follows = f"; the item is {str(row.state).replace('_', ' ')}{when}"
    else:
        follows = _next(review)
    line = (
        f"already {verdict.line}{follows}" if already else f"not {_DONE[word.kind]}: {verdict.line}{follows}"
    )
    return verdict.model_copy(update={"line": line, "already": already})


def _next(review: Review) -> str:
    """Return what an item that has not ended does after its newest review was closed."""
    if review.state is ReviewState.APPROVED:
        return "; it is being posted" if review.subject.gate == VIDEO_GATE else "; it is being made"
    return f"; {_REVISED}" if review.state is ReviewState.REVISED else ""


async def told_before(connection: Connection, word: Word) -> Verdict | None:
    """Recognise the same word delivered again, e.g. by an activity whose answer was lost; it gets the same answer."""
    if word.word_id is None:
        return None
    cursor = await connection.execute("select kind, item_id from decision where word_id = %s", [word.word_id])
    row = await cursor.fetchone()
    if row is None:
        return None
    newest = await latest_review(connection, word.item_id)
    if row["kind"] == "edit_caption" and newest.state is ReviewState.OPEN:
        return edited(newest, word.actor)
    return (await standing(connection, newest)).model_copy(update={"accepted": True})


async def standing(connection: Connection, review: Review) -> Verdict:
    """Return what a review says: still open, or who decided, and when."""
    if review.state is ReviewState.OPEN:
        return Verdict(review=review, accepted=False, line=f"round {review.round} waits for a decision")
    row = await _ending_of(connection, review)
    if row is None or row["kind"] == "expire":
        line = f"the review ended at {_moment(review.deadline)}, and no decision had come"
        return Verdict(review=review, accepted=False, line=line)
    shown = "" if review.round == 1 else f", round {review.round}"
    return Verdict(
        review=review,
        accepted=False,
        line=f"{review.state}{shown} by {row['actor']}, at {_moment(row['created_at'])}",
        decided_by=row["actor"],
        notes=row["notes"],
    )


async def _ending_of(connection: Connection, review: Review) -> DictRow | None:
    cursor = await connection.execute(
        """
        select actor, kind, notes, decision.created_at from decision join decision_text using (decision_id)
        where review_id = %s and kind <> 'raise_cap'
        """,
        [review.review_id],
    )
    return await cursor.fetchone()


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S %Z}"
