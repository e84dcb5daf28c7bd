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
    from activities.take_up import TakingUp
    from activities.write_idea import Ideas
    from schema.cut import Cut, TakeUpRequest
    from schema.idea import Idea, IdeaBrief, IdeaRequest
    from schema.item import Ending, ItemRequest, ItemResult, ItemState, ReviewRef, Stage
    from schema.money import Book
    from schema.plan import BoughtClips, ItemPlan
    from schema.progress import Progress
    from schema.publication import PostState, PublishRequest, Receipt
    from schema.review import Review, ReviewState, Verdict, Word
    from signals import names
    from workflows.bearing import Bearing
    from workflows.endings import Ended, after_error, after_posts, reason_of
    from workflows.making import make_round
    from workflows.policies import ask, effect, fetch, look, quick
    from workflows.reviewing import ask_person
    from workflows.room import with_disk, with_room

_LONGEST_LOOK = timedelta(minutes=5)
"""For the answer to an ask that was on its way when its item was stopped."""


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
        life = asyncio.create_task(self._to_its_end(opened.plan))
        try:
            ending = await asyncio.shield(life)
        except (
            asyncio.CancelledError
        ):  # a cancellation in Temporal is a stop: what was ordered is seen to its end
            self._bearing.hear_stop(("a cancellation in Temporal",))
            ending = await life
        return await self._close(ending)

    async def _to_its_end(self, item: ItemPlan) -> Ending:
        try:
            return await self._live(item)
        except ActivityError as error:
            return after_error(error).of(item.item_id)
        except Ended as end:
            return end.of(item.item_id)

    async def _live(self, item: ItemPlan) -> Ending:
        bearing = self._bearing
        bearing.item = item
        cut, idea = await self._begin(item)
        bearing.title = item.title or (idea.title if idea else "")
        caption = item.caption if item.caption is not None or idea is None else idea.caption
        cut = cut or await self._make_round(item, idea, "", None)
        while True:
            verdict = await ask_person(item, cut, bearing.edited_caption or caption or "", bearing)
            match verdict.review.state:
                case ReviewState.APPROVED:
                    return await self._publish(item, verdict.review)
                case ReviewState.REVISED:
                    bearing.round += 1
                    cut = await self._make_round(item, idea, verdict.notes, cut)
                case ReviewState.REJECTED:
                    raise Ended(ItemState.REJECTED, verdict.notes or f"rejected by {verdict.decided_by}")
                case _:
                    raise Ended(ItemState.EXPIRED, "nobody decided in time")

    async def _begin(self, item: ItemPlan) -> tuple[Cut | None, Idea | None]:
        """Return what there is before the first round: an idea, nothing where a person brought clips, or all of it."""
        if item.taken_up is not None:
            request = TakeUpRequest(item_id=item.item_id, taken_up=item.taken_up)
            policy = fetch(f"what was made for {item.taken_up.item_id}", self._bearing.patience)
            taken = await with_disk(
                lambda: workflow.start_activity_method(TakingUp.take_up_cut, request, **policy), self._bearing
            )
            return taken.cut, taken.idea
        return None, await self._write_idea(item) if isinstance(item.source, BoughtClips) else None

    async def _make_round(self, item: ItemPlan, idea: Idea | None, notes: str, earlier: Cut | None) -> Cut:
        """Return the cut of a round; the earlier one where a later round could not be made."""
        bearing = self._bearing
        if idea is None and isinstance(item.source, BoughtClips):
            idea = await self._write_idea(item)
        try:
            return await make_round(item, idea, notes, bearing)
        except (ActivityError, Ended) as error:
            if earlier is None or bearing.is_stopped:
                raise
            await workflow.execute_activity_method(
                Reserving.release_round,
                ReviewRef(item_id=item.item_id),
                **quick("give back what the round did not buy", bearing.patience),
            )
            bearing.tell(f"round {bearing.round} was not made ({reason_of(error)}); the earlier cut is back")
            return earlier

    async def _write_idea(self, item: ItemPlan) -> Idea:
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

    async def _publish(self, item: ItemPlan, review: Review) -> Ending:
        """Post to every platform at once; one that fails does not hold the others back."""
        self._bearing.enter(Stage.PUBLISH)

        async def read_post(request: PublishRequest) -> Receipt:
            return await workflow.execute_activity_method(
                Publishing.read_post, request, **quick(request.platform, self._bearing.patience)
            )

        async def post(place: str) -> Receipt:
            request = PublishRequest(
                item_id=item.item_id,
                account_id=item.account_id,
                place=place,
                round=review.round,
                review_id=review.review_id,
                subject=review.subject,
                thumbnail_key=review.poster_key,
                title=self._bearing.title,
                stand_in=isinstance(item.source, BoughtClips) and item.book is Book.SIMULATED,
                book=item.book,
                forerunners=item.forerunners,
            )
            posting = workflow.start_activity_method(
                Publishing.publish_video, request, **effect(request.platform, self._bearing.patience)
            )
            try:
                return await self._bearing.unless_stopped(posting)
            except ActivityError as error:  # it may have been sent before whatever went wrong
                found = await read_post(request)
                lost = found.state is PostState.REFUSED
                return found.model_copy(update={"reason": reason_of(error)}) if lost else found
            except Ended:  # stopped: it may have been sent all the same
                return await read_post(request)

        receipts = await asyncio.gather(*(post(place) for place in review.places))
        if all(receipt.state is PostState.REFUSED for receipt in receipts):
            self._bearing.raise_if_stopped()
        return after_posts(item.item_id, receipts)

    async def _close(self, ending: Ending) -> ItemResult:
        if ending.state is ItemState.STOPPED:
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
