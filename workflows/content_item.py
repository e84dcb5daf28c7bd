"""The life of one content item, top to bottom: from an idea to posts, with a person's decision in between."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.close_item import Closing
    from activities.open_item import Opening
    from activities.publish_video import Publishing
    from activities.reserve_round import Reserving
    from activities.review_cut import Reviewing
    from activities.write_idea import Ideas
    from schema.cut import Cut
    from schema.idea import Idea, IdeaBrief, IdeaRequest
    from schema.item import Ending, ItemRequest, ItemResult, ItemState, ReviewRef, Snapshot, Stage
    from schema.money import Book
    from schema.progress import Progress
    from schema.publication import PostState, PublishRequest, Receipt
    from schema.review import Review, ReviewRequest, ReviewState, Verdict, Word
    from signals import names
    from workflows.bearing import Bearing
    from workflows.details import in_time
    from workflows.endings import Ended, after_error, after_posts, reason_of
    from workflows.making import make_round
    from workflows.policies import ask, effect, look, quick
    from workflows.room import with_room

_LONGEST_LOOK = timedelta(minutes=5)
"""For the answer to an ask that was on its way when its item was stopped."""
_MOST_ANSWERED = 5
"""Of the words that came behind the one that counted; the others are counted only."""


@workflow.defn(name="ContentItem")
class ContentItem:
    """Makes one item, waits for a person, and posts it once."""

    @workflow.init
    def __init__(self, request: ItemRequest) -> None:
        self._bearing = Bearing(request.item_id)

    @workflow.run
    async def run(self, request: ItemRequest) -> ItemResult:
        try:
            opened = await workflow.execute_activity_method(
                Opening.open_item, request, **quick("freeze format, caps and voice", self._bearing.patience)
            )
        except ActivityError as error:  # there is no row to close
            end = after_error(error)
            return self._ended(ItemResult(item_id=request.item_id, state=end.state, reason=end.reason))
        if opened.finished:
            reason = "it had already ended"
            return self._ended(ItemResult(item_id=request.item_id, state=opened.finished, reason=reason))
        life = asyncio.create_task(self._to_its_end(opened.snapshot))
        try:
            ending = await asyncio.shield(life)
        except (
            asyncio.CancelledError
        ):  # a cancellation in Temporal is a stop: what was ordered is seen to its end
            self._bearing.hear_stop(("a cancellation in Temporal",))
            ending = await life
        return await self._close(ending)

    async def _to_its_end(self, item: Snapshot) -> Ending:
        try:
            return await self._live(item)
        except ActivityError as error:
            return after_error(error).of(item.item_id)
        except Ended as end:
            return end.of(item.item_id)

    async def _live(self, item: Snapshot) -> Ending:
        bearing = self._bearing
        bearing.item = item
        idea = None if item.footage else await self._write_idea(item)
        bearing.title = item.title or (idea.title if idea else "")
        caption = item.caption if item.caption is not None or idea is None else idea.caption
        notes = ""
        cut: Cut | None = None
        while True:
            try:
                cut = await make_round(item, idea, notes, bearing)
            except (ActivityError, Ended) as error:
                if cut is None or bearing.is_stopped:
                    raise
                await workflow.execute_activity_method(
                    Reserving.release_round,
                    ReviewRef(item_id=item.item_id),
                    **quick("give back what the round did not buy", bearing.patience),
                )
                bearing.tell(
                    f"round {bearing.round} was not made ({reason_of(error)}); the earlier cut is back"
                )
            verdict = await self._ask_person(item, cut, bearing.edited_caption or caption or "")
            match verdict.review.state:
                case ReviewState.APPROVED:
                    return await self._publish(item, cut, verdict.review)
                case ReviewState.REVISED:
                    bearing.round += 1
                    notes = verdict.notes
                case ReviewState.REJECTED:
                    raise Ended(ItemState.REJECTED, verdict.notes or f"rejected by {verdict.decided_by}")
                case _:
                    raise Ended(ItemState.EXPIRED, "nobody decided in time")

    async def _write_idea(self, item: Snapshot) -> Idea:
        self._bearing.enter(Stage.IDEA)
        brief = IdeaBrief(
            book=item.book,
            format=item.format.name,
            account_voice=item.account_voice,
            topic=item.topic,
            scenes=item.scenes,
            seed=item.seed,
            seed_given=item.seed_given,
            made_before=item.made_before,
        )
        request = IdeaRequest(item_id=item.item_id, brief=brief)
        policy = ask(item.topic or "the writer chooses the topic", self._bearing.patience)
        return await with_room(
            lambda: workflow.start_activity_method(Ideas.write_idea, request, **policy), self._bearing
        )

    async def _ask_person(self, item: Snapshot, cut: Cut, caption: str) -> Verdict:
        """Wait for a person, up to the deadline, at no cost. The review row decides what counts."""
        bearing = self._bearing
        bearing.enter(Stage.REVIEW)
        request = ReviewRequest(
            item_id=item.item_id,
            account_id=item.account_id,
            round=bearing.round,
            video_key=cut.key,
            video_sha256=cut.sha256,
            caption=caption,
            waits=item.review,
        )
        bearing.put_on_show(
            await workflow.execute_activity_method(
                Reviewing.open_review, request, **quick(f"round {bearing.round}", self._bearing.patience)
            ),
            ""
            if caption
            else f"there is no caption yet; `reelwright caption {item.item_id} TEXT` writes one",
        )
        ref = ReviewRef(item_id=item.item_id)
        while True:
            reminder = bearing.next_reminder(item.reminders)
            if await bearing.heard_within(bearing.review_time_left - (reminder or timedelta())):
                verdict = await self._hear(ref)
                if verdict is None:
                    continue
            elif reminder:
                await workflow.execute_activity_method(
                    Reviewing.remind_reviewer,
                    ref.model_copy(update={"line": f"its review ends in {in_time(reminder)}"}),
                    **quick(f"it ends in {in_time(reminder)}", bearing.patience),
                )
                continue
            else:
                verdict = await workflow.execute_activity_method(
                    Reviewing.expire_review, ref, **quick("the deadline has come", bearing.patience)
                )
            bearing.put_on_show(verdict.review, verdict.line)
            if verdict.review.state is not ReviewState.OPEN:
                await self._answer_the_others()
                bearing.take_off_show()
                return verdict

    async def _hear(self, ref: ReviewRef) -> Verdict | None:
        """Take a word that came here to the row, or read the row that a door has written.

        None where that cannot be done: the item says so, and goes on waiting for other words.
        """
        bearing = self._bearing
        if bearing.inbox:
            return await self._record(bearing.inbox.pop(0))
        bearing.row_was_written = False
        reading = workflow.start_activity_method(
            Reviewing.read_decision, ref, **quick("a door has stored a word", bearing.patience)
        )
        try:
            return await bearing.unless_stopped(reading)
        except ActivityError as error:
            bearing.tell(f"a stored word cannot be read: {reason_of(error)}")
            return None

    async def _record(self, word: Word) -> Verdict | None:
        """Take a word to the row; None where it cannot be stored, which the item then says."""
        recording = workflow.start_activity_method(
            Reviewing.record_decision, word, **quick(f"{word.kind} by {word.actor}", self._bearing.patience)
        )
        try:
            return await self._bearing.unless_stopped(recording)
        except ActivityError as error:
            self._bearing.tell(f"{word.kind} by {word.actor} was not taken: {reason_of(error)}")
            return None

    async def _answer_the_others(self) -> None:
        """Answer the words that came behind the one that closed the review: each is told who was first."""
        bearing = self._bearing
        said = [bearing.last_word]
        for word in bearing.inbox[:_MOST_ANSWERED]:
            if verdict := await self._record(word):
                said.append(f"{word.kind} by {word.actor}: {verdict.line}")
        if left := len(bearing.inbox) - _MOST_ANSWERED:
            said += [f"{left} more words changed nothing"] if left > 0 else []
        bearing.tell("; ".join(said))

    async def _publish(self, item: Snapshot, cut: Cut, review: Review) -> Ending:
        """Post to every platform at once; one that fails does not hold the others back."""
        self._bearing.enter(Stage.PUBLISH)

        async def read_post(request: PublishRequest) -> Receipt:
            return await workflow.execute_activity_method(
                Publishing.read_post, request, **quick(request.platform, self._bearing.patience)
            )

        async def post(platform: str) -> Receipt:
            request = PublishRequest(
                item_id=item.item_id,
                account_id=item.account_id,
                platform=platform,
                round=review.round,
                review_id=review.review_id,
                content_sha256=review.content_sha256,
                video_key=cut.key,
                video_sha256=cut.sha256,
                thumbnail_key=cut.thumbnail_key,
                title=self._bearing.title,
                caption=review.caption,
                stand_in=not item.footage and item.book is Book.SIMULATED,
                book=item.book,
                forerunners=item.line,
            )
            posting = workflow.start_activity_method(
                Publishing.publish_video, request, **effect(platform, self._bearing.patience)
            )
            try:
                return await self._bearing.unless_stopped(posting)
            except ActivityError as error:  # it may have been sent before whatever went wrong
                found = await read_post(request)
                lost = found.state is PostState.REFUSED
                return found.model_copy(update={"reason": reason_of(error)}) if lost else found
            except Ended:  # stopped: it may have been sent all the same
                return await read_post(request)

        receipts = await asyncio.gather(*(post(platform) for platform in item.platforms))
        if all(receipt.state is PostState.REFUSED for receipt in receipts):
            self._bearing.raise_if_stopped()
        return after_posts(item.item_id, receipts)

    async def _close(self, ending: Ending) -> ItemResult:
        if ending.state is ItemState.STOPPED and workflow.patched("close-asks"):
            policy = look("what its writer answered", self._bearing.patience, deadline=_LONGEST_LOOK)
            with contextlib.suppress(ActivityError):  # then a person is asked, by `unknowns`
                await workflow.execute_activity_method(
                    Ideas.close_asks, ReviewRef(item_id=ending.item_id), **policy
                )
        result = await workflow.execute_activity_method(
            Closing.close_item, ending, **quick(ending.state, self._bearing.patience)
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._ended(result)

    def _ended(self, result: ItemResult) -> ItemResult:
        self._bearing.end(result)
        return result

    # A person's words. Those sent by hand are read with patience: a malformed one changes nothing and is shown.

    @workflow.signal(name=names.APPROVE)
    def approve(self, *words: Any) -> None:
        """Yes, post it. Without input: the revision now on show. A text is an edited caption."""
        self._bearing.hear("approve", words)

    @workflow.signal(name=names.REJECT)
    def reject(self, *words: Any) -> None:
        """No. A text is the reason."""
        self._bearing.hear("reject", words)

    @workflow.signal(name=names.REVISE)
    def revise(self, *words: Any) -> None:
        """Make it again; the text says what should be different."""
        self._bearing.hear("revise", words)

    @workflow.signal(name=names.EDIT_CAPTION)
    def edit_caption(self, *words: Any) -> None:
        """Put another caption on show; it then waits for approve."""
        self._bearing.hear("edit_caption", words)

    @workflow.signal(name=names.STOP)
    def stop(self, *words: Any) -> None:
        """Stop the item. A text, or `actor` of an object, says who."""
        self._bearing.hear_stop(words)

    @workflow.signal(name=names.DECIDED)
    def decided(self, *words: Any) -> None:
        """A door has stored a row: read it."""
        self._bearing.row_was_written = True

    @workflow.update(name=names.DECIDE)
    async def decide(self, word: Word) -> Verdict:
        """Decide, and be told what became of it."""
        named = self._bearing.named(word)
        verdict = await workflow.execute_activity_method(
            Reviewing.record_decision, named, **quick(f"{word.kind} by {word.actor}", self._bearing.patience)
        )
        self._bearing.row_was_written = True
        return verdict

    @decide.validator
    def _something_is_on_show(self, word: Word) -> None:
        if self._bearing.review is None:
            raise ApplicationError(
                f"{self._bearing.item_id} has nothing to review now: {self._bearing.stage}"
            )

    @workflow.query(name=names.PROGRESS)
    def progress(self) -> Progress:
        """Where the item stands."""
        return self._bearing.progress()
