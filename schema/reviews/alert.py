"""What a person should know of without having asked: written once, retried until delivered."""

from datetime import datetime
from typing import Literal

from schema.payload import Payload

AlertKind = Literal[
    "budget", "overrun", "brake", "books", "price", "vendor", "parked", "review", "fault", "ended"
]


class Alert(Payload):
    """One thing to know."""

    alert_id: str
    """What it is about, in words: equal ids are the same alert, however often it is raised or delivered."""
    kind: AlertKind
    """`budget`: a threshold was crossed; `overrun`: more was charged than reserved; `brake`: paid calls were stopped
    by it; `books`: a vendor's listing differs from ours; `price`: a vendor's price differs from our table;
    `vendor`: one does not accept our key or our credit; `parked`: an outcome that only a person can find out;
    `review`: something waits for a person's decision, or will not wait for long; `fault`: a bug of ours, or an
    activity that fails again and again; `ended`: an item ended otherwise than a person asked."""
    account_id: str | None
    """None where it is about the whole installation."""
    line: str
    created_at: datetime
    delivered_at: datetime | None = None
    """None until it is delivered."""
