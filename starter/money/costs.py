"""`costs`: what was charged, reserved and wasted, added up."""

import csv
import sys
from typing import LiteralString

from psycopg.types.json import Jsonb
from rich.markup import escape
from rich.table import Table

from activities.buying.purchases import NAMES, WORDS
from activities.store.database import Connection
from schema.money import Book, in_words
from schema.payload import Payload
from schema.settings import Settings
from starter.console.context import say
from starter.console.display import paper
from starter.console.from_database import stored
from starter.console.json_output import plain, print_json
from starter.money.receipt import BOUGHT_ONCE, WASTED

_GROUPS: dict[str, LiteralString] = {
    "day": """coalesce(
        (select substr(scope, 5) from unnest(operation.scopes) as scope where starts_with(scope, 'day:')),
        to_char(operation.created_at at time zone
            (select value #>> '{}' from configuration where key = 'budget_time_zone'), 'YYYY-MM-DD'))""",
    "account": "operation.account_id",
    "campaign": "coalesce(item.campaign_id, '')",
    "format": "item.format",
    "vendor": "operation.vendor",
    "purchase": "coalesce(%(names)s::jsonb ->> operation.step, %(words)s)",
}


class Cost(Payload):
    """What one group of operations cost, in micro-dollars of one book."""

    group: str
    book: Book
    operations: int
    charged_microusd: int
    reserved_microusd: int
    """Reserved, and neither charged nor given back yet."""
    wasted_microusd: int
    """Charged, and of no use."""


async def read_costs(connection: Connection, by: str) -> list[Cost]:
    """Add up operations by a key of `_GROUPS`. The books never mix: each group has a row a book.

    A day is the one whose budget an operation was reserved on: its sums are that budget's, whenever it ended.
    """
    cursor = await connection.execute(
        f"""
        select {_GROUPS[by]} as group, operation.book as book, count(*) as operations,
            coalesce(sum(charged_microusd), 0)::bigint as charged_microusd,
            coalesce(sum(reserved_microusd) filter (
                where operation.state not in ('settled', 'released')), 0)::bigint as reserved_microusd,
            coalesce(sum(charged_microusd) filter (where {WASTED}), 0)::bigint as wasted_microusd
        from operation join item using (item_id)
        left join take on take.operation_id = operation.operation_id
        where operation.kind = 'paid'
        group by 1, 2 order by 1, 2
        """,
        {"names": Jsonb(NAMES), "words": WORDS, "once": BOUGHT_ONCE},
    )
    return [Cost.model_validate(row) async for row in cursor]


async def show_costs(settings: Settings, by: str, as_csv: bool, as_json: bool) -> int:
    """Show what was spent; CSV and JSON have the same names."""
    async with stored(settings) as connection:
        found = await read_costs(connection, by)
    if as_json or as_csv:
        rows = [{by: cost.group} | plain(cost) for cost in found]
        names = [by, "book", "operations", "charged_usd", "reserved_usd", "wasted_usd"]
        told = [{name: row[name] for name in names} for row in rows]
        if as_json:
            print_json(settings.home, by=by, costs=told)
        else:
            writer = csv.DictWriter(sys.stdout, names)
            writer.writeheader()
            writer.writerows(told)
        return 0
    if not found:
        say("nothing was bought yet")
        return 0
    table = Table(by, "operations", "charged", "reserved", "wasted", box=None, header_style="bold")
    for cost in found:
        amounts = (cost.charged_microusd, cost.reserved_microusd, cost.wasted_microusd)
        table.add_row(
            escape(cost.group), str(cost.operations), *(in_words(amount, cost.book) for amount in amounts)
        )
    paper().print(table)
    return 0
