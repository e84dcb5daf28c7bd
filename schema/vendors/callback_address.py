"""Where a vendor calls back: an unguessable address that leads to one operation."""

import base64
import hashlib
import hmac
from urllib.parse import urlsplit

from schema.payload import Payload
from schema.settings import Settings, usable

LEAST_SECRET_CHARS = 32
_MAC_BYTES = 24
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Called(Payload):
    """What a vendor says when it calls back. It settles nothing: the job itself is still read by its handle."""

    job_id: str
    """The vendor's own name of the job."""
    says: str
    """How the vendor puts it, e.g. `OK` or `succeeded`."""


class ReturnAddresses:
    """The addresses given to vendors: `<public url>/callbacks/<vendor>/<token>`.

    The token is the operation's id and its MAC, so it can be checked without a look-up and made again.
    """

    def __init__(self, public_url: str, secret: str) -> None:
        """Raises `ValueError` for an address that is not https (or this very machine), and for a short secret."""
        parts = urlsplit(public_url)
        local = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not parts.netloc or not (parts.scheme == "https" or local) or parts.query or parts.fragment:
            raise ValueError(f"{public_url!r} is no public address: give https://, without a query")
        if len(secret) < LEAST_SECRET_CHARS:
            raise ValueError(f"the secret has {len(secret)} characters: give {LEAST_SECRET_CHARS} or more")
        self._root = public_url.rstrip("/")
        self._secret = secret.encode()

    def address(self, vendor: str, operation_id: str) -> str:
        """Return the address for one operation at one vendor; always the same."""
        named = base64.urlsafe_b64encode(operation_id.encode()).decode().rstrip("=")
        return f"{self._root}/callbacks/{vendor}/{named}.{self._mac(vendor, operation_id)}"

    def operation_in(self, vendor: str, token: str) -> str | None:
        """Return the operation that a token leads to; None for a token that we did not make for this vendor."""
        named, _, mac = token.partition(".")
        try:
            operation_id = base64.urlsafe_b64decode(named + "=" * (-len(named) % 4)).decode()
        except ValueError:
            return None
        right = self._mac(vendor, operation_id)
        return operation_id if hmac.compare_digest(right.encode(), mac.encode()) else None

    def _mac(self, vendor: str, operation_id: str) -> str:
        digest = hmac.digest(self._secret, f"{vendor}\n{operation_id}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:_MAC_BYTES]).decode()


def return_addresses(settings: Settings) -> ReturnAddresses | None:
    """Return the addresses vendors call back; None where no public address is set.

    Raises `Trouble` (`bad_input`) for one that cannot be used.
    """
    if settings.public_url is None:
        return None
    secret = settings.callback_secret.get_secret_value() if settings.callback_secret else ""
    with usable("REELWRIGHT_PUBLIC_URL or REELWRIGHT_CALLBACK_SECRET"):
        return ReturnAddresses(settings.public_url, secret)
