"""The delivery of messages: each at least once, with its id as the key, and as often as it takes."""

import asyncio
import os
import socket
from datetime import timedelta

import structlog

from activities.ledger.crash_points import OFF, CrashPoints
from activities.messengers.port import MessageRefused, Messenger
from activities.outbound.boot_clock import since_boot
from activities.store import outbox
from activities.store.database import Database


class Delivery:
    """Delivers what is due, one message a tick. A messenger is never asked inside a transaction."""

    def __init__(
        self, database: Database, messenger: Messenger, lease: timedelta, crash_points: CrashPoints = OFF
    ) -> None:
        """`lease` is for how long a claimed message is this worker's alone."""
        self._database = database
        self._messenger = messenger
        self._lease = lease
        self._points = crash_points
        self._worker = f"{socket.gethostname()}/{os.getpid()}"

    async def tick(self) -> bool:
        """Deliver one message; say whether there was one.

        Raises `OSError` where the messenger takes nothing now: the message is due again after a rest of its own.
        """
        began = since_boot()
        async with self._database.statements() as connection:
            message = await outbox.claim_due(connection, self._worker, self._lease)
        if message is None:
            return False
        if since_boot() - began > self._lease.total_seconds():
            return True  # this process slept past its claim: another worker may be at it
        try:
            async with asyncio.timeout(self._lease.total_seconds() / 2):
                external_id = await self._messenger.tell(message)
        except MessageRefused as refused:
            structlog.get_logger().error(
                "a message was refused for good", message=message.message_id, why=str(refused)
            )
            async with self._database.statements() as connection:
                await outbox.mark_refused(connection, message.message_id, str(refused))
            return True
        except OSError:
            async with self._database.statements() as connection:
                await outbox.put_off(connection, message.message_id, self._worker)
            raise
        self._points.reach("message.delivered")
        async with self._database.statements() as connection:
            await outbox.mark_delivered(connection, message.message_id, external_id)
        return True
