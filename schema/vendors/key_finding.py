"""What a free question to a vendor says about our key."""

from typing import Literal

from schema.payload import Payload


class KeyFinding(Payload):
    """One vendor's answer."""

    vendor: str
    state: Literal["ok", "refused", "unreachable"]
    """`refused`: the vendor itself says no, and a person must look; `unreachable`: no useful answer came."""
    says: str
    """One line for a person, without the key."""
