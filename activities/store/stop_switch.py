"""The stop switch: whether anything may be bought, and after a restore whether anything may be posted.

Functions take an open connection. It keeps every reason that it was given, until a person resumes, who is told them.
"""

from typing import Literal

from activities.store.database import Connection
from schema.failure import Fault, Trouble
from schema.payload import Payload

_MOST = 1500
"""Characters of earlier reasons that are kept beside a new one."""


class Switch(Payload):
    """The switch as it stands."""

    stopped: bool
    reason: str = ""
    quarantine: bool = False
    """True after a restore: posts are held as well."""

    @property
    def line(self) -> str:
        """What is stopped, why, and what allows it again; empty where nothing is."""
        if not self.stopped:
            return ""
        held = "paid calls and posts are" if self.quarantine else "paid calls are"
        return f"{held} stopped ({self.reason}); `reelwright resume` allows them"


async def read(connection: Connection) -> Switch:
    """Return the switch. Raises `Trouble` (`bad_input`) where the database has none."""
    cursor = await connection.execute("select value from configuration where key = 'paid_calls'")
    row = await cursor.fetchone()
    if row is None:
        raise Trouble(Fault.BAD_INPUT, "the database has no stop switch; run ./reelwright migrate")
    return Switch.model_validate(row["value"])


async def require_open(connection: Connection, kind: Literal["paid", "publish"]) -> None:
    """Raise `Trouble` (`paused`) while nothing of this kind may be sent."""
    switch = await read(connection)
    if switch.stopped and (kind == "paid" or switch.quarantine):
        raise Trouble(Fault.PAUSED, switch.line)


async def stop(connection: Connection, reason: str, *, quarantine: bool = False) -> bool:
    """Stop paid calls, with `quarantine` posts too; say whether they were stopped before.

    What they were stopped for before stays, and this is added to it.
    """
    cursor = await connection.execute(
        """
        with before as (
            select value, coalesce((value ->> 'stopped')::boolean, false) as stopped,
                   coalesce(value ->> 'reason', '') as reason
            from configuration where key = 'paid_calls' for update
        )
        update configuration
        set value = before.value || jsonb_build_object(
                'stopped', true,
                'quarantine', %(quarantine)s or coalesce((before.value ->> 'quarantine')::boolean, false),
                'reason', case when not stopped or reason = '' then %(reason)s
                               when position(%(reason)s in reason) > 0 then reason
                               else left(reason, %(most)s) || '; ' || %(reason)s end),
            updated_at = now()
        from before where key = 'paid_calls'
        returning before.stopped as was_stopped
        """,
        {"reason": reason, "quarantine": quarantine, "most": _MOST},
    )
    row = await cursor.fetchone()
    if row is None:
        raise Trouble(Fault.BAD_INPUT, "the database has no stop switch; run ./reelwright migrate")
    return row["was_stopped"]


async def resume(connection: Connection, seen: Switch, actor: str) -> None:
    """Allow everything again, where the switch still is what a person was shown.

    Raises `Trouble` (`bad_input`) where a reason was added meanwhile: no person has looked into that one.
    """
    cursor = await connection.execute(
        """
        update configuration
        set value = jsonb_build_object('stopped', false, 'reason', '', 'resumed_by', %s::text), updated_at = now()
        where key = 'paid_calls' and coalesce((value ->> 'stopped')::boolean, false) = %s
          and coalesce(value ->> 'reason', '') = %s
        returning key
        """,
        [actor, seen.stopped, seen.reason],
    )
    if await cursor.fetchone() is None:
        now = await read(connection)
        raise Trouble(Fault.BAD_INPUT, f"not resumed, for meanwhile there is more to look into: {now.reason}")
