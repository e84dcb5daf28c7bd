"""Signed, expiring addresses of stored files, for a storage that has no server of its own."""

import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

PREFIX = "/files/"
LONGEST = timedelta(days=7)
"""What S3 signs for at most (Signature Version 4), so that a change of storage changes no promise."""


class NotSigned(Exception):
    """An address that storage did not sign, or whose time is over."""


def signed(secret: bytes, key: str, now: datetime, lifetime: timedelta) -> str:
    """Return the path and query under which a door serves the file until `now` plus `lifetime`.

    Raises `ValueError` for a lifetime that is not between a second and a week.
    """
    if not timedelta(seconds=1) <= lifetime <= LONGEST:
        raise ValueError(f"an address lives between a second and {LONGEST.days} days, not {lifetime}")
    expires = int((now + lifetime).timestamp())
    query = urlencode({"expires": expires, "signature": _signature(secret, key, expires)})
    return f"{PREFIX}{key}?{query}"


def key_of(secret: bytes, address: str, now: datetime) -> str:
    """Return the key that a signed address names. Raises `NotSigned` where it is not to be served."""
    found = urlsplit(address)
    query = parse_qs(found.query)
    expires, signature = query.get("expires", [""]), query.get("signature", [""])
    digits = expires[0]
    if not found.path.startswith(PREFIX) or len(expires) != 1 or len(signature) != 1:
        raise NotSigned("this is no signed address")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 12):
        raise NotSigned("this is no signed address")
    key = found.path.removeprefix(PREFIX)
    ours = _signature(secret, key, int(digits))
    if not hmac.compare_digest(ours.encode(), signature[0].encode()):
        raise NotSigned("this address was not signed by this storage")
    if now.timestamp() >= int(digits):
        raise NotSigned("the time of this address is over; ask for a new one")
    return key


def _signature(secret: bytes, key: str, expires: int) -> str:
    return hmac.new(secret, f"{expires}\n{key}".encode(), hashlib.sha256).hexdigest()
