"""`items`: the newest items, as the database knows them, for people and as JSON."""

from rich.markup import escape
from rich.table import Table

from activities.store import account_rows, item_rows
from schema.failure import Fault, Trouble
from schema.items.item import ItemState
from schema.items.stage import row_of
from schema.money import in_words
from schema.settings import Settings
from starter.console.context import say
from starter.console.display import paper, when
from starter.console.from_database import stored
from starter.console.json_output import print_json
from starter.console.stop_notice import tell_if_stopped


async def list_items(
    settings: Settings, account: str | None, state: str | None, most: int, as_json: bool
) -> int:
    """List the newest items. Raises `Trouble` (`bad_input`) for a state that does not exist."""
    if state is not None and state not in set(ItemState):
        raise Trouble(Fault.BAD_INPUT, f"there is no state {state!r}; there are {', '.join(ItemState)}")
    async with stored(settings) as connection:
        if account is not None:
            await account_rows.get(connection, account)
        found = await item_rows.newest(
            connection, account_id=account, state=ItemState(state) if state else None, most=most
        )
        await tell_if_stopped(connection)
    if as_json:
        print_json(settings.home, items=found)
        return 0
    if not found:
        anything = account is None and state is None
        say(
            "there are no items; `reelwright make --account ACCOUNT` makes one"
            if anything
            else "there are none"
        )
        return 0
    table = Table(box=None, header_style="bold")
    table.add_column("item", no_wrap=True)
    for name in ("state", "stage", "title", "cost", "begun", "until"):
        table.add_column(name)
    for row in found:
        table.add_row(
            row.item_id,
            row.state,
            row_of(row.stage).shown,
            escape(row.title or ""),
            in_words(row.cost_microusd, row.book),
            when(row.created_at),
            when(row.review_ends) if row.review_ends else "",
        )
    paper().print(table)
    return 0
