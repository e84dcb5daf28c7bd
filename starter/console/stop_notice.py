"""Tells people who wait that paid calls, or posts, are stopped."""

from activities.store import stop_switch
from activities.store.database import Connection
from starter.console.context import tell


async def tell_if_stopped(connection: Connection) -> None:
    """Say what is stopped, why, and what allows it again; nothing where nothing is."""
    if line := (await stop_switch.read(connection)).line:
        tell(line)
