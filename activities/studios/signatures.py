"""Whether a callback is the vendor's own: fal signs with Ed25519, Replicate with a shared secret."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from activities.outbound.client import USUAL, Bounds, Outbound
from activities.outbound.errors import Unexpected
from activities.outbound.origins import origin_of
from schema.vendors.callback_address import Called

REST_URL = "https://rest.fal.ai"
JWKS_PATH = "/.well-known/jwks.json"
WINDOW = timedelta(minutes=5)
"""How far a signature's time may be from ours, before and after."""
KEYS_LAST = timedelta(hours=24)
"""The longest that fal's keys are kept (providers.md 2.5)."""
ASK_AGAIN = timedelta(minutes=1)
"""A signature that no key fits makes us ask for the keys again, as they may be new, but not more often."""
_MOST_KEYS = 20
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


class Signatures(Protocol):
    """One vendor's way to sign, and to say which job it speaks of."""

    async def are_right(self, headers: Mapping[str, str], body: bytes) -> bool:
        """True where the vendor itself has signed exactly this body, within the window.

        `headers` by lower-case name. Raises `httpx.HTTPError` where it cannot be found out now.
        """
        ...

    def read(self, body: bytes) -> Called | None:
        """Return what a verified body says; None where it names no job."""
        ...


class FalSignatures:
    """fal's: the message is four lines, signed with any of the keys that fal publishes."""

    def __init__(self, jwks_url: str = f"{REST_URL}{JWKS_PATH}", bounds: Bounds = USUAL) -> None:
        """Raises `ValueError` for an address that must not be spoken to."""
        self._url = jwks_url
        self._outbound = Outbound([origin_of(jwks_url)], bounds=bounds)
        self._keys: list[Ed25519PublicKey] = []
        self._read_at: float | None = None
        self._reading = asyncio.Lock()

    async def aclose(self) -> None:
        """Close what is open."""
        await self._outbound.aclose()

    async def are_right(self, headers: Mapping[str, str], body: bytes) -> bool:
        """True where one of fal's keys has signed the body's hash together with id, user and time."""
        names = ("request-id", "user-id", "timestamp")
        told = [headers.get(f"x-fal-webhook-{name}", "") for name in names]
        try:
            signature = bytes.fromhex(headers.get("x-fal-webhook-signature", ""))
        except ValueError:
            return False
        if not all(told) or not _is_recent(told[2]):
            return False
        message = "\n".join([*told, hashlib.sha256(body).hexdigest()]).encode()
        if _fits_any(await self._keys_within(KEYS_LAST), signature, message):
            return True
        return _fits_any(await self._keys_within(ASK_AGAIN), signature, message)

    def read(self, body: bytes) -> Called | None:
        """Return the request that ended, and `OK` or `ERROR`."""
        return _called(body, "request_id")

    async def _keys_within(self, age: timedelta) -> list[Ed25519PublicKey]:
        """Return keys that are no older, reading them where they are."""
        async with self._reading:
            now = time.monotonic()
            if self._read_at is None or now - self._read_at > age.total_seconds():
                answer = await self._outbound.call("GET", self._url)
                if not answer.ok:
                    raise answer.fail()
                found = [key for row in answer.rows("keys")[:_MOST_KEYS] if (key := _key_in(row))]
                if not found:
                    raise Unexpected("fal publishes no key that can be used", answer.status)
                self._keys, self._read_at = found, now
            return self._keys


class ReplicateSignatures:
    """Replicate's: an HMAC over id, time and body."""

    def __init__(self, secret: str) -> None:
        """Take the secret as Replicate shows it. Raises `ValueError` for anything else."""
        scheme, _, key = secret.partition("_")
        try:
            self._key = base64.b64decode(key, validate=True)
        except binascii.Error:
            self._key = b""
        if scheme != "whsec" or len(self._key) < 16:
            raise ValueError("the secret of Replicate's webhooks begins with 'whsec_'")

    async def aclose(self) -> None:
        """Nothing is open."""

    async def are_right(self, headers: Mapping[str, str], body: bytes) -> bool:
        """True where one of the listed signatures is the right one."""
        told = [headers.get(f"webhook-{name}", "") for name in ("id", "timestamp")]
        if not all(told) or not _is_recent(told[1]):
            return False
        digest = hmac.digest(self._key, ".".join(told).encode() + b"." + body, hashlib.sha256)
        right = b"v1," + base64.b64encode(digest)
        listed = headers.get("webhook-signature", "").encode().split(b" ")
        return any([hmac.compare_digest(right, one) for one in listed])

    def read(self, body: bytes) -> Called | None:
        """Return the prediction, and its state."""
        return _called(body, "id")


def _called(body: bytes, field: str) -> Called | None:
    try:
        told: Any = json.loads(body)
    except ValueError:
        return None
    fields = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
    job_id, says = fields.get(field), fields.get("status")
    if not isinstance(job_id, str) or not _ID.fullmatch(job_id) or not isinstance(says, str):
        return None
    return Called(job_id=job_id, says=says[:40])


def _is_recent(timestamp: str) -> bool:
    if not re.fullmatch(r"\d{1,12}", timestamp, re.ASCII):
        return False
    return abs(time.time() - int(timestamp)) <= WINDOW.total_seconds()


def _key_in(row: Mapping[str, Any]) -> Ed25519PublicKey | None:
    if row.get("kty") != "OKP" or row.get("crv") != "Ed25519" or not isinstance(row.get("x"), str):
        return None
    try:
        return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(str(row["x"]) + "=="))
    except ValueError:
        return None


def _fits_any(keys: list[Ed25519PublicKey], signature: bytes, message: bytes) -> bool:
    for key in keys:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            continue
        return True
    return False
