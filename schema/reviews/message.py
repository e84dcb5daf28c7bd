"""What people are told without having asked: written down once, and delivered until it has arrived."""

from datetime import datetime
from typing import Final, Literal

from schema.payload import Payload

MessageKind = Literal[
    "budget", "overrun", "brake", "books", "price", "vendor", "parked", "review", "fault", "ended"
]
OPERATORS: Final = "operators"
"""The recipient of what concerns all who run this installation."""


class Message(Payload):
    """One thing to know, and how far it has come."""

    message_id: str
    """What it is about, in words: equal ids are the same message, however often it is written or delivered."""
    kind: str
    """A `MessageKind`, or one that a later version writes.

    `budget`: a threshold was crossed; `overrun`: more was charged than reserved; `brake`: paid calls were stopped
    by it; `books`: a vendor's listing differs from ours; `price`: a vendor's price differs from our table;
    `vendor`: one does not accept our key or our credit; `parked`: an outcome that only a person can find out;
    `review`: something waits for a person's decision, or will not wait for long; `fault`: a bug of ours, or an
    activity that fails again and again; `ended`: an item ended otherwise than a person asked."""
    recipient: str = OPERATORS
    """Who is told: the operators, or one person."""
    account_id: str | None
    """None where it is about the whole installation."""
    line: str
    created_at: datetime
    attempts: int = 0
    """How often a worker has begun to deliver it."""
    delivered_at: datetime | None = None
    """None while it has not arrived."""
    external_id: str | None = None
    """What the messenger's other side calls it; None before it has arrived."""
    refusal: str | None = None
    """Why the messenger will never take it; None where it may still be delivered."""
