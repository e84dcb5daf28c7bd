"""One arbiter: the review row. Whatever the door, one conditional update picks the winner.

A revise buys the next round: decision, raised cap and purchase are one transaction, seen whole or not at all.
"""

from activities.buying.purchases import orders_of_revise
from activities.ledger.crash_points import OFF, CrashPoints
from activities.ledger.reserving import reserve
from activities.reviews import verdicts
from activities.reviews.review_rows import (
    latest_review,
    note_decision,
    open_once,
    set_state,
    show_revision,
)
from activities.store import item_rows, outbox
from activities.store.database import Connection, Database
from schema.failure import Trouble
from schema.items.plan import ItemPlan
from schema.money import in_words
from schema.purchases.operation import Refusal
from schema.purchases.scope import ITEM, scope_name
from schema.reviews.review import Review, ReviewRequest, ReviewState, Verdict, Word
from schema.reviews.subject import CAPTIONED, VIDEO

_ENDINGS = {"approve": ReviewState.APPROVED, "reject": ReviewState.REJECTED, "revise": ReviewState.REVISED}


class _NotRevised(Exception):
    """A budget said no; it undoes the cap that was raised on the way."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.in_words())
        self.refusal = refusal


class PostgresArbiter:
    """Implements the `Arbiter` port: each word is one transaction."""

    def __init__(self, database: Database, crash_points: CrashPoints = OFF) -> None:
        self._database = database
        self._points = crash_points

    async def open_review(self, request: ReviewRequest) -> Review:
        """Put a subject before a person and tell them; return an earlier opening as it stands.

        What a card shows beside it is stored with it: title and cost are the item's at this moment.
        """
        async with self._database.transaction() as connection:
            if review := await open_once(connection, request):
                video = request.subject.find(VIDEO)
                await item_rows.wait_for_person(connection, request.item_id, video.key if video else None)
                await outbox.put(
                    connection,
                    f"review/{request.item_id}/{request.round}/{request.subject.gate}",
                    "review",
                    f"{request.item_id} waits for you until {review.deadline:%Y-%m-%d %H:%M %Z}: "
                    f"`reelwright show {request.item_id}`",
                    request.account_id,
                )
                return review
            return await latest_review(connection, request.item_id)

    async def remind(self, item_id: str, line: str) -> None:
        """Tell people once that an open review still waits; `line` says for how long."""
        async with self._database.transaction() as connection:
            review = await latest_review(connection, item_id)
            if review.state is ReviewState.OPEN:
                await outbox.put(
                    connection,
                    f"review/{item_id}/{review.round}/{review.subject.gate}/{line}",
                    "review",
                    f"{item_id} still waits for you; {line}: `reelwright show {item_id}`",
                    review.account_id,
                )

    async def decide(self, word: Word) -> Verdict:
        """Store the first valid word about what is on show; say in one line what became of it."""
        async with self._database.transaction() as connection:
            verdict = await self._decide(connection, word)
        self._points.reach("decision.stored")
        return verdict

    async def read(self, item_id: str) -> Verdict:
        """Return what the newest review of an item says: still open, or who decided, and when."""
        async with self._database.statements() as connection:
            return await verdicts.standing(connection, await latest_review(connection, item_id))

    async def expire(self, item_id: str) -> Verdict:
        """End an open review whose deadline has passed by the database clock; else change nothing."""
        async with self._database.transaction() as connection:
            review = await latest_review(connection, item_id, lock=True)
            if _is_over(review):
                review = await _expire(connection, review)
            return await verdicts.standing(connection, review)

    async def _decide(self, connection: Connection, word: Word) -> Verdict:
        plan = await item_rows.plan_of(connection, word.item_id)
        review = await latest_review(connection, word.item_id, lock=True)
        if repeated := await verdicts.told_before(connection, word):
            return repeated
        if _is_over(review):
            review = await _expire(connection, review)
        if review.state is not ReviewState.OPEN:
            return await verdicts.came_too_late(connection, review, word)
        if word.review_id not in (None, review.review_id):
            return verdicts.not_taken(
                word, review, f"{word.review_id} was replaced; {review.review_id} is on show now"
            )
        if word.caption and review.subject.gate not in CAPTIONED:
            return verdicts.not_taken(
                word, review, f"{review.review_id} has no caption that could be changed"
            )
        match word.kind:
            case "revise":
                return await self._revise(connection, plan, review, word)
            case "edit_caption":
                return await _edit(connection, review, word)
            case "approve" if word.caption and word.caption != review.subject.text:
                edit = word.model_copy(update={"kind": "edit_caption", "word_id": None})
                review = (await _edit(connection, review, edit)).review
            case _:
                pass
        return await self._close(connection, review, word)

    async def _revise(self, connection: Connection, plan: ItemPlan, review: Review, word: Word) -> Verdict:
        """Buy the next round, and close this one. The item's cap is raised with it, or not at all."""
        if not plan.source.can_be_made_again:
            line = "the clips are your own, so there is nothing to make again: edit the caption, or make a new item"
            return verdicts.not_taken(word, review, f"{line}; it stays in review")
        most = plan.review.max_revisions
        if review.round > most:
            return verdicts.not_taken(
                word, review, f"an item is revised at most {most} times; decide on this one"
            )
        try:
            async with connection.transaction():
                if word.item_cap_microusd is not None:
                    await _raise_item_cap(connection, plan, review, word, word.item_cap_microusd)
                    self._points.reach("cap.raised")
                if orders := orders_of_revise(plan, review.subject.gate, review.round + 1, word.actor):
                    answer = await reserve(connection, orders, plan.limits)
                    if isinstance(answer, Refusal):
                        raise _NotRevised(answer)
        except _NotRevised as no:
            line = f"{no.refusal.in_words()}; it stays in review; {no.refusal.remedy}"
            return verdicts.not_taken(word, review, line, refusal=no.refusal)
        except Trouble as trouble:
            return verdicts.not_taken(word, review, f"{trouble}; it stays in review")
        return await self._close(connection, review, word)

    async def _close(self, connection: Connection, review: Review, word: Word) -> Verdict:
        closed = await set_state(connection, review, _ENDINGS[word.kind])
        await note_decision(connection, review, word)
        self._points.reach("decision.inside")
        return verdicts.closed(closed, word)


def _is_over(review: Review) -> bool:
    return review.state is ReviewState.OPEN and review.seconds_left <= 0


async def _expire(connection: Connection, review: Review) -> Review:
    timer = Word(kind="reject", item_id=review.item_id, actor="deadline", door="timer")
    await note_decision(connection, review, timer, kind="expire")
    return await set_state(connection, review, ReviewState.EXPIRED)


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
        insert into budget (scope, book, account_id, cap_microusd) values (%s, %s, %s, %s)
        on conflict (scope, book) do update set cap_microusd = excluded.cap_microusd
            where budget.cap_microusd < excluded.cap_microusd
        returning scope
        """,
        [scope_name(ITEM, word.item_id), plan.book, plan.account_id, cap_microusd],
    )
    if await cursor.fetchone():
        raised = f"this item's cap is {in_words(cap_microusd, plan.book)} now"
        note = word.model_copy(update={"notes": raised, "word_id": None})
        await note_decision(connection, review, note, kind="raise_cap")


async def _edit(connection: Connection, review: Review, word: Word) -> Verdict:
    """Replace what is on show by a new revision with another caption; older buttons are disarmed."""
    if not word.caption:
        return verdicts.not_taken(word, review, "an edited caption needs its text")
    await set_state(connection, review, ReviewState.REPLACED)
    await note_decision(connection, review, word)
    await show_revision(connection, review, word.caption)
    return verdicts.edited(await latest_review(connection, review.item_id), word.actor)
