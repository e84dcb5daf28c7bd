"""A gate: a subject is put before a person, and waits at no cost for the word that counts."""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.review_cut import Reviewing
    from schema.items.item import ReviewRef
    from schema.reviews.review import Review, ReviewRequest, ReviewState, Verdict, Word
    from schema.reviews.subject import CAPTIONED
    from workflows.details import in_time
    from workflows.endings import reason_of
    from workflows.item_run import ItemRun
    from workflows.policies import quick

_SHORTEST_WAIT = timedelta(seconds=0.2)
"""The database clock sets the deadline; a wait for it is never nothing, so that it always waits."""
_MOST_ANSWERED = 5
"""Of the words that came behind the one that counted; the others are counted only."""


async def ask_person(run: ItemRun, request: ReviewRequest, line: str = "") -> Verdict:
    """Take what is put on show; yield what a person decided, or that the deadline passed.

    The review row is the arbiter. `line` is shown beside it.
    """
    plan = run.plan
    review = await workflow.execute_activity_method(
        Reviewing.open_review, request, **quick(f"round {request.round}", run.timeouts)
    )
    ends = _put_on_show(review, line, run)
    ref = ReviewRef(item_id=plan.item_id)
    while True:
        left = max(ends - workflow.now(), _SHORTEST_WAIT)
        reminder = next((one for one in plan.review.reminders if one < left), None)
        if await run.has_news_within(left - (reminder or timedelta())):
            verdict = await _hear(ref, run)
            if verdict is None:
                continue
        elif reminder:
            await workflow.execute_activity_method(
                Reviewing.remind_reviewer,
                ref.model_copy(update={"line": f"its review ends in {in_time(reminder)}"}),
                **quick(f"it ends in {in_time(reminder)}", run.timeouts),
            )
            continue
        else:
            verdict = await workflow.execute_activity_method(
                Reviewing.expire_review, ref, **quick("the deadline has come", run.timeouts)
            )
        ends = _put_on_show(verdict.review, verdict.line, run)
        if verdict.review.state is not ReviewState.OPEN:
            await _answer_the_others(run)
            run.board.take_off_show()
            run.inbox.clear()
            return verdict


def _put_on_show(review: Review, line: str, run: ItemRun) -> datetime:
    """Show a revision, keep an edited caption for the rounds to come, and return when the review ends."""
    if review.revision > 1 and review.subject.gate in CAPTIONED:
        run.edited_caption = review.subject.text
    run.board.put_on_show(review, line)
    return workflow.now() + timedelta(seconds=review.seconds_left)


async def _hear(ref: ReviewRef, run: ItemRun) -> Verdict | None:
    """Take a word that came here to the row, or read the row that a door has written.

    None where that cannot be done: the item says so, and goes on waiting for other words.
    """
    if run.inbox.words:
        return await _record(run.inbox.words.pop(0), run)
    run.inbox.row_was_written = False
    reading = workflow.start_activity_method(
        Reviewing.read_decision, ref, **quick("a door has stored a word", run.timeouts)
    )
    try:
        return await run.stop.answer_or_stop(reading)
    except ActivityError as error:
        run.board.tell(f"a stored word cannot be read: {reason_of(error)}")
        return None


async def _record(word: Word, run: ItemRun) -> Verdict | None:
    """Take a word to the row; None where it cannot be stored, which the item then says."""
    recording = workflow.start_activity_method(
        Reviewing.record_decision, word, **quick(f"{word.kind} by {word.actor}", run.timeouts)
    )
    try:
        return await run.stop.answer_or_stop(recording)
    except ActivityError as error:
        run.board.tell(f"what became of {word.kind} by {word.actor} is not known: {reason_of(error)}")
        return None


async def _answer_the_others(run: ItemRun) -> None:
    """Answer the words that came behind the one that closed the review: each is told who was first."""
    said = [run.board.last_word]
    left = 0
    while run.inbox.words:
        word = run.inbox.words.pop(0)
        if len(said) > _MOST_ANSWERED:
            left += 1
        elif verdict := await _record(word, run):
            said.append(f"{word.kind} by {word.actor}: {verdict.line}")
    if left:
        said.append(f"{left} more words changed nothing")
    run.board.tell("; ".join(said))
