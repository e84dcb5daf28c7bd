"""Order a scene, once, from the first vendor of a row that takes it; what follows is in `await_scene.py`."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from temporalio import activity

from activities.buying.clip_reuse import ClipReuse, digest_of
from activities.buying.scene_effect import SceneEffect, hash_of, not_configured, studio_of
from activities.ledger.port import NEVER_SENT, Ledger, budget_refusal
from activities.runtime.fault_mapping import LONGEST_REST, rest_after
from activities.storage.port import Storage
from activities.store.port import Store
from activities.studios.port import Studio
from schema.content.scene import SceneOrder, SceneRequest, StartImage, Submission, Take
from schema.failure import Fault, NoEffect, Trouble
from schema.purchases.operation import Operation, OperationState, Order, Refusal
from schema.purchases.routing import USUAL_RULE

_ASK_THE_NEXT = (Fault.VENDOR_DOWN, Fault.HEADROOM_RESERVED, Fault.VENDOR_REFUSED, Fault.REFUSED_BY_CAP)
"""Proof that nothing was made here, so that another vendor may be asked; the most hopeful first."""
_MAY_BE_UNDER_WAY = (OperationState.SENDING, OperationState.UNKNOWN, OperationState.ACCEPTED)
FEWEST_FREE_BYTES = 500_000_000
"""What must be free before a scene is bought: a few items with all their clips and cuts have room in it."""


class Filming:
    """Buying scenes, given the studios by vendor name."""

    def __init__(self, studios: Mapping[str, Studio], ledger: Ledger, store: Store, storage: Storage) -> None:
        self._studios = studios
        self._ledger = ledger
        self._store = store
        self._reuse = ClipReuse(store, storage)
        self._storage = storage

    @activity.defn(name="submit_scene")
    async def submit_scene(self, request: SceneRequest) -> Submission:
        """Order one scene, once. Repeating it finds what the first time did; the ledger never sends again.

        Where a vendor is proven to have made nothing, the next in the row is asked, as an attempt of its own. Raises
        `Trouble` with no vendor left: `refused_by_cap`, `vendor_refused`, `headroom_reserved` and `vendor_down` (may
        be repeated); `disk_full`, before anything is sent; and `parked`.
        """
        told: list[Trouble] = []
        asked: set[tuple[str, str]] = set()
        for order in request.orders:
            if (order.vendor, order.model) in asked:
                continue
            try:
                if order.vendor not in self._studios:  # nothing is reserved where no vendor can be asked
                    raise not_configured(order.vendor, after=LONGEST_REST)
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
        try:
            reserved = await self._ledger.reserve([order], request.limits)
        except NoEffect as proof:
            raise Trouble(Fault.VENDOR_REFUSED, _not_taken(order.vendor, request, proof)) from proof
        if isinstance(reserved, Refusal):
            raise budget_refusal(reserved)
        return reserved[0]

    async def _submit(self, request: SceneRequest, operation: Operation) -> Submission:
        studio = studio_of(self._studios, operation.vendor)
        order = _order_of(request, operation)
        kept = await self._keep(request, operation, hash_of(order))
        if kept is None:
            if operation.state is OperationState.RESERVED:
                await asyncio.to_thread(self._require_disk_space)
            try:
                address = await self._bring(studio, order, operation)
                effect = SceneEffect(studio, order, address, self._row(request))
                operation = await self._ledger.carry_out(operation, hash_of(order), effect)
            except NoEffect as proof:
                fault = Fault.VENDOR_DOWN if proof.repeatable else Fault.VENDOR_REFUSED
                line = _not_taken(studio.name, request, proof)
                rest = max(proof.after or timedelta(), rest_after(operation.attempt))
                raise Trouble(fault, line, after=rest if proof.repeatable else None) from proof
        return _submission(request, operation, await self._why(request, operation), kept)

    def _row(self, request: SceneRequest) -> list[tuple[Studio | None, str]]:
        """Return each vendor of the row, with the model there; None for one that is not configured here."""
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
        effect = SceneEffect(studio_of(self._studios, sent[-1].vendor), order, None, self._row(request))
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

    def _require_disk_space(self) -> None:
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

        The reservation is given back before the take counts, unless a worker has begun to send it meanwhile.
        """
        if request.fresh or operation.state is not OperationState.RESERVED:
            return None
        found = await self._reuse.find(operation, request.prompt.scene, request_sha256)
        if found is None:
            return None
        take, copy = found
        proof = f"not bought: the account has it from {take.reused_from}"
        released = await self._ledger.release_if_unsent(operation.operation_id, proof)
        if released.state is not OperationState.RELEASED:
            await asyncio.to_thread(copy.unlink)
            return None
        await self._reuse.put(take, copy)
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


def _order_of(request: SceneRequest, operation: Operation) -> SceneOrder:
    return SceneOrder(
        operation_id=operation.operation_id,
        model=operation.model,
        prompt=request.prompt,
        seed=request.seed,
        look=request.look,
        start_image=request.start_image,
    )


def _not_taken(vendor: str, request: SceneRequest, proof: NoEffect) -> str:
    return f"{vendor} did not take scene {request.prompt.scene}: {proof}"


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


def _all_of(told: list[Trouble]) -> Trouble:
    """Return one trouble for a row of vendors that all failed: the most hopeful of theirs."""
    best = min((trouble.fault for trouble in told), key=_ASK_THE_NEXT.index)
    waits = [trouble.after for trouble in told if trouble.after is not None and trouble.fault is best]
    return Trouble(best, "; ".join(str(trouble) for trouble in told), after=min(waits, default=None))
