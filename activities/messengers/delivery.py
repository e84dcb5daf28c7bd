"""The relay of alerts: one of the workers delivers each, at least once, with its id as the key."""

import asyncio
from datetime import timedelta

import structlog
from psycopg import Error as DatabaseError

from activities.ledger import alerts
from activities.ledger.crash_points import OFF, CrashPoints
from activities.messengers.port import Messenger
from activities.store.database import Database

_ROUNDS_CLAIMED = 3
"""For so many rounds of the relay a claimed alert is its worker's alone."""


async def relay_alerts(
    database: Database, messenger: Messenger, every: timedelta, crash_points: CrashPoints = OFF
) -> None:
    """Deliver what was raised, again and again; ends only by being cancelled."""
    while True:
        try:
            await deliver(database, messenger, every * _ROUNDS_CLAIMED, crash_points)
        except (DatabaseError, OSError) as error:
            structlog.get_logger().warning("alerts cannot be delivered now", error=str(error))
        await asyncio.sleep(every.total_seconds())


async def deliver(
    database: Database, messenger: Messenger, lease: timedelta, crash_points: CrashPoints = OFF
) -> int:
    """Deliver what nobody has yet, and no other worker has claimed; return how many alerts that were.

    A claim ends with its `lease`, so that a worker that died holds no alert back. A messenger is never asked inside a
    transaction.
    """
    delivered = 0
    while True:
        async with database.statements() as connection:
            alert = await alerts.claim_oldest(connection, lease)
        if alert is None:
            return delivered
        try:
            await messenger.tell(alert)
        except OSError:
            async with database.statements() as connection:
                await alerts.unclaim(connection, alert.alert_id)
            raise
        crash_points.reach("alert.delivered")
        async with database.statements() as connection:
            await alerts.mark_delivered(connection, alert.alert_id)
        delivered += 1
