"""`correct`: what a purchase was charged, as the vendor's own bill says."""

from activities.ledger import correcting, operation_rows
from schema.failure import Fault, Trouble
from schema.money import in_words
from schema.settings import Settings
from starter.console.context import say
from starter.console.from_database import stored
from starter.console.option_values import actor as this_person
from starter.console.option_values import dollars


async def correct(
    settings: Settings, operation_id: str, charged: str, reason: str, actor: str | None, *, sure: bool
) -> int:
    """Correct one charge.

    Raises `Trouble` (`bad_input`) where it is unknown or cannot be corrected, and for more than was reserved, which
    may be a slip and counts against every cap, unless the person is `sure`.
    """
    amount = dollars(charged) or 0
    async with stored(settings) as connection:
        try:
            reserved = await operation_rows.operation(connection, operation_id)
            if amount > reserved.reserved_microusd and not sure:
                most = in_words(reserved.reserved_microusd, reserved.book)
                raise Trouble(
                    Fault.BAD_INPUT,
                    f"{in_words(amount, reserved.book)} is more than the {most} reserved for {operation_id!r}; "
                    "if the bill says so, add --yes",
                )
            done = await correcting.correct(connection, operation_id, amount, actor or this_person(), reason)
        except LookupError:
            raise Trouble(
                Fault.BAD_INPUT,
                f"there is no operation {operation_id!r}; `reelwright receipt ITEM` lists operations",
            ) from None
    say(f"{operation_id}: charged {in_words(done.charged_microusd or 0, done.book)}, of {done.vendor}")
    return 0
