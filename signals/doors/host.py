"""The process of the doors: one web server that answers for each door that is configured."""

import contextlib
import socket
from collections.abc import Sequence
from datetime import timedelta

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from activities.store.database import Database
from schema.failure import Fault, Trouble
from schema.settings import Settings
from signals.doors.port import Door

_PATIENCE = timedelta(seconds=4)
"""For the database: a vendor does not wait long, and calls again."""


async def serve(settings: Settings, listening: socket.socket, doors: Sequence[Door]) -> None:
    """Serve the configured ones of these doors until told to stop.

    Raises `Trouble` where a setting is missing or the database does not answer.
    """
    if settings.database_url is None:
        raise Trouble(
            Fault.BAD_INPUT, "DATABASE_URL is not set; `./reelwright up` runs doors with a database"
        )
    database = Database(
        settings.database_url.get_secret_value(), connections=settings.doors_connections, patience=_PATIENCE
    )
    log = structlog.get_logger()
    async with contextlib.AsyncExitStack() as ends:
        opened: list[str] = []
        routes: list[BaseRoute] = []
        for door in doors:
            if not door.configured(settings):
                log.info(f"the door {door.name} stays closed: {door.needs} is not set")
                continue
            routes += await ends.enter_async_context(door.opened(settings, database))
            opened.append(door.name)
        await database.open()
        ends.push_async_callback(database.close)
        config = uvicorn.Config(
            application(opened, routes),
            lifespan="off",
            log_config=None,  # its lines go the way of ours
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=100,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=5,
        )
        log.info("the doors are open", doors=opened)
        await uvicorn.Server(config).serve(sockets=[listening])


def application(opened: Sequence[str], routes: Sequence[BaseRoute]) -> Starlette:
    """Return the web application: `/health`, which names the open doors, and their paths."""

    async def health(_: Request) -> Response:
        return JSONResponse({"detail": "here", "doors": opened}, headers={"cache-control": "no-store"})

    return Starlette(routes=[Route("/health", health, methods=["GET"]), *routes])
