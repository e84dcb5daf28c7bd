"""Post one approved video to one platform, once."""

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path

from temporalio import activity

from activities.ledger.crash_points import OFF, CrashPoints
from activities.ledger.port import Approval, Ledger, Outcome, Sighting
from activities.platforms.port import Platform, Post
from activities.storage.port import Storage
from schema.failure import Fault, NoEffect, Trouble
from schema.operation import Operation, Order, Refusal
from schema.publication import PostState, PublishRequest, Receipt


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
    async def publish_video(self, request: PublishRequest) -> Receipt:
        """Post once, or find out whether the first try did. Repeating it never posts again: the ledger sees to that.

        A platform that refused, or a post whose outcome only a person can find out, is an answer, not an error.
        Raises `Trouble`: `not_approved`, `finished`, `vendor_down` (may be repeated).
        """
        platform = self._platform(request.platform)
        reserved = await self._ledger.reserve([_order(request, platform)], None)
        if isinstance(reserved, Refusal):
            raise Trouble(Fault.REFUSED_BY_CAP, reserved.in_words())
        effect = _Posting(platform, await self._post(request, reserved[0]), self._points)
        approval = Approval(review_id=request.review_id, content_sha256=request.content_sha256)
        try:
            operation = await self._ledger.carry_out(reserved[0], request.content_sha256, effect, approval)
        except NoEffect as proof:
            if proof.repeatable:
                raise Trouble(Fault.VENDOR_DOWN, f"{platform.name} did not take the post: {proof}") from proof
            return Receipt(platform=platform.name, state=PostState.REFUSED, reason=str(proof))
        except Trouble as trouble:
            if trouble.fault is not Fault.PARKED:
                raise
            return Receipt(
                platform=platform.name,
                state=PostState.PARKED,
                operation_id=reserved[0].operation_id,
                reason=str(trouble),
            )
        uri = operation.handle or ""
        await self._ledger.note_post(operation, approval, request.platform, uri)
        return Receipt(
            platform=platform.name,
            state=PostState.LIVE,
            operation_id=operation.operation_id,
            post_id=operation.operation_id,
            uri=uri,
        )

    def _platform(self, name: str) -> Platform:
        try:
            return self._platforms[name]
        except KeyError:
            raise Trouble(
                Fault.BAD_INPUT,
                f"this worker cannot post to {name!r}; it can to {', '.join(sorted(self._platforms))}",
            ) from None

    async def _post(self, request: PublishRequest, operation: Operation) -> Post:
        """Hash the file again right before it goes out: what was approved is exactly these bytes."""
        video, thumbnail, digest = await asyncio.to_thread(self._look_at, request)
        if digest != request.video_sha256:
            raise Trouble(
                Fault.NOT_APPROVED,
                f"{request.video_key} is not the file that was approved; make the item again",
            )
        return Post(
            operation_id=operation.operation_id,
            item_id=request.item_id,
            account_id=request.account_id,
            video=video,
            sha256=request.video_sha256,
            thumbnail=thumbnail,
            caption=request.caption,
            title=request.title,
            stand_in=request.stand_in,
            metadata={"review_id": request.review_id, "round": str(request.round)},
        )

    def _look_at(self, request: PublishRequest) -> tuple[Path, Path, str]:
        """Return where video and thumbnail lie, and the video's hash; blocks."""
        video = self._storage.local(request.video_key)
        return video, self._storage.local(request.thumbnail_key), _sha256(video)


class _Posting:
    """The effect of one post."""

    def __init__(self, platform: Platform, post: Post, points: CrashPoints) -> None:
        self._platform = platform
        self._post = post
        self._points = points

    async def send(self, operation: Operation) -> Outcome:
        live = await self._platform.post(self._post)
        self._points.reach("post.made")
        return Outcome(handle=live.uri, charged_microusd=0)

    async def find(self, operation: Operation) -> Sighting:
        live = await self._platform.find(operation.item_id, operation.operation_id)
        if live is None:
            return Sighting(seen=False, authoritative=True)
        return Sighting(seen=True, outcome=Outcome(handle=live.uri, charged_microusd=0))


def _order(request: PublishRequest, platform: Platform) -> Order:
    place = f"{platform.name}:{request.account_id}"
    return Order(
        slot=f"{request.item_id}/{request.round}/publish/{place}",
        kind="publish",
        item_id=request.item_id,
        account_id=request.account_id,
        round=request.round,
        vendor=place,
        book=request.book,
        amount_microusd=0,
        request_sha256=request.content_sha256,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
