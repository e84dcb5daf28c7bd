"""The door for vendors: a callback is verified, stored, and only then answered 200. It hastens, and decides nothing."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import httpx
import structlog
from psycopg import Error as DatabaseError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from activities.store.callback_rows import PostgresCallbacks
from activities.studios.signatures import Signatures

MOST_BYTES = 1_000_000
"""fal sends the whole result along, Replicate the whole prediction with its log."""
PATIENCE = timedelta(seconds=10)
"""For the whole body to come: fal waits 15 s for its answer."""


class CallbackDoor:
    """Takes callbacks of the vendors whose signatures can be checked."""

    def __init__(self, callbacks: PostgresCallbacks, signatures: Mapping[str, Signatures]) -> None:
        """`signatures` by vendor; the others are not known here."""
        self._callbacks = callbacks
        self._signatures = signatures

    def app(self) -> Starlette:
        """Return the web application."""
        return Starlette(
            routes=[
                Route("/health", _healthy, methods=["GET"]),
                Route("/callbacks/{vendor}/{token}", self.take, methods=["POST"]),
            ]
        )

    async def take(self, request: Request) -> Response:
        """Answer 200 once it is stored, also where it was stored before.

        404: not an address we gave; 415, 413, 400: not a callback; 401: not signed, or too old; 503: not stored, so
        that the vendor tells it again.
        """
        vendor, token = request.path_params["vendor"], request.path_params["token"]
        operation_id = self._callbacks.operation_in(vendor, token)
        signatures = self._signatures.get(vendor)
        if operation_id is None or signatures is None:
            return _answer(404, "unknown")
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _answer(415, "application/json is expected")
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                body = await _body_of(request)
        except (TimeoutError, ClientDisconnect):
            return _answer(400, "the body did not come in full")
        if body is None:
            return _answer(413, "too large")
        log = structlog.get_logger().bind(vendor=vendor, operation=operation_id)
        try:
            if not await signatures.are_right(request.headers, body):
                log.warning("a callback was not signed as it should be")
                return _answer(401, "not signed, or not now")
            called = signatures.read(body)
            if called is None:
                return _answer(400, "it names no job")
            news = await self._callbacks.keep(vendor, operation_id, called)
        except (httpx.HTTPError, DatabaseError, OSError) as error:
            log.error("a callback could not be stored", error=type(error).__name__)
            return _answer(503, "not stored; tell it again")
        log.info("a vendor called back", job=called.job_id, says=called.says, news=news)
        return _answer(200, "stored")


async def _healthy(_: Request) -> Response:
    return _answer(200, "here")


async def _body_of(request: Request) -> bytes | None:
    """Read the raw body; None where it is longer than is read."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > MOST_BYTES:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


def _answer(status: int, line: str) -> Response:
    return JSONResponse({"detail": line}, status, {"cache-control": "no-store"})
