"""Post one approved video to one platform, once."""

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path

from temporalio import activity

from activities.ledger.crash_points import OFF, CrashPoints
from activities.ledger.port import Approval, Ledger, Outcome, Sighting
from activities.platforms.port import Live, Platform, Post, PostSighting, place_on, platform_named
from activities.storage.port import Storage
from schema.content.publication import PostReceipt, PostState, PublishRequest
from schema.failure import Fault, NoEffect, Trouble
from schema.purchases.operation import Operation, OperationState, Order, Refusal
from schema.reviews.subject import VIDEO


class Publishing:
    """Publishing, given the platforms by name."""

    def __init__(
        self,
        platforms: Mapping[str, Platform],
        ledger: Ledger,
        storage: Storage,
        crash_points: CrashPoints = OFF,
    ) -> None:
        self._platforms = platforms
        self._ledger = ledger
        self._storage = storage
        self._points = crash_points

    @activity.defn(name="publish_video")
    async def publish_video(self, request: PublishRequest) -> PostReceipt:
        """Post once, or find out whether the first try did. Repeating it never posts again: the ledger sees to that.

        A platform that refused, or a post whose outcome only a person can find out, is an answer, not an error.
        Raises `Trouble`: `not_approved`, `finished`; `vendor_down`, `paused` (may be repeated).
        """
        platform = platform_named(request.platform, self._platforms)
        effect = _Posting(platform, request, self._storage, self._points)
        approval = Approval(review_id=request.review_id, content_sha256=request.subject.content_sha256)
        operation: Operation | None = None
        try:
            operation = await self._reserve(request)
            operation = await self._ledger.publish(operation, approval.content_sha256, effect, approval)
        except NoEffect as proof:
            if proof.repeatable:
                raise Trouble(Fault.VENDOR_DOWN, f"{platform.name} did not take the post: {proof}") from proof
            return PostReceipt(platform=platform.name, state=PostState.REFUSED, reason=str(proof))
        except Trouble as trouble:
            if trouble.fault is not Fault.PARKED:
                raise
            return PostReceipt(
                platform=platform.name,
                state=PostState.PARKED,
                operation_id=operation.operation_id if operation else "",
                reason=str(trouble),
            )
        await self._ledger.note_post(operation, approval)
        return _receipt_of(request.platform, operation)

    async def _reserve(self, request: PublishRequest) -> Operation:
        reserved = await self._ledger.reserve([_order(request)], None)
        if isinstance(reserved, Refusal):
            raise Trouble(Fault.REFUSED_BY_CAP, reserved.in_words())
        return reserved[0]

    @activity.defn(name="read_post")
    async def read_post(self, request: PublishRequest) -> PostReceipt:
        """Say how an abandoned post stands: live, not known, or not made. A read."""
        for operation in reversed(await self._ledger.of_item(request.item_id)):
            if operation.kind == "publish" and operation.vendor == request.place:
                return _receipt_of(request.platform, operation)
        return PostReceipt(platform=request.platform, state=PostState.REFUSED, reason="it was not sent")


class _Posting:
    """The effect of one post."""

    def __init__(
        self, platform: Platform, request: PublishRequest, storage: Storage, points: CrashPoints
    ) -> None:
        self._platform = platform
        self._request = request
        self._storage = storage
        self._points = points

    async def prepare(self, operation: Operation) -> str:
        """Make the handle, of the approved bytes and for the approved place."""
        return (await self._platform.prepare(await self._approved(operation))).handle

    async def send(self, operation: Operation) -> Outcome:
        """Compare bytes and place again right before the post goes out: exactly these were approved."""
        live = await self._platform.commit(await self._approved(operation), operation.prepared_handle or "")
        self._points.reach("post.made")
        return _outcome(live)

    async def _approved(self, operation: Operation) -> Post:
        """Return what was approved. Raises `NoEffect` where the files or the connected account are others by now."""
        place = await place_on(self._platform, self._request.account_id)
        if place != self._request.place:
            raise NoEffect(
                f"the approval is for {self._request.place}, and {self._request.account_id} is {place} now; "
                "`reelwright again` asks for another",
                repeatable=False,
            )
        return await asyncio.to_thread(self._read, operation)

    def _read(self, operation: Operation) -> Post:
        request = self._request
        approved = request.subject.artifact(VIDEO)
        try:
            video = self._storage.local(approved.key)
            thumbnail = self._storage.local(request.thumbnail_key) if request.thumbnail_key else None
            digest = _sha256(video)
        except FileNotFoundError as error:
            raise NoEffect(f"{error}; make the item again", repeatable=False) from error
        if digest != approved.sha256:
            raise NoEffect(
                f"{approved.key} is not the file that was approved; make the item again",
                repeatable=False,
            )
        return Post(
            operation_id=operation.operation_id,
            item_id=request.item_id,
            account_id=request.account_id,
            video=video,
            sha256=approved.sha256,
            thumbnail=thumbnail,
            caption=request.subject.text,
            title=request.title,
            stand_in=request.stand_in,
            metadata={"review_id": request.review_id, "round": str(request.round)},
        )

    async def find(self, operation: Operation) -> Sighting:
        """Ask for the handle, and where it does not say, for the marker."""
        if operation.prepared_handle is None:
            return _sighting(await self._platform.find(operation.item_id, operation.operation_id))
        handle = await self._platform.check(operation.prepared_handle)
        if handle.live or handle.authoritative:
            return _sighting(handle)
        marked = await self._platform.find(operation.item_id, operation.operation_id)
        may_continue = self._platform.continues and not handle.seen and not marked.seen
        return _sighting(marked).model_copy(update={"may_continue": may_continue})

    async def find_forgotten(self, operation: Operation) -> Sighting:
        """Look for this post and for those of its forerunners: a backup may know none of them."""
        found = _sighting(await self._platform.find(operation.item_id, operation.operation_id))
        for item_id in self._request.forerunners:
            if found.seen or not found.authoritative:
                break
            found = _sighting(await self._platform.find(item_id)).model_copy(update={"outcome": None})
        return found


def _outcome(live: Live) -> Outcome:
    return Outcome(handle=live.post_id, uri=live.uri, charged_microusd=0)


def _sighting(seen: PostSighting) -> Sighting:
    return Sighting(
        seen=seen.seen or seen.live is not None,
        outcome=_outcome(seen.live) if seen.live else None,
        authoritative=seen.authoritative,
        visible_within=seen.visible_within,
    )


def _receipt_of(platform: str, operation: Operation) -> PostReceipt:
    """Return what an operation says of a post; sent and unresolved, it is parked for a person."""
    match operation.state:
        case OperationState.ACCEPTED | OperationState.SETTLED:
            return PostReceipt(
                platform=platform,
                state=PostState.LIVE,
                operation_id=operation.operation_id,
                post_id=operation.handle,
                uri=operation.uri,
            )
        case OperationState.SENDING | OperationState.UNKNOWN | OperationState.PARKED:
            reason = operation.reason or "it was sent, and its outcome is not known"
            return PostReceipt(
                platform=platform, state=PostState.PARKED, operation_id=operation.operation_id, reason=reason
            )
        case OperationState.RESERVED | OperationState.PREPARED | OperationState.RELEASED:
            reason = operation.reason or "it was not sent"
            return PostReceipt(
                platform=platform, state=PostState.REFUSED, operation_id=operation.operation_id, reason=reason
            )


def _order(request: PublishRequest) -> Order:
    return Order(
        slot=f"{request.item_id}/{request.round}/publish/{request.place}",
        kind="publish",
        item_id=request.item_id,
        account_id=request.account_id,
        round=request.round,
        vendor=request.place,
        book=request.book,
        amount_microusd=0,
        request_sha256=request.subject.content_sha256,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
