"""Reserve the money of a round before anything of it is ordered: all of it, or none."""

from temporalio import activity

from activities.ledger.port import Ledger
from schema.items.item import Reserved, ReviewRef, RoundRequest
from schema.purchases.operation import Refusal


class Reserving:
    """Reserving, given the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @activity.defn(name="reserve_round")
    async def reserve_round(self, request: RoundRequest) -> Reserved:
        """Reserve every scene of a round in one transaction; a refusal is an answer, not an error."""
        answer = await self._ledger.reserve(request.orders, request.limits)
        return Reserved(refusal=answer if isinstance(answer, Refusal) else None)

    @activity.defn(name="release_round")
    async def release_round(self, ref: ReviewRef) -> int:
        """Give back what was reserved for a round that was not made and never sent; return how many that were."""
        return await self._ledger.release_unsent(ref.item_id)
