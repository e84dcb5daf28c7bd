"""`accounts add`, `accounts set`, `accounts list`, `accounts show`, `accounts remove`."""

from dataclasses import dataclass
from typing import Any

from rich.table import Table

from activities.platforms.platform_registry import PLATFORMS
from activities.store import account_rows, stop_switch
from schema.failure import Fault, Trouble
from schema.items.account import Account
from schema.money import Book, in_words
from schema.payload import taken_in
from schema.settings import Settings
from starter.accounts.time_zone import check_zone
from starter.console.context import say, tell
from starter.console.display import paper
from starter.console.from_database import stored
from starter.console.json_output import print_json
from starter.console.option_values import dollars


@dataclass(frozen=True)
class Change:
    """What was given on the command line; None leaves things as they are, or as is usual."""

    account_id: str
    title: str | None
    voice: str | None
    time_zone: str | None
    platforms: list[str] | None
    item_cap: str | None
    day_cap: str | None
    review_hours: float | None

    def fields(self) -> dict[str, Any]:
        """Return what was given, as fields of an account. Raises `Trouble` for an amount that is none."""
        given = {
            "title": self.title,
            "voice": self.voice,
            "time_zone": self.time_zone,
            "platforms": tuple(self.platforms) if self.platforms else None,
            "item_cap_microusd": dollars(self.item_cap),
            "day_cap_microusd": dollars(self.day_cap),
            "review_seconds": self.review_hours * 3600 if self.review_hours else None,
        }
        return {name: value for name, value in given.items() if value is not None}


async def add_account(settings: Settings, change: Change) -> int:
    """Store a new account."""
    account = _checked({"account_id": change.account_id, "title": change.account_id} | change.fields())
    async with stored(settings) as connection:
        await check_zone(connection, account.time_zone)
        await account_rows.add(connection, account)
    say(f"added {account.account_id}: {_caps(account)}")
    return 0


async def change_account(settings: Settings, change: Change) -> int:
    """Change an account. Raises `Trouble` (`bad_input`) where nothing was given to change."""
    if not (given := change.fields()):
        raise Trouble(
            Fault.BAD_INPUT, "nothing to change was given; `reelwright accounts set --help` shows what can be"
        )
    async with stored(settings) as connection:
        before = await account_rows.get(connection, change.account_id)
        after = _checked(before.model_dump() | given)
        await check_zone(connection, after.time_zone)
        await account_rows.change(connection, after)
        if after.time_zone != before.time_zone:
            from starter.accounts.manage_schedules import move_schedule
            from starter.console.session import connected

            async with connected(settings) as session:
                await move_schedule(session, after)
    say(f"changed {change.account_id}: {_caps(after)}")
    return 0


async def list_accounts(settings: Settings, as_json: bool) -> int:
    """List the accounts."""
    async with stored(settings) as connection:
        found = await account_rows.all_accounts(connection)
        stopped = await stop_switch.read(connection)
    if as_json:
        print_json(settings.home, accounts=[_as_json(account) for account in found], paid_calls=stopped)
        return 0
    if stopped.line:
        tell(stopped.line)
    if not found:
        say("there are no accounts; `reelwright accounts add NAME` adds one")
        return 0
    table = Table(
        "account", "title", "time zone", "platforms", "an item", "a day", box=None, header_style="bold"
    )
    for account in found:
        table.add_row(
            account.account_id,
            account.title,
            account.time_zone,
            ", ".join(account.platforms),
            in_words(account.item_cap_microusd, Book.USD),
            in_words(account.day_cap_microusd, Book.USD),
        )
    paper().print(table)
    return 0


async def show_account(settings: Settings, account_id: str, as_json: bool) -> int:
    """Show one account in full."""
    async with stored(settings) as connection:
        account = await account_rows.get(connection, account_id)
    if as_json:
        print_json(settings.home, account=_as_json(account))
        return 0
    review = f"{account.review.total_seconds() / 3600:g} hours" if account.review else "as long as usual"
    lines = {
        "account": account.account_id,
        "title": account.title,
        "voice": account.voice,
        "time zone": account.time_zone,
        "posts to": ", ".join(account.platforms),
        "caps": _caps(account),
        "review": review,
    }
    for name, said in lines.items():
        if said:
            say(f"{name:<9} {said}")
    return 0


async def remove_account(settings: Settings, account_id: str) -> int:
    """Take an account away. Raises `Trouble` (`bad_input`) where something was made for it, or is to be made."""
    from starter.accounts.manage_schedules import (
        require_no_schedule,  # loaded late, see `starter.console.from_database`
    )
    from starter.console.session import connected

    async with connected(settings) as session, session.database.transaction() as connection:
        await account_rows.get(connection, account_id)
        await require_no_schedule(session, account_id)
        await account_rows.remove(connection, account_id)
    say(f"removed {account_id}")
    return 0


def _checked(fields: dict[str, Any]) -> Account:
    """Return the account. Raises `Trouble` (`bad_input`) that names the field and what it takes."""
    account = taken_in(Account, fields)
    if away := [platform for platform in account.platforms if platform not in PLATFORMS]:
        raise Trouble(
            Fault.BAD_INPUT, f"nothing here can post to {away[0]!r}; --platform takes {', '.join(PLATFORMS)}"
        )
    return account


def _caps(account: Account) -> str:
    """Return an account's caps in words."""
    item, day = (in_words(cap, Book.USD) for cap in (account.item_cap_microusd, account.day_cap_microusd))
    return f"at most {item} an item and {day} a day"


def _as_json(account: Account) -> dict[str, Any]:
    return account.model_dump() | {"book": Book.USD}
