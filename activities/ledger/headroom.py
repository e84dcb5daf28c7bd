"""What an item's own budget has left: asked before a person decides on another round."""

from activities.store.database import Connection
from schema.money import Book
from schema.payload import Payload
from schema.purchases.scope import ITEM, scope_name


class ItemBudget(Payload):
    """One item's cap, and what is reserved or spent of it."""

    cap_microusd: int
    committed_microusd: int

    @property
    def left_microusd(self) -> int:
        """What may still be reserved."""
        return max(self.cap_microusd - self.committed_microusd, 0)


async def budget_of_item(connection: Connection, item_id: str, book: Book, cap_microusd: int) -> ItemBudget:
    """Return an item's budget; `cap_microusd` is its cap where nothing was reserved for it yet."""
    cursor = await connection.execute(
        """
        select coalesce(cap_microusd, %(cap)s) as cap_microusd,
               reserved_microusd + settled_microusd as committed_microusd
        from budget where scope = %(scope)s and book = %(book)s
        """,
        {"scope": scope_name(ITEM, item_id), "book": book, "cap": cap_microusd},
    )
    row = await cursor.fetchone()
    return (
        ItemBudget.model_validate(row) if row else ItemBudget(cap_microusd=cap_microusd, committed_microusd=0)
    )
