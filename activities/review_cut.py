"""Put a cut before a person, and find out what the person said. The review row is the one arbiter."""

from collections.abc import Mapping

from temporalio import activity

from activities.platforms.port import Platform, place_on, platform_named
from activities.reviews.port import Arbiter
from activities.store.port import Store
from schema.items.item import ReviewRef
from schema.reviews.review import Review, ReviewRequest, ReviewState, Verdict, Word


class Reviewing:
    """Reviewing, given the arbiter, and the platforms by name."""

    def __init__(self, arbiter: Arbiter, store: Store, platforms: Mapping[str, Platform]) -> None:
        self._arbiter = arbiter
        self._store = store
        self._platforms = platforms

    @activity.defn(name="open_review")
    async def open_review(self, request: ReviewRequest) -> Review:
        """Put a cut on show, with the places it may be posted to; the database clock sets the deadline."""
        platforms = [platform_named(name, self._platforms) for name in request.platforms]
        places = tuple([await place_on(platform, request.account_id) for platform in platforms])
        return await self._arbiter.open_review(request.model_copy(update={"places": places}))

    @activity.defn(name="remind_reviewer")
    async def remind_reviewer(self, ref: ReviewRef) -> None:
        """Remind people that an open review will end; `ref.line` says when."""
        await self._store.note(ref.item_id, "reminder", ref.line)
        await self._arbiter.remind(ref.item_id, ref.line)

    @activity.defn(name="record_decision")
    async def record_decision(self, word: Word) -> Verdict:
        """Store a word if it is the first valid one; the same word told again gets the same answer."""
        return await self._heard(await self._arbiter.decide(word))

    @activity.defn(name="read_decision")
    async def read_decision(self, ref: ReviewRef) -> Verdict:
        """Read what a door has stored."""
        return await self._heard(await self._arbiter.read(ref.item_id))

    @activity.defn(name="expire_review")
    async def expire_review(self, ref: ReviewRef) -> Verdict:
        """End the review if its deadline has passed by the database clock."""
        return await self._heard(await self._arbiter.expire(ref.item_id))

    async def _heard(self, verdict: Verdict) -> Verdict:
        """Acknowledge a closed review: Temporal brings this answer to the story for certain, so no relay need to."""
        review = verdict.review
        if review.state is not ReviewState.OPEN:
            await self._store.heard(review.item_id, review.review_id)
        return verdict
