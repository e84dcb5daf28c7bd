"""From what went wrong, or what the platforms answered, to the named state an item ends in."""

from collections.abc import Sequence

from temporalio.exceptions import ActivityError, ApplicationError

from schema.content.publication import PostReceipt, PostState
from schema.failure import Fault
from schema.items.item import Ending, ItemState
from schema.reviews.review import ReviewState, Verdict

_STATE_OF = {
    Fault.REFUSED_BY_CAP: ItemState.REFUSED_BY_CAP,
    Fault.HEADROOM_RESERVED: ItemState.REFUSED_BY_CAP,
    Fault.PARKED: ItemState.PARKED,
    Fault.STOPPED: ItemState.STOPPED,
}


class Ended(Exception):
    """The item's life is over, in a named state."""

    def __init__(self, state: ItemState, reason: str, *, actor: str = "") -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason
        self.actor = actor

    def of(self, item_id: str) -> Ending:
        """Return the ending to write down."""
        return Ending(item_id=item_id, state=self.state, reason=self.reason, actor=self.actor)


class RoundFailed(Ended):
    """A round cannot be made, which no person decided: it ends an item that has no earlier cut to show."""


class Revised(Exception):
    """A reviewer asked for the next round before this one had a cut."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.line)
        self.verdict = verdict


def after_error(error: ActivityError) -> Ended:
    """Return how an item ends after an activity gave up. A job without a seen end is parked."""
    cause = error.cause
    if error.activity_type == "wait_for_scene":
        if isinstance(cause, ApplicationError) and cause.type == Fault.BUG:
            return Ended(
                ItemState.PARKED, f"{cause.message}; the scene's money stays reserved until a person looks"
            )
        line = "the vendor did not finish a scene in time; its money stays reserved until a person looks"
        if isinstance(cause, ApplicationError) and cause.type != Fault.NOT_READY:
            line = f"{line}; last it could not be read: {cause.message}"
        return Ended(ItemState.PARKED, line)
    if isinstance(cause, ApplicationError) and cause.type != Fault.NOT_READY:
        fault = cause.type or ""
        state = _STATE_OF[Fault(fault)] if fault in _STATE_OF else ItemState.FAILED
        return Ended(state, cause.message)
    return Ended(ItemState.FAILED, f"{error.activity_type} gave up: {cause or error}")


def after_review(verdict: Verdict) -> Ended | Revised:
    """Return what a gate raises where a person did not approve: the item's end, or the next round."""
    match verdict.review.state:
        case ReviewState.REJECTED:
            return Ended(ItemState.REJECTED, verdict.notes or f"rejected by {verdict.decided_by}")
        case ReviewState.EXPIRED:
            return Ended(ItemState.EXPIRED, "no decision came in time")
        case ReviewState.REVISED:
            return Revised(verdict)
        case state:
            raise AssertionError(f"{verdict.review.review_id} is {state}, which ends no item at a gate")


def reason_of(error: ActivityError | Ended) -> str:
    """Return why something did not go on, in one line."""
    return error.reason if isinstance(error, Ended) else after_error(error).reason


def after_posts(item_id: str, receipts: Sequence[PostReceipt]) -> Ending:
    """Return how an item ends by what each platform answered."""
    if not receipts:
        return Ending(item_id=item_id, state=ItemState.FAILED, reason="its review named no place to post to")
    others = [receipt for receipt in receipts if receipt.state is not PostState.LIVE]
    reason = "; ".join(f"{receipt.platform}: {receipt.reason}" for receipt in others)
    if not others:
        state = ItemState.PUBLISHED
    elif len(others) < len(receipts):
        state = ItemState.PARTLY_PUBLISHED
    elif any(receipt.state is PostState.PARKED for receipt in others):
        state = ItemState.PARKED
    else:
        state = ItemState.FAILED
    return Ending(item_id=item_id, state=state, reason=reason, posts=tuple(receipts))
