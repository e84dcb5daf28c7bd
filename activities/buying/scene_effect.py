"""The effect of ordering one scene: sent to one vendor, looked for at all that may have been asked."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta

from activities.ledger.port import Outcome, Sighting
from activities.studios.port import JobSighting, Studio
from schema.content.scene import SceneOrder
from schema.content.still import StillOrder
from schema.failure import Fault, Trouble
from schema.purchases.operation import Operation

ATTEMPTS_FORGOTTEN = 1_000
"""How many attempts from the one that a backup knows are looked for: more than a vendor that is busy makes in days."""


class SceneEffect:
    """Implements the ledger's `Effect`. `row` has each vendor that may be asked for the scene, with the model there.

    A vendor in the row that is not configured here is None: what it has made cannot be known.
    """

    def __init__(
        self,
        studio: Studio,
        order: SceneOrder | StillOrder,
        start_image: str | None,
        row: Sequence[tuple[Studio | None, str]],
    ) -> None:
        self._studio = studio
        self._order = order
        self._start_image = start_image
        self._row = row

    async def send(self, operation: Operation) -> Outcome:
        return Outcome(handle=await self._studio.submit(self._order, self._start_image))

    async def find(self, operation: Operation) -> Sighting:
        return _in_the_ledger(await self._studio.find(self._order, since=operation.not_made_before))

    async def find_forgotten(self, operation: Operation) -> Sighting:
        """Look for this attempt and later ones at all vendors of the row: one reading of each list."""
        later = [
            f"{operation.slot}/{attempt}"
            for attempt in range(operation.attempt + 1, operation.attempt + ATTEMPTS_FORGOTTEN)
        ]
        since = operation.not_made_before
        here = _in_the_ledger(await self._studio.find(self._order, forgotten=later, since=since))
        clear, seen, within = here.authoritative, here.seen, here.visible_within
        for studio, model in self._row:
            if studio is None:
                clear = False
                continue
            if studio is self._studio and model == self._order.model:
                continue
            order = self._order.model_copy(update={"model": model})
            other = await studio.find(order, forgotten=later, since=since)
            clear, seen = clear and other.authoritative, seen or other.seen
            if other.seen:
                here = here.model_copy(update={"outcome": None})
            within = max(within, other.visible_within)
        return here.model_copy(update={"seen": seen, "authoritative": clear, "visible_within": within})


def _in_the_ledger(found: JobSighting) -> Sighting:
    return Sighting(
        seen=found.seen,
        outcome=Outcome(handle=found.handle) if found.handle else None,
        authoritative=found.authoritative,
        visible_within=found.visible_within,
    )


def hash_of(order: SceneOrder | StillOrder) -> str:
    """Return the hash of an order. Of a start image the bytes count, not the place."""
    told = order.canonical_json(exclude={"operation_id": True, "start_image": {"key"}})
    return hashlib.sha256(told.encode()).hexdigest()


def studio_of(studios: Mapping[str, Studio], vendor: str) -> Studio:
    """Return the studio of a vendor. Raises `Trouble` (`vendor_down`) where it is not configured here."""
    try:
        return studios[vendor]
    except KeyError:
        raise not_configured(vendor) from None


def not_configured(vendor: str, after: timedelta | None = None) -> Trouble:
    """Return what is said of a vendor that an item was opened with and this worker has no key for."""
    return Trouble(
        Fault.VENDOR_DOWN,
        f"this worker does not know {vendor!r}, which the item was opened with; set it up again",
        after=after,
    )
