"""Brakes (reliability.md 7.10): limits on calls a minute and on attempts of one purchase."""

from datetime import timedelta

from activities.ledger.port import NotResolvedYet
from activities.store.database import Connection
from schema.failure import Fault, Trouble

MOST_ATTEMPTS = 300
"""At one thing of an item, those that were never sent not counted. A vendor that is down is asked every five minutes
in the end, so this takes a day."""
LOOK_AGAIN_S = 5.0


async def are_too_many(connection: Connection, slot: str, attempt: int) -> bool:
    """True where so many of a slot's earlier attempts were sent that this one is one too many."""
    if attempt <= MOST_ATTEMPTS:
        return False
    cursor = await connection.execute(
        "select count(*) as sent from operation where slot = %s and send_before is not null", [slot]
    )
    row = await cursor.fetchone()
    return row is not None and row["sent"] >= MOST_ATTEMPTS


async def require_few_attempts(connection: Connection, slot: str, attempt: int) -> None:
    """Raise `Trouble` (`vendor_failed`) for an attempt that is one too many."""
    if await are_too_many(connection, slot, attempt):
        raise Trouble(
            Fault.VENDOR_FAILED,
            f"{slot!r} was tried {MOST_ATTEMPTS} times in vain, so it is given up; `receipt` says why each failed",
        )


async def require_pace(connection: Connection, send_deadline: timedelta) -> None:
    """Raise `NotResolvedYet` where as many calls that cost dollars were begun within the last minute as are allowed.

    `send_deadline` is how long after its beginning a call may still be sent, by which its row is dated.
    """
    cursor = await connection.execute(
        """
        select most, begun
        from (select (value #>> '{}')::bigint as most from configuration where key = 'paid_calls_a_minute') as allowed,
             (select count(*) as begun from operation
              where kind = 'paid' and book = 'usd' and send_before > now() + %s - interval '1 minute') as counted
        where begun >= most
        """,
        [send_deadline],
    )
    if row := await cursor.fetchone():
        raise NotResolvedYet(
            f"{row['begun']} paid calls were begun within a minute, and {row['most']} are allowed "
            "(`reelwright caps --calls-a-minute`); waiting",
            LOOK_AGAIN_S,
        )
