"""The effect of ordering one scene: how it is sent, and how it is looked for at whoever may have been asked."""

import hashlib
from collections.abc import Sequence

from activities.ledger.port import Outcome, Sighting
from activities.studios.port import Studio
from schema.operation import Operation
from schema.scene import SceneOrder

ATTEMPTS_FORGOTTEN = 4
"""How many attempts after the last one that a backup knows are looked for."""


class Ordering:
    """Implements the ledger's `Effect`. `row` is everybody who may be asked for the scene, with the model there."""

    def __init__(
        self,
        studio: Studio,
        order: SceneOrder,
        start_image: str | None,
        row: Sequence[tuple[Studio, str]],
    ) -> None:
        self._studio = studio
        self._order = order
        self._start_image = start_image
        self._row = row

    async def send(self, operation: Operation) -> Outcome:
        return Outcome(handle=await self._studio.submit(self._order, self._start_image))

    async def find(self, operation: Operation) -> Sighting:
        seen = await self._studio.find(self._order)
        return Sighting(
            seen=seen.seen,
            outcome=Outcome(handle=seen.handle) if seen.handle else None,
            authoritative=seen.authoritative,
            visible_within=seen.visible_within,
        )

    async def find_forgotten(self, operation: Operation) -> Sighting:
        """Look for this attempt and some later ones, at everybody who may have been asked."""
        here = await self.find(operation)
        clear, seen, within = here.authoritative, here.seen, here.visible_within
        for studio, model in self._row:
            for ahead in range(ATTEMPTS_FORGOTTEN):
                attempt = f"{operation.slot}/{operation.attempt + ahead}"
                if (attempt, model) == (operation.operation_id, operation.model) and studio is self._studio:
                    continue
                order = self._order.model_copy(update={"operation_id": attempt, "model": model})
                other = await studio.find(order)
                clear, seen = clear and other.authoritative, seen or other.seen
                if other.seen:
                    here = here.model_copy(update={"outcome": None})
                within = max(within, other.visible_within)
        return here.model_copy(update={"seen": seen, "authoritative": clear, "visible_within": within})


def hash_of(order: SceneOrder) -> str:
    """Return the hash of all that a vendor is asked for: of a start image the bytes count, and not where they lie."""
    exclude: dict[str, bool | set[str]] = {"operation_id": True, "start_image": {"key"}}
    return hashlib.sha256(order.model_dump_json(exclude=exclude, exclude_none=True).encode()).hexdigest()
