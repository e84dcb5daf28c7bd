"""The doors as a process: `python -m signals.doors`. Today the one that vendors call back through."""

import argparse
import asyncio
import contextlib
import socket
import sys
from datetime import timedelta

import structlog
import uvicorn

from activities.outbound.client import Bounds
from activities.runtime.process_log import set_up_logs
from activities.store.callback_rows import PostgresCallbacks
from activities.store.database import Database
from activities.studios.signatures import JWKS_PATH, REST_URL, FalSignatures, ReplicateSignatures
from schema.failure import Fault, Trouble
from schema.settings import Settings, load_settings, usable
from schema.vendors.callback_address import return_addresses
from signals.callbacks import CallbackDoor

_PATIENCE = timedelta(seconds=4)
"""For the database and for fal's keys, each: a vendor does not wait long, and tells it again."""
_CONNECTIONS = 4


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
            log_config=None,  # its lines go the way of ours
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
    with usable("FAL_REST_URL or REPLICATE_WEBHOOK_SECRET"):
        jwks_url = f"{(keys.fal_rest_url or REST_URL).rstrip('/')}{JWKS_PATH}"
        found: dict[str, FalSignatures | ReplicateSignatures] = {
            "fal": FalSignatures(jwks_url, Bounds(connect=_PATIENCE, call=_PATIENCE))
        }
        if keys.replicate_webhook_secret:
            found["replicate"] = ReplicateSignatures(keys.replicate_webhook_secret.get_secret_value())
        return found


def main(argv: list[str] | None = None) -> int:
    """Serve on this machine alone, unless `--host` says otherwise; return the exit code."""
    settings = load_settings()
    parser = argparse.ArgumentParser(prog="doors", description="The doors.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=settings.doors_port)
    given = parser.parse_args(argv)
    set_up_logs(settings)
    try:
        with socket.create_server((given.host, given.port)) as door:
            asyncio.run(serve(settings, door))
    except KeyboardInterrupt:
        return 130
    except Trouble as trouble:
        structlog.get_logger().error(str(trouble), fault=trouble.fault)
        return 1
    except OSError as error:
        structlog.get_logger().error(f"{given.host}:{given.port} cannot be used: {error.strerror}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
