"""The relay of alerts: delivers each until somebody has it, at least once, with its id as the key."""

import asyncio
from datetime import timedelta

import structlog
from psycopg import Error as DatabaseError

from activities.ledger import alerts
from activities.ledger.crash_points import OFF, CrashPoints
from activities.messengers.port import Messenger
from activities.store.database import Database


async def relay_alerts(
    database: Database, messenger: Messenger, every: timedelta, crash_points: CrashPoints = OFF
) -> None:
    """Deliver what was raised, again and again; ends only by being cancelled."""
    while True:
        try:
            await deliver(database, messenger, crash_points)
        except (DatabaseError, OSError) as error:
            structlog.get_logger().warning("alerts cannot be delivered now", error=str(error))
        await asyncio.sleep(every.total_seconds())


async def deliver(database: Database, messenger: Messenger, crash_points: CrashPoints = OFF) -> int:
    """Deliver what nobody has yet; return how many that were. A messenger is never asked inside a transaction."""
    async with database.statements() as connection:
        waiting = await alerts.undelivered(connection)
    for alert in waiting:
        await messenger.tell(alert)
        crash_points.reach("alert.delivered")
        async with database.statements() as connection:
            await alerts.mark_delivered(connection, alert.alert_id)
    return len(waiting)
