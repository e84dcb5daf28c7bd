"""Thresholds of budgets: people are told once of each that is crossed, by the transaction that crosses it.

Functions take an open transaction.
"""

from collections.abc import Iterable
from typing import Final

from activities.store import outbox
from activities.store.database import Connection
from schema.money import Book, in_words
from schema.payload import Payload
from schema.purchases.scope import ITEM, kind_of

THRESHOLDS: Final = (50, 75, 90)
"""Percent of a cap."""


class BudgetState(Payload):
    """A budget as it stands, its row held by this transaction."""

    scope: str
    book: Book
    account_id: str | None
    cap_microusd: int | None
    committed_microusd: int
    """Reserved and settled."""
    settled_microusd: int
    alerted_percent: int

    @property
    def crossed(self) -> list[int]:
        """The thresholds that are reached and were never told of.

        A budget of one item has none: it is reserved by whole rounds, so an ordinary one crosses half its cap at once.
        """
        if self.cap_microusd is None or kind_of(self.scope) == ITEM:
            return []
        reached = [
            percent for percent in THRESHOLDS if self.committed_microusd * 100 >= self.cap_microusd * percent
        ]
        return [percent for percent in reached if percent > self.alerted_percent]

    def with_more(self, reserved_microusd: int) -> "BudgetState":
        """Return it as it stands with so much more reserved."""
        return self.model_copy(update={"committed_microusd": self.committed_microusd + reserved_microusd})

    def line(self, percent: int) -> str:
        """Return the message in words."""
        committed, cap = (
            in_words(amount, self.book) for amount in (self.committed_microusd, self.cap_microusd or 0)
        )
        return f"the budget {self.scope} has passed {percent} % of its cap: {committed} of {cap} is reserved or spent"


async def note_crossed(connection: Connection, states: Iterable[BudgetState]) -> None:
    """Tell of each threshold that was crossed; nothing is asked of the database where none was."""
    for standing in states:
        for percent in standing.crossed:
            message_id = f"budget/{standing.scope}/{standing.book}/{percent}"
            await outbox.put(connection, message_id, "budget", standing.line(percent), standing.account_id)
        if standing.crossed:
            await connection.execute(
                "update budget set alerted_percent = %s where scope = %s and book = %s",
                [standing.crossed[-1], standing.scope, standing.book],
            )


async def note_crossed_by_overrun(connection: Connection, operation_id: str) -> None:
    """The same for the budgets of one operation that was charged more than it had reserved."""
    cursor = await connection.execute(
        """
        select scope, budget.book, budget.account_id, cap_microusd, alerted_percent, settled_microusd,
               budget.reserved_microusd + settled_microusd as committed_microusd
        from budget join operation on budget.scope = any(operation.scopes) and budget.book = operation.book
        where operation_id = %s order by scope
        """,
        [operation_id],
    )
    await note_crossed(connection, [BudgetState.model_validate(row) for row in await cursor.fetchall()])
