"""Posts, and a platform that knows its handles, for tests of the ledger."""

import asyncio
from datetime import timedelta

from activities.ledger.crash_points import OFF, CrashPoints
from activities.ledger.port import Approval, NotResolvedYet, Outcome, Sighting
from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.approvals import require_approval
from activities.store.database import Database
from schema.failure import NoEffect
from schema.purchases.operation import Operation, OperationState, Refusal
from tests.activities.ledger.scenery import HASH, Vendor, plan, post_order
from tests.timings import ALONE

QUICK = ALONE.model_copy(update={"send_deadline": timedelta(seconds=0.3)})


_POSTED = Outcome(handle="post-1", uri="memory://post", charged_microusd=0)


class Died(BaseException):
    """Where a process was killed."""


class Dies(CrashPoints):
    """A process that ends at one point."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self._at = at

    def reach(self, name: str, slot: str = "///") -> None:
        if name == self._at:
            raise Died


class Place(Vendor):
    """A platform that knows its handles: those that may be sent again make one post each."""

    def __init__(self, *, continues: bool = False) -> None:
        super().__init__()
        self.continues = continues
        self.sent: list[str] = []
        """The handle of every send that came through."""

    async def send(self, operation: Operation) -> Outcome:
        handle = operation.prepared_handle
        assert handle in self.handles
        if self.before:
            raise self.before
        if not (self.continues and handle in self.sent):
            self.effects.append(operation.operation_id)
        self.sent.append(handle or "")
        if self.after:
            raise self.after
        return _POSTED

    async def find(self, operation: Operation) -> Sighting:
        found = await super().find(operation)
        if found.outcome:
            return found.model_copy(update={"outcome": _POSTED})
        return found.model_copy(update={"may_continue": self.continues and not found.seen})


async def reserved(database: Database) -> Operation:
    answer = await PostgresLedger(database, QUICK).reserve([post_order(plan())], None)
    assert not isinstance(answer, Refusal)
    return answer[0]


async def publish(
    database: Database, approval: Approval, place: Place, points: CrashPoints = OFF
) -> Operation:
    """Try once, as one attempt of the activity does."""
    operation = await reserved(database)
    return await PostgresLedger(database, QUICK, points, may_post=require_approval).publish(
        operation, HASH, place, approval
    )


async def publish_until_known(database: Database, approval: Approval, place: Place) -> Operation:
    """Try again as Temporal does, until the outcome is known."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await publish(database, approval, place)
            except NotResolvedYet:
                await asyncio.sleep(0.05)
            except NoEffect as proof:
                if not proof.repeatable:
                    raise


async def stands(database: Database) -> OperationState:
    return (await PostgresLedger(database, QUICK).of_item(plan().item_id))[-1].state
