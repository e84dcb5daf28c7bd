"""The life of one content item, top to bottom: from an idea to posts, with a person's decision in between."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.close_item import Closing
    from activities.open_item import Opening
    from activities.reserve_round import Reserving
    from activities.review_cut import Reviewing
    from activities.write_idea import Ideas
    from schema.failure import Trouble
    from schema.items.cut import Cut
    from schema.items.item import Ending, ItemRequest, ItemResult, ItemState, ReviewRef
    from schema.items.plan import ActivityTimeouts, ItemPlan
    from schema.items.progress import Progress
    from schema.payload import taken_in
    from schema.reviews.review import ReviewState, Verdict, Word, WordForm
    from signals import names
    from workflows.board import Board
    from workflows.endings import Ended, Revised, RoundFailed, after_error, after_review, reason_of
    from workflows.inbox import Inbox
    from workflows.interruption import Interruption
    from workflows.item_run import ItemRun, Round
    from workflows.policies import look, quick
    from workflows.stages.publish import publish_cut
    from workflows.stages.registry import make_round
    from workflows.stages.review import review_cut
    from workflows.stages.take_up import take_up_cut

_LONGEST_LOOK = timedelta(minutes=5)
"""For the answer to an ask that was on its way when its item was stopped."""


@workflow.defn(name="ContentItem")
class ContentItem:
    """Makes one item, waits for a person, and posts it once."""

    @workflow.init
    def __init__(self, request: ItemRequest) -> None:
        self._board = Board(request.item_id)
        self._inbox = Inbox(self._board)
        self._stop = Interruption()
        self._timeouts = ActivityTimeouts()

    @workflow.run
    async def run(self, request: ItemRequest) -> ItemResult:
        try:
            opened = await workflow.execute_activity_method(
                Opening.open_item, request, **quick("freeze format, caps and voice", self._timeouts)
            )
        except ActivityError as error:  # there is no row to close
            end = after_error(error)
            return self._ended(ItemResult(item_id=request.item_id, state=end.state, reason=end.reason))
        if opened.finished:
            reason = "it had already ended"
            return self._ended(ItemResult(item_id=request.item_id, state=opened.finished, reason=reason))
        self._timeouts = opened.plan.waits.timeouts
        life = asyncio.create_task(self._to_its_end(opened.plan))
        try:
            ending = await asyncio.shield(life)
        except (
            asyncio.CancelledError
        ):  # a cancellation in Temporal is a stop: what was ordered is seen to its end
            self._stop.hear(("a cancellation in Temporal",))
            ending = await life
        return await self._close(ending)

    async def _to_its_end(self, plan: ItemPlan) -> Ending:
        try:
            return await self._live(ItemRun(plan, self._board, self._inbox, self._stop))
        except ActivityError as error:
            return after_error(error).of(plan.item_id)
        except Ended as end:
            return end.of(plan.item_id)

    async def _live(self, run: ItemRun) -> Ending:
        """Make a cut, stage by stage as the plan says, and show it until a person decides."""
        run.board.plan = run.plan
        run.board.title = run.plan.title or ""
        made = await self._first_round(run)
        while True:
            verdict = await review_cut(run, made)
            match verdict.review.state:
                case ReviewState.APPROVED:
                    return await publish_cut(run, verdict.review)
                case ReviewState.REVISED:
                    made = await self._make(run, made.next(verdict), made.cut)
                case _:
                    raise after_review(verdict)

    async def _first_round(self, run: ItemRun) -> Round:
        first = Round(run.plan.on_behalf_of)
        if run.plan.taken_up is not None:
            return await take_up_cut(run, first, run.plan.taken_up)
        return await self._make(run, first)

    async def _make(self, run: ItemRun, made: Round, earlier: Cut | None = None) -> Round:
        """Return the round with its cut, or with the earlier one where it could not be made.

        A revise at a gate on the way to the cut begins the next round. Raises `Ended` for what a person decided there,
        or let expire, and for a stop; where there is no earlier cut also why the round could not be made.
        """
        while True:
            run.board.round = made.number
            try:
                return await make_round(run, made)
            except Revised as revised:
                await self._give_back(run)
                made = made.next(revised.verdict)
            except (ActivityError, RoundFailed) as error:
                if earlier is None:
                    raise
                await self._give_back(run)
                run.board.tell(
                    f"round {made.number} was not made ({reason_of(error)}); the earlier cut is back"
                )
                return replace(made, composed=earlier)

    async def _give_back(self, run: ItemRun) -> None:
        await workflow.execute_activity_method(
            Reserving.release_round,
            ReviewRef(item_id=run.plan.item_id),
            **quick("give back what the round did not buy", run.timeouts),
        )

    async def _close(self, ending: Ending) -> ItemResult:
        if ending.state is ItemState.STOPPED:
            policy = look("what its writer answered", self._timeouts, deadline=_LONGEST_LOOK)
            with contextlib.suppress(ActivityError):  # then a person is asked, by `unknowns`
                await workflow.execute_activity_method(
                    Ideas.close_asks, ReviewRef(item_id=ending.item_id), **policy
                )
        result = await workflow.execute_activity_method(
            Closing.close_item, ending, **quick(ending.state, self._timeouts)
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._ended(result)

    def _ended(self, result: ItemResult) -> ItemResult:
        self._board.end(result)
        return result

    # A person's words. Those sent by hand are read leniently: a malformed one changes nothing and is shown.

    @workflow.signal(name=names.APPROVE)
    def approve(self, *words: Any) -> None:
        """Yes, post it. Without input: the revision now on show. A text is an edited caption."""
        self._inbox.hear("approve", words)

    @workflow.signal(name=names.REJECT)
    def reject(self, *words: Any) -> None:
        """No. A text is the reason."""
        self._inbox.hear("reject", words)

    @workflow.signal(name=names.REVISE)
    def revise(self, *words: Any) -> None:
        """Make it again; the text says what should be different."""
        self._inbox.hear("revise", words)

    @workflow.signal(name=names.EDIT_CAPTION)
    def edit_caption(self, *words: Any) -> None:
        """Put another caption on show; it then waits for approve."""
        self._inbox.hear("edit_caption", words)

    @workflow.signal(name=names.STOP)
    def stop(self, *words: Any) -> None:
        """Stop the item. A text, or `actor` of an object, says who."""
        self._stop.hear(words)

    @workflow.signal(name=names.DECIDED)
    def decided(self, *words: Any) -> None:
        """A door has stored a row: read it."""
        self._inbox.row_was_written = True

    @workflow.update(name=names.DECIDE)
    async def decide(self, word: Word) -> Verdict:
        """Decide, and be told what became of it."""
        named = self._inbox.named(word)
        verdict = await workflow.execute_activity_method(
            Reviewing.record_decision, named, **quick(f"{word.kind} by {word.actor}", self._timeouts)
        )
        self._inbox.row_was_written = True
        return verdict

    @decide.validator
    def _can_be_decided(self, word: Word) -> None:
        if self._board.review is None:
            raise ApplicationError(f"{self._board.item_id} has nothing to review now: {self._board.stage}")
        try:
            taken_in(WordForm, word.model_dump())
        except Trouble as trouble:
            raise ApplicationError(str(trouble)) from None

    @workflow.query(name=names.PROGRESS)
    def progress(self) -> Progress:
        """Where the item stands."""
        return self._board.progress()
