"""The door for vendors: a callback is verified, stored, and only then answered 200. It hastens, and decides nothing."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import httpx
import structlog
from psycopg import Error as DatabaseError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from activities.outbound.client import Bounds
from activities.store.callback_rows import PostgresCallbacks
from activities.store.database import Database
from activities.studios.signatures import JWKS_PATH, REST_URL, FalSignatures, ReplicateSignatures, Signatures
from schema.failure import Fault, Trouble
from schema.settings import Settings, usable
from schema.vendors.callback_address import return_addresses

MOST_BYTES = 1_000_000
"""fal sends the whole result along, Replicate the whole prediction with its log."""
PATIENCE = timedelta(seconds=10)
"""For the whole body to come: fal waits 15 s for its answer."""
_KEYS_PATIENCE = timedelta(seconds=4)
"""For fal's keys: a vendor does not wait long, and calls again."""


class CallbackRoutes:
    """Takes callbacks of the vendors whose signatures can be checked."""

    def __init__(self, callbacks: PostgresCallbacks, signatures: Mapping[str, Signatures]) -> None:
        """`signatures` by vendor; the others are not known here."""
        self._callbacks = callbacks
        self._signatures = signatures

    def routes(self) -> list[BaseRoute]:
        """Return the path that vendors call."""
        return [Route("/callbacks/{vendor}/{token}", self.take, methods=["POST"])]

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


class CallbackDoor:
    """Implements the `Door` port."""

    name = "callbacks"
    needs = "REELWRIGHT_PUBLIC_URL"

    def configured(self, settings: Settings) -> bool:
        """Return whether vendors can reach us."""
        return settings.public_url is not None

    @asynccontextmanager
    async def opened(self, settings: Settings, database: Database) -> AsyncGenerator[Sequence[BaseRoute]]:
        """Serve vendors; raises `Trouble` for an address or a secret that cannot be used."""
        addresses = return_addresses(settings)
        if addresses is None:
            raise Trouble(Fault.BAD_INPUT, f"{self.needs} says under which address vendors reach the doors")
        async with AsyncExitStack() as ends:
            verified = _signatures(settings)
            for one in verified.values():
                ends.push_async_callback(one.aclose)
            yield CallbackRoutes(PostgresCallbacks(database, addresses), verified).routes()


def _signatures(settings: Settings) -> dict[str, FalSignatures | ReplicateSignatures]:
    """Return what can be verified: fal publishes its keys, Replicate's secret must be set."""
    keys = settings.vendors
    with usable("FAL_REST_URL or REPLICATE_WEBHOOK_SECRET"):
        jwks_url = f"{(keys.fal_rest_url or REST_URL).rstrip('/')}{JWKS_PATH}"
        found: dict[str, FalSignatures | ReplicateSignatures] = {
            "fal": FalSignatures(jwks_url, Bounds(connect=_KEYS_PATIENCE, call=_KEYS_PATIENCE))
        }
        if keys.replicate_webhook_secret:
            found["replicate"] = ReplicateSignatures(keys.replicate_webhook_secret.get_secret_value())
        return found


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
