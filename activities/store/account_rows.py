"""Accounts in the database."""

import psycopg

from activities.store.database import Connection
from activities.store.removal import delete_unused
from schema.failure import Fault, Trouble
from schema.items.account import Account

_COLUMNS = (
    """account_id, title, voice, time_zone, platforms, item_cap_microusd, day_cap_microusd, review_seconds"""
)


async def add(connection: Connection, account: Account) -> None:
    """Store a new account. Raises `Trouble` (`bad_input`) where the name is taken."""
    try:
        await connection.execute(
            f"""
            insert into account ({_COLUMNS})
            values (%(account_id)s, %(title)s, %(voice)s, %(time_zone)s, %(platforms)s, %(item_cap_microusd)s,
                    %(day_cap_microusd)s, %(review_seconds)s)
            """,
            account.model_dump() | {"platforms": list(account.platforms)},
        )
    except psycopg.errors.UniqueViolation:
        raise Trouble(
            Fault.BAD_INPUT, f"there is already an account {account.account_id!r}; choose another name"
        ) from None


async def change(connection: Connection, account: Account) -> None:
    """Store new settings of an account; running items keep their plan, but the day's cap holds at once."""
    await connection.execute(
        """
        update account set title = %(title)s, voice = %(voice)s, time_zone = %(time_zone)s, platforms = %(platforms)s,
            item_cap_microusd = %(item_cap_microusd)s, day_cap_microusd = %(day_cap_microusd)s,
            review_seconds = %(review_seconds)s
        where account_id = %(account_id)s
        """,
        account.model_dump() | {"platforms": list(account.platforms)},
    )


async def get(connection: Connection, account_id: str) -> Account:
    """Return an account. Raises `Trouble` (`bad_input`) where there is none."""
    cursor = await connection.execute(f"select {_COLUMNS} from account where account_id = %s", [account_id])
    row = await cursor.fetchone()
    if row is None:
        raise Trouble(
            Fault.BAD_INPUT,
            f"there is no account {account_id!r}; `reelwright accounts list` shows them, `accounts add` makes one",
        )
    return Account.model_validate(row)


async def ensure(connection: Connection, account: Account) -> None:
    """Store the account unless there is one of that name."""
    cursor = await connection.execute("select 1 from account where account_id = %s", [account.account_id])
    if await cursor.fetchone() is None:
        await add(connection, account)


async def all_accounts(connection: Connection) -> list[Account]:
    """Return all accounts, by name."""
    cursor = await connection.execute(f"select {_COLUMNS} from account order by account_id")
    return [Account.model_validate(row) async for row in cursor]


async def remove(connection: Connection, account_id: str) -> None:
    """Take an account away. Raises `Trouble` (`bad_input`) where anything was ever made for it: that stays."""
    await get(connection, account_id)
    await delete_unused(connection, "account", account_id, "items, budgets or campaigns")
