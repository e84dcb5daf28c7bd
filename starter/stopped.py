"""Says wherever somebody waits for it that paid calls, or posts, are stopped."""

from activities.store import switch
from activities.store.database import Connection
from starter.context import tell


async def tell_if_stopped(connection: Connection) -> None:
    """Say what is stopped, why, and what allows it again; nothing where nothing is."""
    if line := (await switch.read(connection)).line:
        tell(line)
