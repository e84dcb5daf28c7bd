"""Check the keys of all vendors that are set up, by one free question each: for `doctor`."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from schema.vendors.key_finding import KeyFinding

WITHIN = timedelta(seconds=10)


class HasKey(Protocol):
    """A studio or writer that needs a key."""

    @property
    def name(self) -> str:
        """The vendor's name on receipts."""
        ...

    async def check_key(self) -> KeyFinding:
        """Ask the vendor something free that only a good key is answered; what goes wrong is in the answer."""
        ...


async def check(vendors: Sequence[HasKey], within: timedelta = WITHIN) -> list[KeyFinding]:
    """Ask all at once and return one finding each, in order; who is silent for so long counts as unreachable."""
    return list(await asyncio.gather(*(_check(vendor, within) for vendor in vendors)))


async def _check(vendor: HasKey, within: timedelta) -> KeyFinding:
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await vendor.check_key()
    except TimeoutError:
        says = f"does not answer within {within.total_seconds():g} s"
        return KeyFinding(vendor=vendor.name, state="unreachable", says=says)
