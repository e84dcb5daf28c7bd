"""The stage `publish`: an approved cut is posted to every place at once."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.publish_video import Publishing
    from schema.content.publication import PostReceipt, PostState, PublishRequest
    from schema.items.item import Ending
    from schema.items.stage import Stage
    from schema.reviews.review import Review
    from workflows.endings import Ended, after_posts, reason_of
    from workflows.item_run import ItemRun
    from workflows.policies import effect, quick


async def publish_cut(run: ItemRun, review: Review) -> Ending:
    """Take the approved review; yield how the item ends.

    A post that fails does not hold the others back. A stop ends the item only if nothing was posted.
    """
    run.enter(Stage.PUBLISH)
    receipts = await asyncio.gather(*(_post(_request(run, review, place), run) for place in review.places))
    if all(receipt.state is PostState.REFUSED for receipt in receipts):
        run.stop.raise_if_on()
    return after_posts(run.plan.item_id, receipts)


def _request(run: ItemRun, review: Review, place: str) -> PublishRequest:
    plan = run.plan
    return PublishRequest(
        item_id=plan.item_id,
        account_id=plan.account_id,
        place=place,
        round=review.round,
        review_id=review.review_id,
        subject=review.subject,
        thumbnail_key=review.poster_key,
        title=run.board.title,
        stand_in=plan.is_stand_in,
        book=plan.book,
        forerunners=plan.forerunners,
    )


async def _post(request: PublishRequest, run: ItemRun) -> PostReceipt:
    """Return what became of one post; after a lost answer or a stop, as the ledger has it."""
    posting = workflow.start_activity_method(
        Publishing.publish_video, request, **effect(request.platform, run.timeouts)
    )
    try:
        return await run.stop.answer_or_stop(posting)
    except ActivityError as error:  # it may have been sent before whatever went wrong
        found = await _read_post(request, run)
        refused = found.state is PostState.REFUSED
        return found.model_copy(update={"reason": reason_of(error)}) if refused else found
    except Ended:  # stopped: it may have been sent all the same
        return await _read_post(request, run)


async def _read_post(request: PublishRequest, run: ItemRun) -> PostReceipt:
    return await workflow.execute_activity_method(
        Publishing.read_post, request, **quick(request.platform, run.timeouts)
    )
