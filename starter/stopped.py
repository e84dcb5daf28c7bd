"""Says wherever somebody waits for it that paid calls, or posts, are stopped."""

from activities.store import switch
from activities.store.database import Connection
from starter.context import tell


async def tell_if_stopped(connection: Connection) -> None:
    """Say that nothing is bought or posted now, why, and what allows it again; nothing where it is allowed."""
    seen = await switch.read(connection)
    if seen.stopped:
        what = "nothing is bought or posted" if seen.quarantine else "nothing is bought"
        tell(f"{what} now ({seen.reason}); `reelwright resume` allows it again")
