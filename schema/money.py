"""Money: integer micro-dollars inside, decimal dollars only where people and JSON meet them."""

from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal, InvalidOperation
from enum import StrEnum

MICROUSD_PER_USD = 1_000_000
_NANO = Decimal("0.000000001")
MOST_USD = 1_000_000
"""No amount that a person writes is larger; a typing error may be."""


class Book(StrEnum):
    """Whose money an amount is. Books never mix in a cap, a sum or a receipt."""

    USD = "usd"
    """Real dollars, charged by a real vendor."""
    SIMULATED = "simulated"
    """What the offline vendors charge: no money moves."""


def microusd(usd: Decimal | str) -> int:
    """Return decimal dollars as micro-dollars, rounded up: a reservation must never be too small.

    What lies beyond the ninth decimal is noise of a float in a vendor's JSON, 0.8400000000000001 for 0.168 * 5, and
    no fraction that is charged.

    Raises `ValueError` for what is no finite amount of zero or more, or more than `MOST_USD`.
    """
    try:
        amount = Decimal(usd)
    except InvalidOperation:
        raise ValueError(f"{usd!r} is no amount of dollars; write it like 2.50") from None
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{usd!r} is no amount of dollars; write it like 2.50")
    if amount > MOST_USD:
        raise ValueError(f"{str(usd)!r} is too much; at most {MOST_USD}")
    amount = amount.quantize(_NANO, rounding=ROUND_HALF_EVEN)
    return int((amount * MICROUSD_PER_USD).to_integral_value(rounding=ROUND_CEILING))


def usd(amount_microusd: int) -> Decimal:
    """Return micro-dollars as exact decimal dollars."""
    return Decimal(amount_microusd) / MICROUSD_PER_USD


def in_words(amount_microusd: int, book: Book) -> str:
    """Return an amount as people read it: `$1.50`, or `$1.50 simulated`."""
    exact = usd(amount_microusd).normalize()
    cents = exact.quantize(Decimal("0.01"))
    told = cents if cents == exact else exact
    return f"${told}" if book is Book.USD else f"${told} simulated"
