"""The doors as a process: `python -m signals.doors`. Today the one that vendors call back through."""

import argparse
import asyncio
import contextlib
import logging
import socket
import sys
from datetime import timedelta

import structlog
import uvicorn

from activities.outbound.client import Bounds
from activities.store.callbacks import PostgresCallbacks
from activities.store.database import Database
from activities.studios.signatures import JWKS_PATH, REST_URL, FalSignatures, ReplicateSignatures
from schema.callback import ReturnAddresses
from schema.failure import Fault, Trouble
from schema.settings import Settings, load_settings
from signals.callbacks import CallbackDoor

_PATIENCE = timedelta(seconds=4)
"""For the database and for fal's keys, each: a vendor does not wait long, and tells it again."""
_CONNECTIONS = 4


def return_addresses(settings: Settings) -> ReturnAddresses | None:
    """Return the addresses vendors call back; None where no public address is set.

    Raises `Trouble` (`bad_input`) for one that cannot be used.
    """
    if settings.public_url is None:
        return None
    secret = settings.callback_secret.get_secret_value() if settings.callback_secret else ""
    try:
        return ReturnAddresses(settings.public_url, secret)
    except ValueError as error:
        raise Trouble(
            Fault.BAD_INPUT, f"REELWRIGHT_PUBLIC_URL or REELWRIGHT_CALLBACK_SECRET cannot be used: {error}"
        ) from error


async def serve(settings: Settings, door: socket.socket) -> None:
    """Serve until told to stop. Raises `Trouble` where a setting is missing or the database does not answer."""
    addresses = return_addresses(settings)
    if addresses is None:
        raise Trouble(
            Fault.BAD_INPUT,
            "there is no door to open: REELWRIGHT_PUBLIC_URL says under which address vendors reach it",
        )
    if settings.database_url is None:
        raise Trouble(
            Fault.BAD_INPUT, "DATABASE_URL is not set; `./reelwright up` runs doors with a database"
        )
    database = Database(
        settings.database_url.get_secret_value(), connections=_CONNECTIONS, patience=_PATIENCE
    )
    async with contextlib.AsyncExitStack() as ends:
        vendors = _signatures(settings)
        for made in vendors.values():
            ends.push_async_callback(made.aclose)
        await database.open()
        ends.push_async_callback(database.close)
        app = CallbackDoor(PostgresCallbacks(database, addresses), vendors).app()
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=100,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=5,
        )
        await uvicorn.Server(config).serve(sockets=[door])


def _signatures(settings: Settings) -> dict[str, FalSignatures | ReplicateSignatures]:
    """Return what can be verified: fal publishes its keys, Replicate's secret must be set."""
    keys = settings.vendors
    try:
        jwks_url = f"{(keys.fal_rest_url or REST_URL).rstrip('/')}{JWKS_PATH}"
        found: dict[str, FalSignatures | ReplicateSignatures] = {
            "fal": FalSignatures(
                jwks_url,
                Bounds(connect=_PATIENCE, call=_PATIENCE),
            )
        }
        if keys.replicate_webhook_secret:
            found["replicate"] = ReplicateSignatures(keys.replicate_webhook_secret.get_secret_value())
    except ValueError as error:
        raise Trouble(
            Fault.BAD_INPUT, f"FAL_REST_URL or REPLICATE_WEBHOOK_SECRET cannot be used: {error}"
        ) from error
    return found


def main(argv: list[str] | None = None) -> int:
    """Serve on this machine alone, unless `--host` says otherwise; return the exit code."""
    settings = load_settings()
    parser = argparse.ArgumentParser(prog="doors", description="The doors.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=settings.doors_port)
    given = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        with socket.create_server((given.host, given.port)) as door:
            asyncio.run(serve(settings, door))
    except Trouble as trouble:
        sys.stderr.write(f"doors: {trouble}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"doors: {given.host}:{given.port} cannot be used: {error.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
