"""See an ordered scene to its end: wait, cancel, fetch.

Each reads what is there, so a lost worker costs nothing.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from temporalio import activity

from activities.buying.clip_reuse import digest_of
from activities.buying.scene_effect import studio_of
from activities.check_take import not_delivered
from activities.ledger.crash_points import OFF, CrashPoints
from activities.ledger.port import Ledger
from activities.runtime.fault_mapping import not_ready
from activities.storage import file_keys
from activities.storage.port import Storage
from activities.studios.port import Job, JobState, Studio
from schema.content.scene import FetchedClip, FetchRequest, SceneJob, Submission
from schema.failure import Fault, Trouble
from schema.money import Book
from schema.purchases.operation import Operation, OperationState


class Awaiting:
    """Ordered scenes, given the studios by vendor name."""

    def __init__(
        self,
        studios: Mapping[str, Studio],
        ledger: Ledger,
        storage: Storage,
        crash_points: CrashPoints = OFF,
    ) -> None:
        self._studios = studios
        self._ledger = ledger
        self._storage = storage
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
        try:
            if job.state is JobState.FAILED and job.charged_microusd == 0:
                proof = f"failed and charged nothing: {job.reason}"
                return await self._ledger.release(submission.operation_id, proof)
            charged = job.charged_microusd
            if charged is None:
                charged = (await self._operation(submission)).reserved_microusd
            wasted = f"it failed: {job.reason}" if job.state is JobState.FAILED else ""
            return await self._ledger.settle(submission.operation_id, charged, wasted=wasted)
        except (ValueError, LookupError):
            # another reading, which said otherwise, was first; or a restored backup does not know it
            return await self._operation(submission)

    @activity.defn(name="cancel_scene")
    async def cancel_scene(self, submission: Submission) -> None:
        """Ask the vendor to drop the job; `wait_for_scene` then tells what it charged."""
        await studio_of(self._studios, submission.vendor).cancel(submission.handle)

    @activity.defn(name="fetch_scene")
    async def fetch_scene(self, request: FetchRequest) -> FetchedClip:
        """Bring the bytes of a finished clip into storage, whatever they are: `check_take` looks at them.

        Raises `Trouble` (`bad_media`) where the vendor says that the clip is gone: it is paid for, so the story fetches
        it again, a few times. All else, a vendor that is down or a full disk, is waited for.
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
            raise not_delivered(submission, error) from error
        key = file_keys.fetched(submission.item_id, submission.round, submission.scene)
        sha256 = await asyncio.to_thread(self._store_bytes, clip, key)
        self._points.reach("fetch.stored")
        return FetchedClip(key=key, sha256=sha256, stand_in=studio.book is Book.SIMULATED)

    def _store_bytes(self, clip: Path, key: str) -> str:
        """Move fetched bytes to their key and return their SHA-256; blocks."""
        sha256, _ = digest_of(clip)
        self._storage.promote(clip, key)
        return sha256

    async def _operation(self, submission: Submission) -> Operation:
        """Return the purchase as the ledger holds it."""
        for operation in await self._ledger.of_item(submission.item_id):
            if operation.operation_id == submission.operation_id:
                return operation
        raise Trouble(
            Fault.FINISHED,
            f"the ledger does not know {submission.operation_id}, as after a restored backup; `reconcile` finds it",
        )
