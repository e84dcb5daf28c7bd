"""`accounts add`, `accounts set`, `accounts list`."""

import json
import sys
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from rich.table import Table

from activities.store import accounts
from schema.account import Account
from schema.failure import Fault, Trouble
from schema.money import Book, in_words, usd
from schema.payload import first_problem
from schema.publication import PLACES
from schema.settings import Settings
from starter.context import tell
from starter.display import paper
from starter.given import dollars
from starter.schedules import move_schedule
from starter.session import connected
from starter.zones import check_zone


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
    async with (
        connected(settings, without_temporal=True) as session,
        session.database.transaction() as connection,
    ):
        await check_zone(connection, account.time_zone)
        await accounts.add(connection, account)
    tell(f"added {account.account_id}: at most {in_words(account.item_cap_microusd, Book.USD)} an item")
    return 0


async def change_account(settings: Settings, change: Change) -> int:
    """Change an account. Raises `Trouble` (`bad_input`) where nothing was given to change."""
    if not (given := change.fields()):
        raise Trouble(
            Fault.BAD_INPUT, "nothing to change was given; `reelwright accounts set --help` shows what can be"
        )
    async with connected(settings, without_temporal="time_zone" not in given) as session:
        async with session.database.transaction() as connection:
            before = await accounts.get(connection, change.account_id)
            after = _checked(before.model_dump() | given)
            await check_zone(connection, after.time_zone)
            await accounts.change(connection, after)
        if after.time_zone != before.time_zone:
            await move_schedule(session, after)
    tell(f"changed {change.account_id}")
    return 0


async def list_accounts(settings: Settings, as_json: bool) -> int:
    """List the accounts."""
    async with (
        connected(settings, without_temporal=True) as session,
        session.database.transaction() as connection,
    ):
        found = await accounts.all_accounts(connection)
    if as_json:
        sys.stdout.write(json.dumps([_as_json(account) for account in found], indent=2) + "\n")
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


def _checked(fields: dict[str, Any]) -> Account:
    """Return the account. Raises `Trouble` (`bad_input`) that names the field and what it takes."""
    try:
        account = Account.model_validate(fields)
    except ValidationError as error:
        raise Trouble(Fault.BAD_INPUT, first_problem(error)) from None
    if away := [platform for platform in account.platforms if platform not in PLACES]:
        raise Trouble(
            Fault.BAD_INPUT, f"nothing here can post to {away[0]!r}; --platform takes {', '.join(PLACES)}"
        )
    return account


def _as_json(account: Account) -> dict[str, Any]:
    caps = {
        "item_cap_usd": float(usd(account.item_cap_microusd)),
        "day_cap_usd": float(usd(account.day_cap_microusd)),
    }
    return account.model_dump(mode="json", exclude={"item_cap_microusd", "day_cap_microusd"}) | caps
