"""See an ordered scene to its end: wait, cancel, fetch. Each reads what is there, so a lost worker costs nothing."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from temporalio import activity

from activities.faults import not_ready
from activities.ledger.crash_points import OFF, CrashPoints
from activities.ledger.port import Ledger
from activities.media.port import ClipFacts, Editor
from activities.ordering import studio_of
from activities.shelf import digest_of
from activities.storage import file_keys
from activities.storage.port import Storage
from activities.store.port import Store
from activities.studios.port import Job, JobState, Studio
from schema.failure import Fault, Trouble
from schema.money import Book
from schema.operation import Operation, OperationState
from schema.scene import FetchRequest, SceneJob, Submission, Take


class Awaiting:
    """Ordered scenes, given the studios by vendor name."""

    def __init__(
        self,
        studios: Mapping[str, Studio],
        ledger: Ledger,
        store: Store,
        storage: Storage,
        editor: Editor,
        crash_points: CrashPoints = OFF,
    ) -> None:
        self._studios = studios
        self._ledger = ledger
        self._store = store
        self._storage = storage
        self._editor = editor
        self._points = crash_points

    @activity.defn(name="wait_for_scene")
    async def wait_for_scene(self, submission: Submission) -> SceneJob:
        """Read the job once: settle it where it has ended, else ask to be called again after `poll`.

        What the ledger has ended before stands, whatever a later reading says: its amount is the one returned.
        """
        job = await studio_of(self._studios, submission.vendor).read_job(submission.handle)
        if job.state in (JobState.QUEUED, JobState.RUNNING):
            raise not_ready(f"scene {submission.scene} is {job.state}", submission.poll)
        ended = await self._end(submission, job)
        finished = job.state is JobState.DONE or not ended.reason
        made = ended.state is OperationState.SETTLED and finished
        reason = "" if made else job.reason or ended.reason
        return SceneJob(made=made, charged_microusd=ended.charged_microusd or 0, reason=reason)

    async def _end(self, submission: Submission, job: Job) -> Operation:
        """Settle or release by what a job that has ended says; return how the operation then stands."""
        operation = await self._operation(submission)
        if operation.state in (OperationState.SETTLED, OperationState.RELEASED):
            return operation
        try:
            if job.state is JobState.FAILED and job.charged_microusd == 0:
                proof = f"failed and charged nothing: {job.reason}"
                return await self._ledger.release(operation.operation_id, proof)
            charged = operation.reserved_microusd if job.charged_microusd is None else job.charged_microusd
            wasted = f"it failed: {job.reason}" if job.state is JobState.FAILED else ""
            return await self._ledger.settle(operation.operation_id, charged, wasted=wasted)
        except ValueError:  # another reading, which said otherwise, was first
            return await self._operation(submission)

    @activity.defn(name="cancel_scene")
    async def cancel_scene(self, submission: Submission) -> None:
        """Ask the vendor to drop the job; `wait_for_scene` then tells what it charged."""
        await studio_of(self._studios, submission.vendor).cancel(submission.handle)

    @activity.defn(name="fetch_scene")
    async def fetch_scene(self, request: FetchRequest) -> Take:
        """Bring a finished clip into storage: fetched under a temporary name, decoded in full, then renamed.

        Raises `Trouble` (`bad_media`) where what came is no video, a page of something in between, say, or where the
        vendor says that it is gone: the clip is paid for, so the story fetches it again, a few times. All else, a
        vendor that is down or a full disk, is waited for.
        """
        submission = request.submission
        studio = studio_of(self._studios, submission.vendor)
        scratch = await asyncio.to_thread(self._storage.scratch, submission.item_id)
        clip = scratch / f"r{submission.round}-s{submission.scene}-{activity.info().attempt}.mp4"
        clip.unlink(missing_ok=True)
        try:
            await studio.fetch(submission.handle, clip)
        except Exception as error:  # of whatever vendor; those that pass are raised again as they are
            if not getattr(error, "lasts", False):
                raise
            raise _not_delivered(submission, error) from error
        key = file_keys.take(submission.item_id, submission.round, submission.scene)
        try:
            facts, digest, size_bytes = await asyncio.to_thread(self._take_in, clip, key)
        except Trouble as trouble:
            if trouble.fault is not Fault.BAD_FOOTAGE:
                raise
            raise _not_delivered(submission, trouble) from trouble
        self._points.reach("fetch.stored")
        take = Take(
            scene=submission.scene,
            key=key,
            sha256=digest,
            size_bytes=size_bytes,
            duration=facts.duration,
            width_px=facts.width_px,
            height_px=facts.height_px,
            has_sound=facts.has_sound,
            cost_microusd=request.charged_microusd,
            vendor=submission.vendor,
            model=submission.model,
            operation_id=submission.operation_id,
            stand_in=studio.book is Book.SIMULATED,
            why=submission.why,
        )
        await self._store.store_take(submission.item_id, submission.account_id, submission.round, take)
        return take

    def _take_in(self, clip: Path, key: str) -> tuple[ClipFacts, str, int]:
        """Look at a fetched clip, hash it and move it to its place; blocks."""
        facts = self._editor.inspect(clip)
        digest, size_bytes = digest_of(clip)
        self._storage.promote(clip, key)
        return facts, digest, size_bytes

    async def _operation(self, submission: Submission) -> Operation:
        """Return the purchase as the ledger holds it."""
        for operation in await self._ledger.of_item(submission.item_id):
            if operation.operation_id == submission.operation_id:
                return operation
        raise Trouble(
            Fault.FINISHED,
            f"the ledger does not know {submission.operation_id}, as after a restored backup; `reconcile` finds it",
        )


def _not_delivered(submission: Submission, error: Exception) -> Trouble:
    return Trouble(Fault.BAD_MEDIA, f"{submission.vendor} did not deliver scene {submission.scene}: {error}")
