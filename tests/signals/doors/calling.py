"""Vendors that call back through a door, for tests."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from activities.ledger.port import NotResolvedYet
from activities.store.callback_rows import PostgresCallbacks
from activities.store.database import Database
from activities.studios.signatures import FalSignatures, ReplicateSignatures
from schema.content.scene import SceneRequest
from schema.purchases.operation import OperationState
from schema.vendors.callback_address import ReturnAddresses
from signals.doors.callbacks import CallbackRoutes
from signals.doors.host import application
from tests.activities.studios.contract.buying import Buyer
from tests.activities.studios.contract.vendors import Vendor, fake_fal, fake_replicate
from tests.vendors import replicate
from tests.vendors.process import VendorProcess

SECRET = "canary-of-the-addresses-that-vendors-call"
NEVER = timedelta(hours=1)
"""Until the listing would prove anything."""
FAKES = {"fal": fake_fal, "replicate": fake_replicate}


@dataclass
class Called:
    """A buyer whose vendor can reach us, and what came through the door."""

    buyer: Buyer
    vendor: Vendor
    process: VendorProcess
    callbacks: PostgresCallbacks
    database: Database

    async def answers(self, deliveries: int = 1) -> list[int]:
        """What the vendor was answered, once it has called so often."""
        async with asyncio.timeout(10):
            while True:
                told = [line["status"] for line in self.process.journal() if line["effect"] == "called"]
                if len(told) >= deliveries:
                    return told
                await asyncio.sleep(0.02)

    async def rows(self) -> list[dict[str, Any]]:
        """What was stored."""
        async with self.database.statements() as connection:
            cursor = await connection.execute("select * from callback order by callback_id")
            return [dict(row) for row in await cursor.fetchall()]

    async def lost(self, tail: str, *, acts: bool = True, **lie: Any) -> SceneRequest:
        """Order a scene whose answer is lost."""
        request = await self.buyer.open(tail)
        told = {"call": "submit", "kind": "reset", "acts": acts}
        self.process.lie(told, *([{"call": "webhook", "times": 9, **lie}] if lie else []))
        with pytest.raises(NotResolvedYet):
            await self.buyer.submit(request)
        return request

    async def state(self, request: SceneRequest) -> OperationState:
        """How the ledger sees it."""
        return (await self.buyer.operations(request))[0].state


@asynccontextmanager
async def opened(door: CallbackRoutes, port: int) -> AsyncGenerator[None]:
    """A door that listens."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(application(["callbacks"], door.routes()), log_level="warning", access_log=False)
        )
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving


@asynccontextmanager
async def called_by(
    name: str, database: Database, folder: Path, within: timedelta = NEVER
) -> AsyncGenerator[Called]:
    """A vendor that calls back through a door, and lists what it did far too late."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    callbacks = PostgresCallbacks(database, ReturnAddresses(f"http://127.0.0.1:{port}", SECRET))
    with FAKES[name](folder / name, callbacks, within) as vendor:
        assert vendor.process is not None
        keys = FalSignatures(f"{vendor.process.url}/.well-known/jwks.json")
        known: Mapping[str, FalSignatures | ReplicateSignatures] = {
            "fal": keys,
            "replicate": ReplicateSignatures(replicate.WEBHOOK_SECRET),
        }
        if name == "fal":
            vendor.process.set(lag_seconds=NEVER.total_seconds())
        else:
            vendor.process.set(hidden=True)
        async with opened(CallbackRoutes(callbacks, known), port):
            buyer = Buyer.of(database, vendor, folder / "storage")
            yield Called(buyer, vendor, vendor.process, callbacks, database)
        for open_one in (vendor.studio, vendor.unreachable, keys):
            await open_one.aclose()
