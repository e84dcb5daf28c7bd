"""The ledger in PostgreSQL: what was reserved, how it ended, and the order to send it."""

from collections.abc import Sequence

from activities.ledger import ending, operation_rows
from activities.ledger.claiming import MayPost, nobody_approves
from activities.ledger.crash_points import OFF, CrashPoints
from activities.ledger.port import Approval, Effect, PostEffect
from activities.ledger.reserving import reserve, reserved_before
from activities.ledger.sending import Sender
from activities.store.database import Database
from schema.purchases.operation import Limits, Operation, Order, Refusal
from schema.settings import Timings


class PostgresLedger:
    """Implements the `Ledger` port. The database clock decides every deadline."""

    def __init__(
        self,
        database: Database,
        timings: Timings,
        crash_points: CrashPoints = OFF,
        *,
        may_post: MayPost = nobody_approves,
    ) -> None:
        """`may_post` is asked in the transaction that claims a post."""
        self._database = database
        self._sender = Sender(database, timings, crash_points, may_post)
        self._points = crash_points

    async def reserve(self, orders: Sequence[Order], limits: Limits | None) -> list[Operation] | Refusal:
        """Reserve all orders of one item in one transaction, or none."""
        self._points.reach("reserve.before", orders[0].slot)
        async with self._database.statements() as connection:
            if standing := await reserved_before(connection, orders):
                return standing
        async with self._database.transaction() as connection:
            answer = await reserve(connection, orders, limits)
            self._points.reach("reserve.inside", orders[0].slot)
        self._points.reach("reserve.after", orders[0].slot)
        return answer

    async def carry_out(
        self,
        operation: Operation,
        request_sha256: str,
        effect: Effect,
    ) -> Operation:
        """Send a reserved purchase, or find out what became of one that was sent; return it as it then stands."""
        return await self._sender.carry_out(operation, request_sha256, effect)

    async def publish(
        self, operation: Operation, request_sha256: str, effect: PostEffect, approval: Approval
    ) -> Operation:
        """Prepare a reserved post, store its handle, and send it; or find out what became of one that was sent."""
        return await self._sender.publish(operation, request_sha256, effect, approval)

    async def settle(self, operation_id: str, charged_microusd: int, wasted: str = "") -> Operation:
        """Write down what was really charged, and why in vain where it was. Repeating changes nothing."""
        async with self._database.statements() as connection:
            settled = await ending.settle(connection, operation_id, charged_microusd, wasted)
        self._points.reach("settle.after", settled.slot)
        return settled

    async def mark_wasted(self, operation_id: str, why: str) -> None:
        """Say why what was settled turned out to be of no use. No amount changes; repeating changes nothing."""
        async with self._database.statements() as connection:
            await ending.mark_wasted(connection, operation_id, why)

    async def release(self, operation_id: str, proof: str) -> Operation:
        """Give the reservation back, on proof that nothing was charged. Repeating changes nothing."""
        async with self._database.statements() as connection:
            return await ending.release(connection, operation_id, proof)

    async def release_if_unsent(self, operation_id: str, proof: str) -> Operation:
        """Give back a reservation that no worker has begun to send; any other stays. Return how it stands."""
        async with self._database.transaction() as connection:
            return await ending.release_if_unsent(connection, operation_id, proof)

    async def release_unsent(self, item_id: str) -> int:
        """Give back what an item reserved and never began to send."""
        async with self._database.transaction() as connection:
            return await ending.release_unsent(connection, item_id, "never sent")

    async def of_item(self, item_id: str) -> list[Operation]:
        """Return all operations of an item, oldest first."""
        async with self._database.statements() as connection:
            return await operation_rows.of_item(connection, item_id)

    async def note_post(self, operation: Operation, approval: Approval) -> None:
        """Write down where a post is to be seen. Comes after success is stored, and may be repeated."""
        async with self._database.statements() as connection:
            await connection.execute(
                """
                insert into post (operation_id, item_id, account_id, place, review_id, content_sha256, post_id, uri)
                values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing
                """,
                [
                    operation.operation_id,
                    operation.item_id,
                    operation.account_id,
                    operation.vendor,
                    approval.review_id,
                    approval.content_sha256,
                    operation.handle,
                    operation.uri or "",
                ],
            )
