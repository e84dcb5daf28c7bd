"""Asks a vendor something free that only a good key is answered."""

from collections.abc import Mapping

import httpx

from activities.outbound.client import Outbound
from schema.vendors.key_finding import KeyFinding

_REFUSALS = {
    401: "the key is not accepted",
    402: "there is no credit left",
    403: "the key may not do this, or the account is locked",
}


async def ask_with_key(
    outbound: Outbound, vendor: str, url: str, headers: Mapping[str, str] | None = None
) -> KeyFinding:
    """Return what one GET says of our key; never raises for what a vendor or the network does."""
    try:
        answer = await outbound.call("GET", url, headers=headers)
    except httpx.HTTPError as error:
        return KeyFinding(
            vendor=vendor, state="unreachable", says=f"does not answer: {error or type(error).__name__}"
        )
    if answer.ok and answer.is_document():
        return KeyFinding(vendor=vendor, state="ok", says="the key is accepted")
    if answer.status in _REFUSALS and answer.is_document():
        line = f"{_REFUSALS[answer.status]}: {answer.words()}"
        return KeyFinding(vendor=vendor, state="refused", says=line)
    return KeyFinding(
        vendor=vendor, state="unreachable", says=f"answers HTTP {answer.status}: {answer.words()}"
    )
