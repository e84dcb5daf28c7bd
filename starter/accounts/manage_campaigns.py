"""`campaigns add`, `campaigns set`, `campaigns list`, `campaigns remove`."""

from typing import Any

from rich.markup import escape
from rich.table import Table

from activities.store import account_rows, campaign_rows
from activities.store.campaign_rows import Committed
from schema.failure import Fault, Trouble
from schema.items.campaign import Campaign
from schema.money import Book, in_words
from schema.payload import taken_in
from schema.settings import Settings
from starter.console.context import say
from starter.console.display import paper
from starter.console.from_database import stored
from starter.console.json_output import print_json
from starter.console.option_values import dollars


async def add_campaign(settings: Settings, name: str, account_id: str, cap: str, title: str | None) -> int:
    """Store a new campaign of an account."""
    campaign = taken_in(
        Campaign,
        {"campaign_id": name, "account_id": account_id, "title": title or name, "cap_microusd": dollars(cap)},
    )
    async with stored(settings) as connection:
        await account_rows.get(connection, account_id)
        await campaign_rows.add(connection, campaign)
    say(f"added {name}: at most {in_words(campaign.cap_microusd, Book.USD)} for all its items together")
    return 0


async def change_campaign(settings: Settings, name: str, cap: str | None, title: str | None) -> int:
    """Change cap or title. Raises `Trouble` (`bad_input`) where nothing was given to change."""
    given = {"cap_microusd": dollars(cap), "title": title}
    changed = {field: value for field, value in given.items() if value is not None}
    if not changed:
        raise Trouble(Fault.BAD_INPUT, "nothing to change was given; --cap and --title can be")
    async with stored(settings) as connection:
        before = await campaign_rows.get(connection, name)
        after = taken_in(Campaign, before.model_dump() | changed)
        await campaign_rows.change(connection, after)
    say(f"changed {name}: at most {in_words(after.cap_microusd, Book.USD)}")
    return 0


async def list_campaigns(settings: Settings, as_json: bool) -> int:
    """List the campaigns, a row for each book that was spent in."""
    async with stored(settings) as connection:
        found = await campaign_rows.all_campaigns(connection)
    if as_json:
        print_json(settings.home, campaigns=[_as_json(row) for row in found])
        return 0
    if not found:
        say("there are no campaigns; `reelwright campaigns add NAME --account ACCOUNT --cap 25.00` adds one")
        return 0
    table = Table("campaign", "account", "title", "cap", "reserved", "spent", box=None, header_style="bold")
    for row in found:
        book = row.book or Book.USD
        amounts = [in_words(amount, book) for amount in (row.reserved_microusd, row.settled_microusd)]
        campaign = row.campaign
        cap = in_words(campaign.cap_microusd, Book.USD)
        table.add_row(campaign.campaign_id, campaign.account_id, escape(campaign.title), cap, *amounts)
    paper().print(table)
    return 0


async def remove_campaign(settings: Settings, name: str) -> int:
    """Take a campaign away. Raises `Trouble` (`bad_input`) where something was made for it, or is to be made."""
    from starter.accounts.manage_schedules import (
        require_no_schedule,  # loaded late, see `starter.console.from_database`
    )
    from starter.console.session import connected

    async with connected(settings) as session, session.database.transaction() as connection:
        campaign = await campaign_rows.get(connection, name)
        await require_no_schedule(session, campaign.account_id, name)
        await campaign_rows.remove(connection, name)
    say(f"removed {name}")
    return 0


def _as_json(row: Committed) -> dict[str, Any]:
    committed = {"reserved_microusd": row.reserved_microusd, "spent_microusd": row.settled_microusd}
    return row.campaign.model_dump() | {"book": row.book or Book.USD} | committed
