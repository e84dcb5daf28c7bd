"""What a person gives on the command line: an amount, and who they are."""

import getpass

from schema.failure import Fault, Trouble
from schema.money import microusd


def dollars(text: str | None) -> int | None:
    """Return an amount from the command line in micro-dollars. Raises `Trouble` (`bad_input`)."""
    if text is None:
        return None
    try:
        return microusd(text.removeprefix("$"))
    except ValueError as error:
        raise Trouble(Fault.BAD_INPUT, str(error)) from None


def actor() -> str:
    """Return who is at this terminal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
