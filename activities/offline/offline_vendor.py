"""What the offline studio and its bills share: one name, one book, and reads over HTTP."""

from datetime import timedelta

import httpx

from activities.outbound.client import tls
from schema.money import Book


class OfflineVendor:
    """The offline studio as a vendor."""

    def __init__(self, base_url: str, timeout: timedelta = timedelta(seconds=30)) -> None:
        """`timeout` is for one call, from first to last byte of each of its parts."""
        seconds = timeout.total_seconds()
        self._reads = httpx.AsyncClient(base_url=base_url, timeout=seconds, trust_env=False, verify=tls())

    async def aclose(self) -> None:
        """Close the connections."""
        await self._reads.aclose()

    @property
    def name(self) -> str:
        """The vendor's name on receipts."""
        return "offline-studio"

    @property
    def book(self) -> Book:
        """Simulated dollars: no money moves."""
        return Book.SIMULATED
