"""Reviews and decisions as rows. Every function takes an open transaction or connection."""

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from activities.store import item_rows
from activities.store.database import Connection
from schema.failure import Fault, Trouble
from schema.money import Book
from schema.reviews.review import Review, ReviewRequest, ReviewState, Word
from schema.reviews.subject import Artifact, Subject

_COLUMNS = """review_id, item_id, account_id, round, gate, revision, artifacts, text, content_sha256, title, poster_key,
    cost_microusd, round_price_microusd, book, places, state, deadline,
    extract(epoch from deadline - clock_timestamp())::float as seconds_left"""


async def open_once(connection: Connection, request: ReviewRequest) -> Review | None:
    """Store the review; None where it is there already."""
    subject = request.subject
    cursor = await connection.execute(
        f"""
        insert into review (review_id, item_id, account_id, round, gate, revision, artifacts, text, content_sha256,
                            title, poster_key, cost_microusd, round_price_microusd, book, places, deadline)
        select %(review_id)s, item_id, %(account_id)s, %(round)s, %(gate)s, 1, %(artifacts)s, %(text)s,
               %(content_sha256)s, coalesce(title, ''), %(poster_key)s,
               (select coalesce(sum(charged_microusd), 0)::bigint from operation
                where operation.item_id = item.item_id and operation.book = item.plan ->> 'book'),
               %(round_price_microusd)s, plan ->> 'book', %(places)s, now() + %(waits)s
        from item where item_id = %(item_id)s
        on conflict (review_id) do nothing returning {_COLUMNS}
        """,
        {
            "review_id": review_id(request.item_id, request.round, subject.gate, 1),
            "item_id": request.item_id,
            "account_id": request.account_id,
            "round": request.round,
            "gate": subject.gate,
            "artifacts": stored_artifacts(subject),
            "text": subject.text,
            "content_sha256": subject.content_sha256,
            "poster_key": request.poster_key,
            "round_price_microusd": request.round_price_microusd,
            "places": list(request.places),
            "waits": request.waits,
        },
    )
    row = await cursor.fetchone()
    return _review(row) if row else None


async def newest_review(
    connection: Connection, item_id: str, *, gate: str | None = None, lock: bool = False
) -> Review | None:
    """Return what an item showed last, at one gate or at any; None where it never showed anything there.

    A transaction that waited for the lock may have waited for an edited caption: then the row that it holds was
    replaced, and the newer one is read with the next statement.
    """
    while True:
        cursor = await connection.execute(
            f"""select {_COLUMNS} from review where item_id = %(item_id)s and gate = coalesce(%(gate)s, gate)
            order by review_number desc limit 1 {"for update" if lock else ""}""",
            {"item_id": item_id, "gate": gate},
        )
        row = await cursor.fetchone()
        review = _review(row) if row else None
        if review is None or not lock or review.state is not ReviewState.REPLACED:
            return review


async def approved_at(connection: Connection, item_id: str, gate: str) -> Review | None:
    """Return the revision that a person approved at a gate; None where none was."""
    cursor = await connection.execute(
        f"""select {_COLUMNS} from review where item_id = %s and gate = %s and state = 'approved'
        order by review_number desc limit 1""",
        [item_id, gate],
    )
    row = await cursor.fetchone()
    return _review(row) if row else None


async def latest_review(connection: Connection, item_id: str, *, lock: bool = False) -> Review:
    """Return what an item showed last.

    Raises `Trouble` (`bad_input`), with what the item does instead of waiting, where nothing was ever put on show.
    """
    if review := await newest_review(connection, item_id, lock=lock):
        return review
    raise Trouble(Fault.BAD_INPUT, await _why_nothing_is_on_show(connection, item_id))


async def _why_nothing_is_on_show(connection: Connection, item_id: str) -> str:
    try:
        row = await item_rows.get(connection, item_id)
    except Trouble as unknown:
        return str(unknown)
    if row.state.ended:
        return f"{item_id} has ended ({row.state}) before there was anything to review; `reelwright make` makes another"
    return f"{item_id} has nothing to review yet: it is at {row.stage}; `reelwright show {item_id}` says more"


async def show_revision(connection: Connection, review: Review, text: str) -> None:
    """Put the same files on show with another text; whatever else a card shows stays, the deadline too."""
    subject = review.subject.with_text(text)
    await connection.execute(
        """
        insert into review (review_id, item_id, account_id, round, gate, revision, artifacts, text, content_sha256,
                            title, poster_key, cost_microusd, round_price_microusd, book, places, deadline)
        select %(new_id)s, item_id, account_id, round, gate, revision + 1, artifacts, %(text)s, %(content_sha256)s,
               title, poster_key, cost_microusd, round_price_microusd, book, places, deadline
        from review where review_id = %(review_id)s
        """,
        {
            "new_id": review_id(review.item_id, review.round, subject.gate, review.revision + 1),
            "review_id": review.review_id,
            "text": text,
            "content_sha256": subject.content_sha256,
        },
    )


async def set_state(connection: Connection, review: Review, state: ReviewState) -> Review:
    """Close an open review; return it as it then stands."""
    await connection.execute(
        "update review set state = %s, closed_at = now() where review_id = %s and state = 'open'",
        [state, review.review_id],
    )
    return review.model_copy(update={"state": state})


async def note_decision(
    connection: Connection, review: Review, word: Word, *, kind: str | None = None
) -> None:
    """Store who said what of which content. `kind` names what is no word of a person."""
    await connection.execute(
        """
        with stored as (
            insert into decision (review_id, item_id, account_id, kind, door, content_sha256, word_id)
            values (%(review_id)s, %(item_id)s, %(account_id)s, %(kind)s, %(door)s, %(content_sha256)s, %(word_id)s)
            returning decision_id, account_id
        )
        insert into decision_text (decision_id, account_id, actor, notes, caption)
        select decision_id, account_id, %(actor)s, %(notes)s, %(caption)s from stored
        """,
        {
            "review_id": review.review_id,
            "item_id": review.item_id,
            "account_id": review.account_id,
            "kind": kind or word.kind,
            "door": word.door,
            "content_sha256": review.content_sha256,
            "word_id": word.word_id,
            "actor": word.actor,
            "notes": word.notes,
            "caption": word.caption,
        },
    )


async def stop_review(connection: Connection, item_id: str, actor: str) -> None:
    """Close what is on show, because the item is being stopped."""
    cursor = await connection.execute(
        "update review set state = 'stopped', closed_at = now() where item_id = %s and state = 'open' returning 1",
        [item_id],
    )
    if await cursor.fetchone():
        word = Word(kind="reject", item_id=item_id, actor=actor[:120], door="stop")
        await note_decision(connection, await latest_review(connection, item_id), word, kind="stop")


def review_id(item_id: str, round_number: int, gate: str, revision: int) -> str:
    """Return the name of one revision of one gate."""
    return f"{item_id}/{round_number}/{gate}/{revision}"


def stored_artifacts(subject: Subject) -> Jsonb:
    """Return a subject's files as the database has them."""
    return Jsonb([artifact.model_dump() for artifact in subject.in_order])


def _review(row: Mapping[str, Any]) -> Review:
    artifacts = tuple(Artifact.model_validate(one) for one in row["artifacts"])
    subject = Subject(gate=row["gate"], artifacts=artifacts, text=row["text"])
    return Review.model_validate({**row, "subject": subject, "book": Book(row["book"])})
