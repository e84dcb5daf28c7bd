"""The outbox: all that people are told, written in the transaction of what it tells of, and delivered from there.

Functions take an open transaction or connection.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import LiteralString

from activities.store.database import Connection
from schema.payload import Payload
from schema.reviews.message import OPERATORS, Message, MessageKind

FIRST_REST = timedelta(seconds=5)
"""After the first delivery that failed; it doubles with each further one."""
LONGEST_REST = timedelta(hours=1)
_DOUBLED_AT_MOST = 20
_COLUMNS = (
    "message_id, kind, recipient, account_id, line, created_at, attempts, delivered_at, external_id, refusal"
)


class Backlog(Payload):
    """What has not arrived."""

    waiting: int
    waiting_since: datetime | None
    """When the oldest message was written that has not arrived, and may still do so."""
    refused: int
    """How many the messenger has refused for good lately."""
    refusal: str | None
    """Its reason, of the newest."""


async def put(
    connection: Connection,
    message_id: str,
    kind: MessageKind,
    line: str,
    account_id: str | None = None,
    recipient: str = OPERATORS,
) -> bool:
    """Write a message down unless it was before; say whether it is new."""
    cursor = await connection.execute(
        """
        insert into outbox (message_id, kind, recipient, account_id, line) values (%s, %s, %s, %s, %s)
        on conflict do nothing returning message_id
        """,
        [message_id, kind, recipient, account_id, line[:2000]],
    )
    return await cursor.fetchone() is not None


async def claim_due(connection: Connection, worker: str, lease: timedelta) -> Message | None:
    """Claim the oldest message that is due and that no other worker delivers; None where there is none.

    A claim ends with its `lease`, so that a worker that died holds nothing back.
    """
    cursor = await connection.execute(
        f"""
        update outbox
        set claimed_by = %s, claimed_until = clock_timestamp() + %s, attempts = attempts + 1
        where message_id = (
            select message_id from outbox
            where delivered_at is null and refusal is null and next_attempt_at <= clock_timestamp()
              and coalesce(claimed_until < clock_timestamp(), true)
            order by created_at, message_id limit 1 for update skip locked)
        returning {_COLUMNS}
        """,
        [worker, lease],
    )
    row = await cursor.fetchone()
    return Message.model_validate(row) if row else None


async def put_off(connection: Connection, message_id: str, worker: str) -> None:
    """Give a claim back: the message is due again after a rest that doubles with each attempt."""
    await connection.execute(
        """
        update outbox set claimed_by = null, claimed_until = null, next_attempt_at = clock_timestamp()
            + least(%s * power(2, least(greatest(attempts - 1, 0), %s)), %s)
        where message_id = %s and claimed_by = %s and delivered_at is null
        """,
        [FIRST_REST, _DOUBLED_AT_MOST, LONGEST_REST, message_id, worker],
    )


async def mark_delivered(connection: Connection, message_id: str, external_id: str) -> None:
    """Write down that it has arrived, and under which name. Repeating changes nothing."""
    await connection.execute(
        """
        update outbox set delivered_at = clock_timestamp(), external_id = %s, refusal = null
        where message_id = %s and delivered_at is null
        """,
        [external_id, message_id],
    )


async def mark_refused(connection: Connection, message_id: str, why: str) -> None:
    """Write down that the messenger will never take it: it is not tried again."""
    await connection.execute(
        "update outbox set refusal = %s where message_id = %s and delivered_at is null",
        [why[:500], message_id],
    )


async def backlog(connection: Connection, lately: timedelta) -> Backlog:
    """Return what has not arrived, and what was refused for good of the messages written `lately`."""
    cursor = await connection.execute(
        """
        select count(*) filter (where refusal is null) as waiting,
               min(created_at) filter (where refusal is null) as waiting_since,
               count(*) filter (where refusal is not null and created_at > now() - %(lately)s) as refused,
               (select refusal from outbox where refusal is not null and created_at > now() - %(lately)s
                order by created_at desc limit 1) as refusal
        from outbox where delivered_at is null
        """,
        {"lately": lately},
    )
    return Backlog.model_validate(await cursor.fetchone())


async def still_true(connection: Connection, most: int) -> list[Message]:
    """Return the newest messages, newest first, without those of reviews that were closed since."""
    return await _read(
        connection,
        """
        where kind <> 'review' or exists (
            select 1 from review where state = 'open'
                and starts_with(message_id, concat_ws('/', 'review', item_id, round, gate)))
        order by created_at desc, message_id desc limit %s
        """,
        [most],
    )


async def newest(connection: Connection, most: int) -> list[Message]:
    """Return the newest messages, newest first."""
    return await _read(connection, "order by created_at desc, message_id desc limit %s", [most])


async def _read(connection: Connection, which: LiteralString, values: Sequence[object]) -> list[Message]:
    cursor = await connection.execute(f"select {_COLUMNS} from outbox {which}", values)
    return [Message.model_validate(row) async for row in cursor]
