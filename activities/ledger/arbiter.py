"""One arbiter: the review row. Whatever the door, one conditional update picks the winner.

It lives beside the money because a revise buys the next round: decision and purchase are one transaction.
Every function takes an open transaction.
"""

from activities.buying.purchases import orders_of
from activities.ledger import outcomes
from activities.ledger.reserving import reserve
from activities.ledger.reviews import (
    content_sha256,
    latest_review,
    note_decision,
    show_revision,
)
from activities.store import items, outbox
from activities.store.database import Connection
from schema.failure import Trouble
from schema.money import in_words
from schema.operation import Refusal
from schema.plan import ItemPlan, OwnFootage
from schema.review import Review, ReviewRequest, ReviewState, Verdict, Word

_ENDINGS = {"approve": ReviewState.APPROVED, "reject": ReviewState.REJECTED, "revise": ReviewState.REVISED}


class _NotRevised(Exception):
    """A budget said no; it undoes the cap that was raised on the way."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.in_words())
        self.refusal = refusal


async def open_review(connection: Connection, request: ReviewRequest) -> Review:
    """Put a cut before a person, who is told of it; a review that was opened before is returned as it stands."""
    cursor = await connection.execute(
        """
        insert into review (review_id, item_id, account_id, round, revision, video_key, video_sha256, caption,
                            content_sha256, places, deadline)
        values (%(review_id)s, %(item_id)s, %(account_id)s, %(round)s, 1, %(video_key)s, %(video_sha256)s,
                %(caption)s, %(content_sha256)s, %(places)s, now() + %(waits)s)
        on conflict (review_id) do nothing returning deadline
        """,
        request.model_dump()
        | {
            "review_id": f"{request.item_id}/{request.round}/1",
            "content_sha256": content_sha256(request.video_sha256, request.caption),
            "places": list(request.places),
        },
    )
    if row := await cursor.fetchone():
        await items.set_stage(connection, request.item_id, "review", video_key=request.video_key)
        await outbox.put(
            connection,
            f"review/{request.item_id}/{request.round}",
            "review",
            f"{request.item_id} waits for you until {row['deadline']:%Y-%m-%d %H:%M %Z}: "
            f"`reelwright show {request.item_id}`",
            request.account_id,
        )
    return await latest_review(connection, request.item_id)


async def remind(connection: Connection, item_id: str, line: str) -> None:
    """Tell people once that an open review still waits; `line` says for how long."""
    review = await latest_review(connection, item_id)
    if review.state is ReviewState.OPEN:
        await outbox.put(
            connection,
            f"review/{item_id}/{review.round}/{line}",
            "review",
            f"{item_id} still waits for you; {line}: `reelwright show {item_id}`",
            review.account_id,
        )


async def decide(connection: Connection, word: Word) -> Verdict:
    """Store a word if it is the first valid one for what is on show; say in one line what became of it."""
    plan = await items.plan_of(connection, word.item_id)
    review = await latest_review(connection, word.item_id, lock=True)
    if repeated := await outcomes.told_before(connection, word):
        return repeated
    if review.state is ReviewState.OPEN and review.seconds_left <= 0:
        review = await _expire(connection, review)
    if review.state is not ReviewState.OPEN:
        return await outcomes.came_too_late(connection, review, word)
    if word.review_id not in (None, review.review_id):
        return outcomes.not_taken(
            word, review, f"{word.review_id} was replaced; {review.review_id} is on show now"
        )
    match word.kind:
        case "revise":
            return await _revise(connection, plan, review, word)
        case "edit_caption":
            return await _edit(connection, review, word)
        case "approve" if word.caption and word.caption != review.caption:
            edit = word.model_copy(update={"kind": "edit_caption", "word_id": None})
            review = (await _edit(connection, review, edit)).review
        case _:
            pass
    return await _close(connection, review, word)


async def read(connection: Connection, item_id: str) -> Verdict:
    """Return what the newest review of an item says: still open, or who decided, and when."""
    return await outcomes.standing(connection, await latest_review(connection, item_id))


async def expire(connection: Connection, item_id: str) -> Verdict:
    """End an open review whose deadline has passed by the database clock; else change nothing."""
    review = await latest_review(connection, item_id, lock=True)
    if review.state is ReviewState.OPEN and review.seconds_left <= 0:
        review = await _expire(connection, review)
    return await outcomes.standing(connection, review)


async def stop(connection: Connection, item_id: str, actor: str) -> None:
    """Close what is on show, because the item is being stopped."""
    cursor = await connection.execute(
        "update review set state = 'stopped', closed_at = now() where item_id = %s and state = 'open' returning 1",
        [item_id],
    )
    if await cursor.fetchone():
        word = Word(kind="reject", item_id=item_id, actor=actor[:120], door="stop")
        await note_decision(connection, await latest_review(connection, item_id), word, kind="stop")


async def _expire(connection: Connection, review: Review) -> Review:
    timer = Word(kind="reject", item_id=review.item_id, actor="deadline", door="timer")
    await note_decision(connection, review, timer, kind="expire")
    return await _set_state(connection, review, ReviewState.EXPIRED)


async def _revise(connection: Connection, plan: ItemPlan, review: Review, word: Word) -> Verdict:
    """Buy the next round, and close this one. The item's cap is raised with it, or not at all."""
    if isinstance(plan.source, OwnFootage):
        line = (
            "the clips are your own, so there is nothing to make again: edit the caption, or make a new item"
        )
        return outcomes.not_taken(word, review, f"{line}; it stays in review")
    most = plan.review.max_revisions
    if review.round > most:
        return outcomes.not_taken(
            word, review, f"an item is revised at most {most} times; decide on this one"
        )
    try:
        async with connection.transaction():
            if word.item_cap_microusd is not None:
                await _raise_item_cap(connection, plan, review, word, word.item_cap_microusd)
            if orders := orders_of(plan, review.round + 1, word.actor):
                answer = await reserve(connection, orders, plan.limits)
                if isinstance(answer, Refusal):
                    raise _NotRevised(answer)
    except _NotRevised as no:
        line = f"{no.refusal.in_words()}; it stays in review; {no.refusal.remedy}"
        return outcomes.not_taken(word, review, line, refusal=no.refusal)
    except Trouble as trouble:
        return outcomes.not_taken(word, review, f"{trouble}; it stays in review")
    return await _close(connection, review, word)


async def _raise_item_cap(
    connection: Connection, plan: ItemPlan, review: Review, word: Word, cap_microusd: int
) -> None:
    """Raise the cap of one item, unless it is as high; the person is written down.

    An item that was taken up again has no budget yet, since nothing was bought for it.
    """
    if cap_microusd <= plan.limits.item_cap_microusd:
        return
    cursor = await connection.execute(
        """
        insert into budget (scope, book, account_id, cap_microusd) values ('item:' || %s, %s, %s, %s)
        on conflict (scope, book) do update set cap_microusd = excluded.cap_microusd
            where budget.cap_microusd < excluded.cap_microusd
        returning scope
        """,
        [word.item_id, plan.book, plan.account_id, cap_microusd],
    )
    if await cursor.fetchone():
        raised = f"this item's cap is {in_words(cap_microusd, plan.book)} now"
        note = word.model_copy(update={"notes": raised, "word_id": None})
        await note_decision(connection, review, note, kind="raise_cap")


async def _edit(connection: Connection, review: Review, word: Word) -> Verdict:
    """Replace what is on show by a new revision with another caption; older buttons are disarmed."""
    if not word.caption:
        return outcomes.not_taken(word, review, "an edited caption needs its text")
    await _set_state(connection, review, ReviewState.REPLACED)
    await note_decision(connection, review, word)
    await show_revision(connection, review, word.caption)
    return outcomes.edited(await latest_review(connection, review.item_id), word.actor)


async def _close(connection: Connection, review: Review, word: Word) -> Verdict:
    closed = await _set_state(connection, review, _ENDINGS[word.kind])
    await note_decision(connection, review, word)
    return outcomes.closed(closed, word)


async def _set_state(connection: Connection, review: Review, state: ReviewState) -> Review:
    await connection.execute(
        "update review set state = %s, closed_at = now() where review_id = %s and state = 'open'",
        [state, review.review_id],
    )
    return review.model_copy(update={"state": state})
