"""`correct`: what a purchase was charged, as the vendor's own bill says."""

from activities.ledger import correcting
from schema.failure import Fault, Trouble
from schema.money import in_words
from schema.settings import Settings
from starter.context import tell
from starter.given import actor as this_person
from starter.given import dollars
from starter.session import connected


async def correct(settings: Settings, operation_id: str, charged: str, reason: str, actor: str | None) -> int:
    """Correct one charge. Raises `Trouble` (`bad_input`) where it is unknown or cannot be corrected."""
    amount = dollars(charged) or 0
    async with connected(settings) as session, session.database.transaction() as connection:
        try:
            done = await correcting.correct(connection, operation_id, amount, actor or this_person(), reason)
        except LookupError:
            raise Trouble(
                Fault.BAD_INPUT, f"nobody knows {operation_id!r}; `reelwright receipt ITEM` lists operations"
            ) from None
    tell(f"{operation_id}: charged {in_words(done.charged_microusd or 0, done.book)}, of {done.vendor}")
    return 0
