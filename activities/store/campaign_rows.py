"""Campaigns in the database."""

import psycopg

from activities.store.database import Connection
from activities.store.removal import delete_unused
from schema.failure import Fault, Trouble
from schema.items.campaign import Campaign
from schema.money import Book
from schema.payload import Payload

_COLUMNS = "campaign_id, account_id, title, cap_microusd"


class Committed(Payload):
    """A campaign and what its items have reserved and spent in one book."""

    campaign: Campaign
    book: Book | None
    """None where nothing was ever reserved for it."""
    reserved_microusd: int = 0
    settled_microusd: int = 0


def no_campaign(account_id: str, campaign_id: str | None) -> str:
    """Return the line for a campaign that the account does not have."""
    shows = "`reelwright campaigns list` shows them, `campaigns add` makes one"
    return f"{account_id!r} has no campaign {campaign_id!r}; {shows}"


async def add(connection: Connection, campaign: Campaign) -> None:
    """Store a new campaign. Raises `Trouble` (`bad_input`) where the name is taken."""
    try:
        await connection.execute(
            f"insert into campaign ({_COLUMNS}) values (%(campaign_id)s, %(account_id)s, %(title)s, %(cap_microusd)s)",
            campaign.model_dump(),
        )
    except psycopg.errors.UniqueViolation:
        raise Trouble(
            Fault.BAD_INPUT, f"there is already a campaign {campaign.campaign_id!r}; choose another name"
        ) from None


async def change(connection: Connection, campaign: Campaign) -> None:
    """Store another title or cap. A cap below what is committed freezes the campaign; it rewrites no history."""
    await connection.execute(
        "update campaign set title = %(title)s, cap_microusd = %(cap_microusd)s where campaign_id = %(campaign_id)s",
        campaign.model_dump(),
    )


async def get(connection: Connection, campaign_id: str) -> Campaign:
    """Return a campaign. Raises `Trouble` (`bad_input`) where there is none."""
    cursor = await connection.execute(
        f"select {_COLUMNS} from campaign where campaign_id = %s", [campaign_id]
    )
    row = await cursor.fetchone()
    if row is None:
        raise Trouble(
            Fault.BAD_INPUT, f"there is no campaign {campaign_id!r}; `reelwright campaigns list` shows them"
        )
    return Campaign.model_validate(row)


async def of_account(connection: Connection, campaign_id: str, account_id: str) -> Campaign:
    """Return a campaign of this account. Raises `Trouble` (`bad_input`) where it has none of that name."""
    cursor = await connection.execute(
        f"select {_COLUMNS} from campaign where campaign_id = %s and account_id = %s",
        [campaign_id, account_id],
    )
    row = await cursor.fetchone()
    if row is None:
        raise Trouble(Fault.BAD_INPUT, no_campaign(account_id, campaign_id))
    return Campaign.model_validate(row)


async def all_campaigns(connection: Connection) -> list[Committed]:
    """Return all campaigns by name, with a row for each book that anything was committed in."""
    cursor = await connection.execute(
        """
        select campaign_id, campaign.account_id, title, campaign.cap_microusd, book,
               coalesce(reserved_microusd, 0) as reserved_microusd, coalesce(settled_microusd, 0) as settled_microusd
        from campaign left join budget on scope = 'campaign:' || campaign_id
        order by campaign_id, book
        """
    )
    return [Committed.model_validate({**row, "campaign": row}) async for row in cursor]


async def remove(connection: Connection, campaign_id: str) -> None:
    """Take a campaign away. Raises `Trouble` (`bad_input`) where anything was ever made for it: that stays."""
    await get(connection, campaign_id)
    await delete_unused(connection, "campaign", campaign_id, "items")
