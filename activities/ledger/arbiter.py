"""One arbiter: the review row. Whatever the door, one conditional update picks the winner.

It lives beside the money because a revise buys the next round: decision and purchase are one transaction.
Every function takes an open transaction.
"""

import hashlib

from activities.ledger.port import Limits
from activities.ledger.reserving import reserve
from activities.store import items
from activities.store.database import Connection
from schema.failure import Trouble
from schema.item import Snapshot
from schema.operation import Refusal
from schema.review import Review, ReviewRequest, ReviewState, Verdict, Word

_ENDINGS = {"approve": ReviewState.APPROVED, "reject": ReviewState.REJECTED, "revise": ReviewState.REVISED}
_COLUMNS = """review_id, item_id, account_id, round, revision, video_key, video_sha256, caption, content_sha256, state,
    deadline, extract(epoch from deadline - clock_timestamp())::float as seconds_left"""


def content_sha256(video_sha256: str, caption: str) -> str:
    """Return the hash of what is approved: these bytes with this caption."""
    return hashlib.sha256(f"{video_sha256}\n{caption}".encode()).hexdigest()


async def open_review(connection: Connection, request: ReviewRequest) -> Review:
    """Put a cut before a person; a review that was opened before is returned as it stands."""
    cursor = await connection.execute(
        """
        insert into review (review_id, item_id, account_id, round, revision, video_key, video_sha256, caption,
                            content_sha256, deadline)
        values (%(review_id)s, %(item_id)s, %(account_id)s, %(round)s, 1, %(video_key)s, %(video_sha256)s,
                %(caption)s, %(content_sha256)s, now() + %(waits)s)
        on conflict (review_id) do nothing returning review_id
        """,
        request.model_dump()
        | {
            "review_id": f"{request.item_id}/{request.round}/1",
            "content_sha256": content_sha256(request.video_sha256, request.caption),
        },
    )
    if await cursor.fetchone():
        await items.set_stage(connection, request.item_id, "review", video_key=request.video_key)
    return await latest_review(connection, request.item_id)


async def latest_review(connection: Connection, item_id: str, *, lock: bool = False) -> Review:
    """Return the newest revision of an item. Raises `LookupError` where nothing was ever put on show."""
    cursor = await connection.execute(
        f"""select {_COLUMNS} from review where item_id = %s order by round desc, revision desc limit 1
        {"for update" if lock else ""}""",
        [item_id],
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError(
            f"item {item_id!r} has nothing to review yet; `reelwright show {item_id}` says where it is"
        )
    return Review.model_validate(row)


async def decide(connection: Connection, word: Word) -> Verdict:
    """Store a word if it is the first valid one for what is on show; say in one line what became of it."""
    snapshot = await items.snapshot_of(connection, word.item_id)
    review = await latest_review(connection, word.item_id, lock=True)
    if repeated := await _told_before(connection, review, word):
        return repeated
    if review.state is not ReviewState.OPEN:
        return await read(connection, word.item_id)
    if review.seconds_left <= 0:
        return await expire(connection, word.item_id)
    if word.review_id not in (None, review.review_id):
        return Verdict(
            review=review,
            accepted=False,
            line=f"{word.review_id} was replaced; {review.review_id} is on show now",
        )
    match word.kind:
        case "revise":
            return await _revise(connection, snapshot, review, word)
        case "edit_caption":
            return await _edit(connection, review, word)
        case "approve" if word.caption and word.caption != review.caption:
            await _edit(connection, review, word.model_copy(update={"kind": "edit_caption"}))
            review = await latest_review(connection, word.item_id, lock=True)
        case _:
            pass
    return await _close(connection, review, word)


async def read(connection: Connection, item_id: str) -> Verdict:
    """Return what the newest review of an item says: still open, or who decided, and when."""
    review = await latest_review(connection, item_id)
    if review.state is ReviewState.OPEN:
        return Verdict(review=review, accepted=False, line=f"{review.review_id} waits for a decision")
    cursor = await connection.execute(
        "select actor, kind, notes, created_at from decision where review_id = %s and kind <> 'raise_cap'",
        [review.review_id],
    )
    row = await cursor.fetchone()
    if row is None or row["kind"] == "expire":
        return Verdict(
            review=review, accepted=False, line=f"the review ended at {review.deadline:%Y-%m-%d %H:%M %Z}"
        )
    when = f"{row['created_at']:%Y-%m-%d %H:%M:%S %Z}"
    return Verdict(
        review=review,
        accepted=False,
        line=f"{review.state} by {row['actor']}, at {when}",
        decided_by=row["actor"],
        notes=row["notes"],
    )


async def expire(connection: Connection, item_id: str) -> Verdict:
    """End an open review whose deadline has passed by the database clock; else change nothing."""
    review = await latest_review(connection, item_id, lock=True)
    if review.state is ReviewState.OPEN and review.seconds_left <= 0:
        await _set_state(connection, review, ReviewState.EXPIRED)
        timer = Word(kind="reject", item_id=item_id, actor="deadline", door="timer")
        await _note_decision(connection, review, timer, kind="expire")
    return await read(connection, item_id)


async def stop(connection: Connection, item_id: str, actor: str) -> None:
    """Close what is on show, because the item is being stopped."""
    cursor = await connection.execute(
        f"select {_COLUMNS} from review where item_id = %s and state = 'open' for update", [item_id]
    )
    if row := await cursor.fetchone():
        review = Review.model_validate(row)
        await _set_state(connection, review, ReviewState.STOPPED)
        await _note_decision(
            connection, review, Word(kind="reject", item_id=item_id, actor=actor, door="stop"), kind="stop"
        )


async def raise_item_cap(connection: Connection, word: Word, cap_microusd: int) -> None:
    """Raise the cap of one item to this, unless it is as high; the person is written down. Raises `LookupError`."""
    review = await latest_review(connection, word.item_id, lock=True)
    cursor = await connection.execute(
        "update budget set cap_microusd = %s where scope = %s and cap_microusd < %s returning scope",
        [cap_microusd, f"item:{word.item_id}", cap_microusd],
    )
    if await cursor.fetchone() is None:
        return  # it is as high already
    raised = word.model_copy(update={"notes": f"item cap raised to {cap_microusd} micro-dollars"})
    await _note_decision(connection, review, raised, kind="raise_cap")


async def _told_before(connection: Connection, review: Review, word: Word) -> Verdict | None:
    """Recognise the same word delivered again, e.g. by an activity whose answer was lost."""
    cursor = await connection.execute(
        """
        select 1 from decision
        where item_id = %s and kind = %s and actor = %s and door = %s and notes = %s
          and caption is not distinct from %s and (review_id = %s or %s::text = review_id)
        """,
        [
            word.item_id,
            word.kind,
            word.actor,
            word.door,
            word.notes,
            word.caption,
            review.review_id,
            word.review_id,
        ],
    )
    if await cursor.fetchone() is None:
        return None
    return (await read(connection, word.item_id)).model_copy(update={"accepted": True})


async def _revise(connection: Connection, snapshot: Snapshot, review: Review, word: Word) -> Verdict:
    if snapshot.footage:
        line = (
            "the clips are your own, so there is nothing to make again: edit the caption, or make a new item"
        )
        return Verdict(review=review, accepted=False, line=f"not revised: {line}; it stays in review")
    most = snapshot.format.max_revisions
    if review.round > most:
        return Verdict(
            review=review, accepted=False, line=f"an item is revised at most {most} times; decide on this"
        )
    if orders := snapshot.scene_orders(review.round + 1):
        limits = Limits(
            item_cap_microusd=snapshot.item_cap_microusd, day_cap_microusd=snapshot.day_cap_microusd
        )
        try:
            answer = await reserve(connection, orders, limits)
        except Trouble as trouble:
            return Verdict(review=review, accepted=False, line=f"not revised: {trouble}; it stays in review")
        if isinstance(answer, Refusal):
            line = f"not revised: {answer.in_words()}; it stays in review; {answer.remedy}"
            return Verdict(review=review, accepted=False, line=line, refusal=answer)
    return await _close(connection, review, word)


async def _edit(connection: Connection, review: Review, word: Word) -> Verdict:
    """Replace what is on show by a new revision with another caption; older buttons are disarmed."""
    if not word.caption:
        return Verdict(review=review, accepted=False, line="an edited caption needs its text")
    await _set_state(connection, review, ReviewState.REPLACED)
    await _note_decision(connection, review, word)
    await connection.execute(
        """
        insert into review (review_id, item_id, account_id, round, revision, video_key, video_sha256, caption,
                            content_sha256, deadline)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            f"{review.item_id}/{review.round}/{review.revision + 1}",
            review.item_id,
            review.account_id,
            review.round,
            review.revision + 1,
            review.video_key,
            review.video_sha256,
            word.caption,
            content_sha256(review.video_sha256, word.caption),
            review.deadline,
        ],
    )
    shown = await latest_review(connection, review.item_id)
    return Verdict(
        review=shown,
        accepted=True,
        line=f"{shown.review_id} is on show, with the new caption",
        decided_by=word.actor,
    )


async def _close(connection: Connection, review: Review, word: Word) -> Verdict:
    state = _ENDINGS[word.kind]
    await _set_state(connection, review, state)
    await _note_decision(connection, review, word)
    closed = review.model_copy(update={"state": state})
    return Verdict(
        review=closed, accepted=True, line=f"{state} by {word.actor}", decided_by=word.actor, notes=word.notes
    )


async def _set_state(connection: Connection, review: Review, state: ReviewState) -> None:
    await connection.execute(
        "update review set state = %s, closed_at = now() where review_id = %s and state = 'open'",
        [state, review.review_id],
    )


async def _note_decision(
    connection: Connection, review: Review, word: Word, *, kind: str | None = None
) -> None:
    await connection.execute(
        """
        insert into decision (review_id, item_id, account_id, kind, actor, door, notes, caption, content_sha256)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            review.review_id,
            review.item_id,
            review.account_id,
            kind or word.kind,
            word.actor,
            word.door,
            word.notes,
            word.caption,
            review.content_sha256,
        ],
    )
