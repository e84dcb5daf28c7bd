"""Doors are a list: each starts where it is configured, and the process runs also where none is."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Sequence

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from structlog.testing import capture_logs

from activities.store.database import Database
from schema.settings import Settings
from signals.doors import host, registry
from signals.doors.port import Door
from tests.signals.doors.calling import SECRET


class Echo:
    """A second door, as small as can be: it is configured by the port of the doors."""

    name = "echo"
    needs = "a port of its own"
    closed = False

    def configured(self, settings: Settings) -> bool:
        return settings.doors_port != 8_791

    @contextlib.asynccontextmanager
    async def opened(self, settings: Settings, database: Database) -> AsyncGenerator[Sequence[BaseRoute]]:
        async def echo(request: Request) -> Response:
            async with database.statements() as connection:  # open by the time somebody knocks
                await connection.execute("select 1")
            return PlainTextResponse(request.path_params["word"])

        try:
            yield [Route("/echo/{word}", echo)]
        finally:
            self.closed = True


@contextlib.asynccontextmanager
async def served(settings: Settings, doors: Sequence[Door]) -> AsyncGenerator[httpx.AsyncClient]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(host.serve(settings, listening, doors))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            async with httpx.AsyncClient(base_url=address, timeout=30) as client:
                yield client
        finally:
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving


async def test_a_door_that_is_added_to_the_registry_is_served(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    echo = Echo()
    monkeypatch.setattr(registry, "DOORS", (*registry.DOORS, echo))
    settings = Settings.model_validate({"database_url": database_url, "doors_port": 8_000})
    assert registry.any_configured(settings)
    with capture_logs() as logs:
        async with served(settings, registry.DOORS) as client:
            assert (await client.get("/echo/hello")).text == "hello"
            assert (await client.get("/health")).json()["doors"] == ["echo"]
            assert (await client.post("/callbacks/fal/x")).status_code == 404
    assert echo.closed
    assert "the door callbacks stays closed: REELWRIGHT_PUBLIC_URL is not set" in [
        line["event"] for line in logs
    ]


async def test_the_callbacks_door_opens_where_vendors_can_reach_us(database_url: str) -> None:
    given = {"database_url": database_url, "public_url": "https://films.example", "callback_secret": SECRET}
    async with served(Settings.model_validate(given), (*registry.DOORS, Echo())) as client:
        assert (await client.get("/health")).json()["doors"] == ["callbacks"]
        assert (await client.get("/echo/hello")).status_code == 404


async def test_the_doors_run_without_a_public_address(database_url: str) -> None:
    settings = Settings.model_validate({"database_url": database_url})
    assert not registry.any_configured(settings)
    async with served(settings, registry.DOORS) as client:
        assert (await client.get("/health")).json() == {"detail": "here", "doors": []}
