"""`receipt`: every purchase of an item, what came of it, and sums that equal the ledger's."""

from dataclasses import dataclass
from typing import Any, LiteralString

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from activities.buying.purchases import name_of
from activities.ledger import operation_rows
from activities.store import item_rows
from activities.store.database import Connection
from schema.items.stage import stages_gone_through_once
from schema.money import Book, in_words, usd
from schema.purchases.operation import Operation, OperationState
from schema.settings import Settings
from starter.console.display import console as on_the_way
from starter.console.display import paper
from starter.console.json_output import print_json
from starter.console.session import Session, connected

WASTED: LiteralString = """(operation.state = 'settled' and operation.charged_microusd > 0 and (
    operation.reason <> '' or item.ended_at is not null and not (
        exists (select 1 from published_cut where published_cut.item_id = operation.item_id
                and (published_cut.round = operation.round or operation.step = any(%(once)s)))
        or exists (select 1 from take join published_cut using (item_id, round)
                   where take.reused_from = operation.operation_id))))"""
"""What was charged and is in no published video, over `operation join item using (item_id)`. Of an item that has not
ended only what is of no use in any case. `once` is `BOUGHT_ONCE`."""
BOUGHT_ONCE = list(stages_gone_through_once())
"""The steps of purchases that serve every round, by the stage that buys them."""


@dataclass(frozen=True)
class ReceiptLine:
    """One operation, and what came of it."""

    operation: Operation
    wasted: bool
    """Charged, and in no published video."""
    ended: bool
    """True once its item has ended."""

    @property
    def use(self) -> str:
        """In a word: `used`, `wasted`, `bought` of an item that goes on, `posted`, `not bought`, or how it stands."""
        match self.operation.state:
            case OperationState.SETTLED if self.operation.kind == "publish":
                return "posted"
            case OperationState.SETTLED:
                return "wasted" if self.wasted else "used" if self.ended else "bought"
            case OperationState.RELEASED:
                return "not bought"
            case state:
                return str(state)

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        operation, charged = self.operation, self.operation.charged_microusd
        return {
            "operation_id": operation.operation_id,
            "purchase": name_of(operation.step),
            "vendor": operation.vendor,
            "model": operation.model,
            "vendors_id": operation.handle,
            "state": operation.state,
            "use": self.use,
            "book": operation.book,
            "reserved_usd": float(usd(operation.reserved_microusd)),
            "charged_usd": None if charged is None else float(usd(charged)),
            "open": operation.state not in (OperationState.SETTLED, OperationState.RELEASED),
            "reason": operation.reason,
        }


@dataclass(frozen=True)
class Receipt:
    """Everything an item bought and posted."""

    item_id: str
    book: Book
    """Of the item, and of all it buys; a purchase of the other book would be told in a sum of its own."""
    purchases: list[ReceiptLine]

    def charged_microusd(self, book: Book) -> int:
        """Return what was charged in one book."""
        operations = [purchase.operation for purchase in self.purchases]
        return sum(operation.charged_microusd or 0 for operation in operations if operation.book is book)

    def in_words(self) -> str:
        """Return the sums, one for each book that anything was bought in."""
        books = {self.book, *(purchase.operation.book for purchase in self.purchases)}
        return " and ".join(in_words(self.charged_microusd(book), book) for book in sorted(books))

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        other = next(book for book in Book if book is not self.book)
        return {
            "item_id": self.item_id,
            "book": self.book,
            "cost_usd": float(usd(self.charged_microusd(self.book))),
            "other_book_usd": float(usd(self.charged_microusd(other))),
            "operations": [purchase.as_json() for purchase in self.purchases],
        }

    def as_table(self) -> Table:
        """Return it as people read it."""
        books = {purchase.operation.book for purchase in self.purchases}
        of_one = f", {books.pop()}" if len(books) == 1 and Book.SIMULATED in books else ""
        heads = (
            "operation",
            "what",
            "vendor",
            "model",
            "vendor's id",
            f"reserved{of_one}",
            f"charged{of_one}",
            "use",
        )
        table = Table(*heads, box=None, header_style="bold")

        def told(amount: int | None, book: Book) -> str:
            if amount is None:
                return ""
            return in_words(amount, Book.USD if of_one else book)

        for purchase in self.purchases:
            operation = purchase.operation
            table.add_row(
                operation.operation_id.partition("/")[2],
                name_of(operation.step),
                operation.vendor,
                operation.model,
                escape((operation.handle or "").rpartition("#")[2]),
                told(operation.reserved_microusd, operation.book),
                told(operation.charged_microusd, operation.book),
                purchase.use + (f" ({escape(operation.reason)})" if operation.reason else ""),
            )
        return table


async def read_receipt(connection: Connection, item_id: str) -> Receipt:
    """Read a receipt. Raises `Trouble` (`bad_input`) where there is no such item."""
    row = await item_rows.get(connection, item_id)
    cursor = await connection.execute(
        f"""
        select operation.operation_id from operation join item using (item_id)
        where operation.item_id = %(item_id)s and {WASTED}
        """,
        {"item_id": item_id, "once": BOUGHT_ONCE},
    )
    wasted = {found["operation_id"] async for found in cursor}
    operations = await operation_rows.of_item(connection, item_id)
    return Receipt(
        item_id,
        row.book,
        [ReceiptLine(one, one.operation_id in wasted, row.state.ended) for one in operations],
    )


async def show_receipt(settings: Settings, item_id: str, as_json: bool) -> int:
    """Show what an item cost."""
    async with connected(settings, without_temporal=True) as session:
        if not as_json:
            await print_receipt(session, item_id, out=paper())
            return 0
        async with session.database.transaction() as connection:
            receipt = await read_receipt(connection, item_id)
    print_json(settings.home, **receipt.as_json())
    return 0


async def print_receipt(session: Session, item_id: str, out: Console = on_the_way) -> None:
    """Print the receipt of an item for a person."""
    async with session.database.transaction() as connection:
        receipt = await read_receipt(connection, item_id)
    out.print(f"\nreceipt of {item_id}: {receipt.in_words()}", highlight=False)
    if receipt.book is Book.SIMULATED:
        out.print("simulated dollars at a real vendor's prices: no money moves", highlight=False)
    out.print(receipt.as_table())
