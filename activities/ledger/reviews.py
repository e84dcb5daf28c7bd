"""Reviews and decisions as rows. Every function takes an open transaction."""

import hashlib

from activities.store import item_rows
from activities.store.database import Connection
from schema.failure import Fault, Trouble
from schema.reviews.review import Review, Word

_COLUMNS = """review_id, item_id, account_id, round, revision, video_key, video_sha256, caption, content_sha256, places,
    state, deadline, extract(epoch from deadline - clock_timestamp())::float as seconds_left"""


def content_sha256(video_sha256: str, caption: str) -> str:
    """Return the hash of what is approved: these bytes with this caption."""
    return hashlib.sha256(f"{video_sha256}\n{caption}".encode()).hexdigest()


async def newest_review(connection: Connection, item_id: str, *, lock: bool = False) -> Review | None:
    """Return the newest revision of an item; None where nothing was ever put on show."""
    cursor = await connection.execute(
        f"""select {_COLUMNS} from review where item_id = %s order by round desc, revision desc limit 1
        {"for update" if lock else ""}""",
        [item_id],
    )
    row = await cursor.fetchone()
    return Review.model_validate(row) if row else None


async def approved_review(connection: Connection, item_id: str) -> Review | None:
    """Return the revision that a person approved; None where none was."""
    cursor = await connection.execute(
        f"select {_COLUMNS} from review where item_id = %s and state = 'approved'", [item_id]
    )
    row = await cursor.fetchone()
    return Review.model_validate(row) if row else None


async def latest_review(connection: Connection, item_id: str, *, lock: bool = False) -> Review:
    """Return the newest revision of an item.

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


async def show_revision(connection: Connection, review: Review, caption: str) -> None:
    """Put the same file on show with another caption; the deadline stays."""
    await connection.execute(
        """
        insert into review (review_id, item_id, account_id, round, revision, video_key, video_sha256, caption,
                            content_sha256, places, deadline)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            f"{review.item_id}/{review.round}/{review.revision + 1}",
            review.item_id,
            review.account_id,
            review.round,
            review.revision + 1,
            review.video_key,
            review.video_sha256,
            caption,
            content_sha256(review.video_sha256, caption),
            list(review.places),
            review.deadline,
        ],
    )


async def note_decision(
    connection: Connection, review: Review, word: Word, *, kind: str | None = None
) -> None:
    """Write down who said what of which content. `kind` is what it was where that is no word of a person's."""
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
