"""One review: a cut is put before a person, and waits at no cost for the word that counts."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.buying.purchases import most_of_a_round_microusd
    from activities.review_cut import Reviewing
    from schema.cut import Cut
    from schema.item import ReviewRef, Stage
    from schema.plan import ItemPlan
    from schema.review import ReviewRequest, ReviewState, Verdict, Word
    from schema.subject import video_subject
    from workflows.bearing import Bearing
    from workflows.details import in_time
    from workflows.endings import reason_of
    from workflows.policies import quick

_MOST_ANSWERED = 5
"""Of the words that came behind the one that counted; the others are counted only."""


async def ask_person(item: ItemPlan, cut: Cut, caption: str, bearing: Bearing) -> Verdict:
    """Wait for a person, up to the deadline, at no cost. The review row decides what counts."""
    bearing.enter(Stage.REVIEW)
    request = ReviewRequest(
        item_id=item.item_id,
        account_id=item.account_id,
        round=bearing.round,
        subject=video_subject(cut.key, cut.sha256, caption),
        poster_key=cut.thumbnail_key,
        round_price_microusd=most_of_a_round_microusd(item),
        waits=item.review.waits,
        platforms=item.platforms,
    )
    bearing.put_on_show(
        await workflow.execute_activity_method(
            Reviewing.open_review, request, **quick(f"round {bearing.round}", bearing.patience)
        ),
        "" if caption else f"there is no caption yet; `reelwright caption {item.item_id} TEXT` writes one",
    )
    ref = ReviewRef(item_id=item.item_id)
    while True:
        reminder = bearing.next_reminder(item.review.reminders)
        if await bearing.heard_within(bearing.review_time_left - (reminder or timedelta())):
            verdict = await _hear(ref, bearing)
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
            await _answer_the_others(bearing)
            bearing.take_off_show()
            return verdict


async def _hear(ref: ReviewRef, bearing: Bearing) -> Verdict | None:
    """Take a word that came here to the row, or read the row that a door has written.

    None where that cannot be done: the item says so, and goes on waiting for other words.
    """
    if bearing.inbox:
        return await _record(bearing.inbox.pop(0), bearing)
    bearing.row_was_written = False
    reading = workflow.start_activity_method(
        Reviewing.read_decision, ref, **quick("a door has stored a word", bearing.patience)
    )
    try:
        return await bearing.unless_stopped(reading)
    except ActivityError as error:
        bearing.tell(f"a stored word cannot be read: {reason_of(error)}")
        return None


async def _record(word: Word, bearing: Bearing) -> Verdict | None:
    """Take a word to the row; None where it cannot be stored, which the item then says."""
    recording = workflow.start_activity_method(
        Reviewing.record_decision, word, **quick(f"{word.kind} by {word.actor}", bearing.patience)
    )
    try:
        return await bearing.unless_stopped(recording)
    except ActivityError as error:
        bearing.tell(f"what became of {word.kind} by {word.actor} is not known: {reason_of(error)}")
        return None


async def _answer_the_others(bearing: Bearing) -> None:
    """Answer the words that came behind the one that closed the review: each is told who was first."""
    said = [bearing.last_word]
    left = 0
    while bearing.inbox:
        word = bearing.inbox.pop(0)
        if len(said) > _MOST_ANSWERED:
            left += 1
        elif verdict := await _record(word, bearing):
            said.append(f"{word.kind} by {word.actor}: {verdict.line}")
    if left:
        said.append(f"{left} more words changed nothing")
    bearing.tell("; ".join(said))
