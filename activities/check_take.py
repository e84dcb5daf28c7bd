"""Check a fetched clip in full and make it a take of its item, on the media queue."""

from collections.abc import Callable
from pathlib import Path

from temporalio import activity

from activities.buying.clip_reuse import digest_of
from activities.ledger.crash_points import OFF, CrashPoints
from activities.media.port import ClipFacts, Editor
from activities.runtime.heartbeat_thread import with_heartbeats
from activities.storage import file_keys
from activities.storage.port import Storage
from activities.store.port import Store
from schema.content.scene import Submission, Take, TakeRequest
from schema.failure import Fault, Trouble


class Inspecting:
    """Checking fetched clips, given an editor."""

    def __init__(
        self, store: Store, storage: Storage, editor: Editor, crash_points: CrashPoints = OFF
    ) -> None:
        self._store = store
        self._storage = storage
        self._editor = editor
        self._points = crash_points

    @activity.defn(name="check_take")
    async def check_take(self, request: TakeRequest) -> Take:
        """Decode a fetched clip in full, give it its key and store it as a take. May be repeated.

        Raises `Trouble` (`bad_media`) where it is no usable video, or is gone: the story fetches it again.
        """
        submission = request.submission
        key = file_keys.take(submission.item_id, submission.round, submission.scene)
        try:
            facts, size_bytes = await with_heartbeats(lambda report: self._take_in(request, key, report))
        except (Trouble, FileNotFoundError) as error:
            if isinstance(error, Trouble) and error.fault is not Fault.BAD_FOOTAGE:
                raise
            raise not_delivered(submission, error) from error
        self._points.reach("take.checked")
        take = Take(
            scene=submission.scene,
            key=key,
            sha256=request.clip.sha256,
            size_bytes=size_bytes,
            duration=facts.duration,
            width_px=facts.width_px,
            height_px=facts.height_px,
            has_sound=facts.has_sound,
            cost_microusd=request.charged_microusd,
            vendor=submission.vendor,
            model=submission.model,
            operation_id=submission.operation_id,
            stand_in=request.clip.stand_in,
            why=submission.why,
        )
        await self._store.store_take(submission.item_id, submission.account_id, submission.round, take)
        return take

    def _take_in(self, request: TakeRequest, key: str, report: Callable[[], None]) -> tuple[ClipFacts, int]:
        """Look at a fetched clip, hash it and move it to its key; blocks."""
        clip, is_moved = self._clip(request, key)
        facts = self._editor.inspect(clip, on_progress=report)
        sha256, size_bytes = digest_of(clip)
        if sha256 != request.clip.sha256:
            raise Trouble(Fault.BAD_FOOTAGE, "its file is not the one that was fetched")
        if not is_moved:
            self._storage.promote(clip, key)
        return facts, size_bytes

    def _clip(self, request: TakeRequest, key: str) -> tuple[Path, bool]:
        """Return the fetched clip, and whether an earlier attempt has moved it to its key."""
        try:
            return self._storage.local(request.clip.key), False
        except FileNotFoundError:
            return self._storage.local(key), True


def not_delivered(submission: Submission, error: Exception) -> Trouble:
    """Return what it means that a vendor's clip is of no use or gone: it is fetched again."""
    return Trouble(Fault.BAD_MEDIA, f"{submission.vendor} did not deliver scene {submission.scene}: {error}")
