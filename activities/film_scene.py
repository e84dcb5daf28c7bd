"""Buy a scene: submit, wait, fetch. Three activities, so that a lost worker costs nothing."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from temporalio import activity

from activities.faults import LONGEST_REST, not_ready, rest_after
from activities.ledger.crash_points import OFF, CrashPoints
from activities.ledger.port import NEVER_SENT, Ledger, Limits, no_room
from activities.media.port import ClipFacts, Editor
from activities.ordering import Ordering, hash_of
from activities.shelf import Shelf, digest_of, key_of
from activities.storage.port import Storage
from activities.store.port import Store
from activities.studios.port import Job, JobState, Studio
from schema.failure import Fault, NoEffect, Trouble
from schema.money import Book
from schema.operation import Operation, OperationState, Order, Refusal
from schema.routing import USUAL_RULE
from schema.scene import FetchRequest, SceneJob, SceneOrder, SceneRequest, StartImage, Submission, Take

_ASK_THE_NEXT = (Fault.VENDOR_DOWN, Fault.HEADROOM_RESERVED, Fault.VENDOR_REFUSED, Fault.REFUSED_BY_CAP)
"""Proof that nothing was made here, so that another vendor may be asked; the most hopeful first."""


_MAY_BE_UNDER_WAY = (OperationState.SENDING, OperationState.UNKNOWN, OperationState.ACCEPTED)
FEWEST_FREE_BYTES = 500_000_000
"""What must be free before a scene is bought: a few items with all their clips and cuts have room in it."""


class Filming:
    """Buying scenes, given the studios by vendor name."""

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
        self._shelf = Shelf(store, storage)
        self._storage = storage
        self._editor = editor
        self._points = crash_points

    @activity.defn(name="submit_scene")
    async def submit_scene(self, request: SceneRequest) -> Submission:
        """Order one scene, once. Repeating it finds what the first time did; the ledger never sends again.

        Where a vendor is proven to have made nothing, the next in the row is asked, as an attempt of its own. Raises
        `Trouble` where nobody is left: `refused_by_cap`, `vendor_refused`, `headroom_reserved` and `vendor_down` (may
        be repeated); `disk_full`, before anything is sent; and `parked`.
        """
        told: list[Trouble] = []
        asked: set[tuple[str, str]] = set()
        for order in request.orders:
            if (order.vendor, order.model) in asked:
                continue
            try:
                if order.vendor not in self._studios:  # nothing is reserved where nobody can be asked
                    raise _not_joined(order.vendor, after=LONGEST_REST)
                operation = await self._reserve(order, request)
                asked.add((operation.vendor, operation.model))
                return await self._submit(request, operation)
            except Trouble as trouble:
                if trouble.fault not in _ASK_THE_NEXT:
                    raise
                told.append(trouble)
        raise _all_of(told)

    async def _reserve(self, order: Order, request: SceneRequest) -> Operation:
        """Reserve at this vendor, or find what was sent elsewhere before."""
        limits = Limits(
            item_cap_microusd=request.item_cap_microusd, day_cap_microusd=request.day_cap_microusd
        )
        reserved = await self._ledger.reserve([order], limits)
        if isinstance(reserved, Refusal):
            raise no_room(reserved)
        return reserved[0]

    async def _submit(self, request: SceneRequest, operation: Operation) -> Submission:
        studio = self._studio(operation.vendor)
        order = _order_of(request, operation)
        kept = await self._keep(request, operation, hash_of(order))
        if kept is None:
            if operation.state is OperationState.RESERVED:
                await asyncio.to_thread(self._check_room)
            try:
                address = await self._bring(studio, order, operation)
                effect = Ordering(studio, order, address, self._row(request))
                operation = await self._ledger.carry_out(operation, hash_of(order), effect)
            except NoEffect as proof:
                fault = Fault.VENDOR_DOWN if proof.repeatable else Fault.VENDOR_REFUSED
                line = f"{studio.name} did not take scene {request.prompt.scene}: {proof}"
                rest = max(proof.after or timedelta(), rest_after(operation.attempt))
                raise Trouble(fault, line, after=rest if proof.repeatable else None) from proof
        return _submission(request, operation, await self._why(request, operation), kept)

    def _row(self, request: SceneRequest) -> list[tuple[Studio | None, str]]:
        """Return everybody who may be asked for the scene, with the model there; None for who is not joined here."""
        return [(self._studios.get(one.vendor), one.model) for one in request.orders]

    @activity.defn(name="look_for_scene")
    async def look_for_scene(self, request: SceneRequest) -> Submission | None:
        """Find out what became of a scene whose item was stopped, and send nothing; None where nothing was ordered.

        Raises `NotResolvedYet` while that is being found out, and `Trouble` (`parked`) where only a person can.
        """
        sent = [
            operation
            for operation in await self._ledger.of_item(request.order.item_id)
            if operation.slot == request.order.slot and operation.state in _MAY_BE_UNDER_WAY
        ]
        if not sent:
            return None
        order = _order_of(request, sent[-1])
        effect = Ordering(self._studio(sent[-1].vendor), order, None, self._row(request))
        try:
            operation = await self._ledger.carry_out(sent[-1], hash_of(order), effect)
        except NoEffect:
            return None
        return _submission(request, operation, await self._why(request, operation))

    async def _bring(self, studio: Studio, order: SceneOrder, operation: Operation) -> str | None:
        """Bring the order's start image to the vendor, before anything is sent; None where there is none to bring.

        Raises `NoEffect` where the vendor did not take it, after the reservation was given back.
        """
        if order.start_image is None or operation.state is not OperationState.RESERVED:
            return None
        try:
            image = await asyncio.to_thread(self._image, order.start_image)
            return await studio.upload(image)
        except NoEffect as proof:
            await self._ledger.release_if_unsent(operation.operation_id, str(proof))
            raise

    def _check_room(self) -> None:
        """Refuse to buy what could not be stored: raises `Trouble` (`disk_full`), which may be repeated; blocks."""
        if (free := self._storage.free_bytes()) < FEWEST_FREE_BYTES:
            raise Trouble(
                Fault.DISK_FULL,
                f"nothing is bought while only {free / 1e6:,.0f} MB are free on the disk, fewer than "
                f"{FEWEST_FREE_BYTES / 1e6:,.0f}; make some room, and it goes on by itself",
            )

    def _image(self, wanted: StartImage) -> Path:
        """Return the file, if it is exactly the one that was meant; blocks."""
        image = self._storage.local(wanted.key)
        if digest_of(image)[0] != wanted.sha256:
            raise NoEffect(f"{wanted.key!r} is not the image it was: make the item again", repeatable=False)
        return image

    async def _keep(self, request: SceneRequest, operation: Operation, request_sha256: str) -> Take | None:
        """Take what the account has bought by exactly this request instead of buying it again; None where it has not.

        The reservation is given back before the take counts, unless somebody has begun to send it meanwhile.
        """
        if request.fresh or operation.state is not OperationState.RESERVED:
            return None
        found = await self._shelf.find(operation, request.prompt.scene, request_sha256)
        if found is None:
            return None
        take, copy = found
        proof = f"not bought: the account has it from {take.kept_from}"
        released = await self._ledger.release_if_unsent(operation.operation_id, proof)
        if released.state is not OperationState.RELEASED:
            await asyncio.to_thread(copy.unlink)
            return None
        await self._shelf.put(take, copy)
        await self._store.store_take(operation.item_id, operation.account_id, operation.round, take)
        return take

    async def _why(self, request: SceneRequest, operation: Operation) -> str:
        """Return why it is this vendor's turn; empty where there never was a choice."""
        if len(request.orders) == 1 and request.rule in ("", USUAL_RULE):
            return ""
        before = [
            f"{earlier.vendor} ({earlier.model}) made nothing: {earlier.reason}"
            for earlier in (await self._ledger.of_item(operation.item_id) if operation.attempt > 1 else ())
            if earlier.slot == operation.slot
            and earlier.attempt < operation.attempt
            and not earlier.reason.startswith(NEVER_SENT)
        ]
        return "; ".join([f"by {request.rule}", *before])[:1_000]

    @activity.defn(name="wait_for_scene")
    async def wait_for_scene(self, submission: Submission) -> SceneJob:
        """Read the job once: settle it where it has ended, else ask to be called again after `poll`.

        What the ledger has ended before stands, whatever a later reading says: its amount is the one returned.
        """
        job = await self._studio(submission.vendor).read_job(submission.handle)
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
        await self._studio(submission.vendor).cancel(submission.handle)

    @activity.defn(name="fetch_scene")
    async def fetch_scene(self, request: FetchRequest) -> Take:
        """Bring a finished clip into storage: fetched under a temporary name, decoded in full, then renamed.

        Raises `Trouble` (`bad_media`) where what came is no video, a page of something in between, say, or where the
        vendor says that it is gone: the clip is paid for, so the story fetches it again, a few times. All else, a
        vendor that is down or a full disk, is waited for.
        """
        submission = request.submission
        studio = self._studio(submission.vendor)
        scratch = await asyncio.to_thread(self._storage.scratch, submission.item_id)
        clip = scratch / f"r{submission.round}-s{submission.scene}-{activity.info().attempt}.mp4"
        clip.unlink(missing_ok=True)
        try:
            await studio.fetch(submission.handle, clip)
        except Exception as error:
            if not getattr(error, "lasts", False):
                raise
            raise _not_delivered(submission, error) from error
        key = key_of(submission.item_id, submission.round, submission.scene)
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

    def _studio(self, vendor: str) -> Studio:
        try:
            return self._studios[vendor]
        except KeyError:
            raise _not_joined(vendor) from None

    async def _operation(self, submission: Submission) -> Operation:
        """Return the purchase as the ledger holds it."""
        for operation in await self._ledger.of_item(submission.item_id):
            if operation.operation_id == submission.operation_id:
                return operation
        raise LookupError(f"there is no operation {submission.operation_id!r}")


def _not_delivered(submission: Submission, error: Exception) -> Trouble:
    return Trouble(Fault.BAD_MEDIA, f"{submission.vendor} did not deliver scene {submission.scene}: {error}")


def _order_of(request: SceneRequest, operation: Operation) -> SceneOrder:
    return SceneOrder(
        operation_id=operation.operation_id,
        model=operation.model,
        prompt=request.prompt,
        seed=request.seed,
        look=request.look,
        start_image=request.start_image,
    )


def _submission(
    request: SceneRequest, operation: Operation, why: str, kept: Take | None = None
) -> Submission:
    return Submission(
        operation_id=operation.operation_id,
        handle=operation.handle or "",
        vendor=operation.vendor,
        model=operation.model,
        item_id=operation.item_id,
        account_id=operation.account_id,
        round=operation.round,
        scene=request.prompt.scene,
        poll=request.poll,
        why=why,
        kept=kept,
    )


def _not_joined(vendor: str, after: timedelta | None = None) -> Trouble:
    return Trouble(
        Fault.VENDOR_DOWN,
        f"this worker does not know {vendor!r}, which the item was opened with; set it up again",
        after=after,
    )


def _all_of(told: list[Trouble]) -> Trouble:
    """Return one trouble for a row of vendors of which none could help: as hopeful as the most hopeful of them."""
    best = min((trouble.fault for trouble in told), key=_ASK_THE_NEXT.index)
    waits = [trouble.after for trouble in told if trouble.after is not None and trouble.fault is best]
    return Trouble(best, "; ".join(str(trouble) for trouble in told), after=min(waits, default=None))
