"""The offline studio: a vendor of clips and stills on this machine, with queue, prices and journal.

Run it with `python -m activities.offline.studio_server --port 8100 --folder studio`. It listens on the loopback
interface only. The wire is that of a real vendor's queue:

- `POST /{model}`, header `X-Marker`: take an order; 422 refuses it before anything was done.
- `GET /requests/{id}/status`, `GET /requests/{id}`: where a job stands, and what came of it.
- `PUT /requests/{id}/cancel`: drop a job.
- `GET /requests?marker=...&since=...`: every job with that marker, or of that age; what it does not show does not
  exist.
- `GET /media/{id}.mp4`, `.jpg`: the clip or the still. `GET /models`: the prices. `GET /health`: that it is up.
"""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # while modules load, Ctrl-C ends the process without a traceback
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

import structlog
import uvicorn
from filelock import FileLock, Timeout
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from activities.offline.painters import make_instant, paint
from activities.offline.painting.order import ANY_ORDER, Picture
from activities.offline.studio_orders import OrderRefusal, StudioOrders, Ticket
from schema.money import usd
from schema.prices.price_table import PriceTable, load_prices

LONGEST_BODY_BYTES = 64 * 1024


class StudioServer:
    """The HTTP side of the orders."""

    def __init__(self, folder: Path, *, instant: bool) -> None:
        self._folder = folder
        self._instant = instant
        self._prices: PriceTable = load_prices("offline")
        self._orders: StudioOrders

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        """Open the orders before the first request, and close it after the last."""
        self._orders = StudioOrders(
            self._folder, self._prices, None if self._instant else paint(self._folder / "media")
        )
        if self._instant:
            await make_instant(self._folder / "instant.mp4", self._folder / "instant.jpg")
        await self._orders.open()
        yield
        await self._orders.close()

    def routes(self) -> list[Route]:
        """Return the wire; the order counts, since a model's name matches almost anything."""
        return [
            Route("/health", self.health),
            Route("/models", self.models),
            Route("/requests", self.listing),
            Route("/requests/{request_id}/status", self.status),
            Route("/requests/{request_id}/cancel", self.cancel, methods=["PUT"]),
            Route("/requests/{request_id}", self.result),
            Route("/media/{request_id}.{kind:str}", self.media),
            Route("/{model:path}", self.submit, methods=["POST"]),
        ]

    async def health(self, _: Request) -> Response:
        """Say that the studio is up, whether it paints or hands out the one prepared clip, and its pid."""
        census = self._orders.census()
        return JSONResponse({"status": "ok", "instant": self._instant, "pid": os.getpid(), "jobs": census})

    async def models(self, _: Request) -> Response:
        """Show the price list."""
        return JSONResponse(self._prices.model_dump(mode="json"))

    async def submit(self, request: Request) -> Response:
        """Take an order, or refuse it with the reason."""
        marker = request.headers.get("x-marker", "")
        body = await request.body()
        if not marker:
            return _problem(422, "refused", "send your own id for the order as header X-Marker")
        if len(body) > LONGEST_BODY_BYTES:
            return _problem(422, "refused", f"the order has {len(body)} bytes, at most {LONGEST_BODY_BYTES}")
        try:
            order = ANY_ORDER.validate_json(body)
            ticket = await self._orders.submit(request.path_params["model"], marker, order)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            return _problem(422, "refused", f"{where or 'order'}: {first['msg']}")
        except OrderRefusal as refusal:
            return _problem(422, "refused", str(refusal))
        except OSError as error:
            return _problem(503, "journal", f"the order was not taken: {error.strerror}")
        return JSONResponse(self._status_of(ticket))

    async def status(self, request: Request) -> Response:
        """Say where a job stands."""
        if (ticket := self._asked_for(request)) is None:
            return _unknown(request)
        return JSONResponse(self._status_of(ticket), status_code=200 if ticket.ended else 202)

    async def result(self, request: Request) -> Response:
        """Say what came of a job that is finished."""
        if (ticket := self._asked_for(request)) is None:
            return _unknown(request)
        if ticket.stage != "finished":
            return _problem(409, "no_result", ticket.reason or f"the job is {ticket.stage}")
        url, size = f"{request.base_url}media/{ticket.file_name}", self._file_of(ticket).stat().st_size
        made = {"url": url, "content_type": _type_of(ticket), "file_size": size}
        result = {"images": [made]} if isinstance(ticket.order, Picture) else {"video": made}
        return JSONResponse({**self._status_of(ticket), **result, "seed": ticket.order.seed})

    async def cancel(self, request: Request) -> Response:
        """Drop a job: refunded while it waits, charged once it is being painted."""
        if (ticket := self._asked_for(request)) is None:
            return _unknown(request)
        if not await self._orders.cancel(ticket):
            return JSONResponse({"status": "ALREADY_COMPLETED"}, status_code=400)
        return JSONResponse({"status": "CANCELLATION_REQUESTED"}, status_code=202)

    async def listing(self, request: Request) -> Response:
        """Show every job of a marker, or all jobs; with `since` those submitted at that time or later."""
        asked = request.query_params
        try:
            since = datetime.fromisoformat(asked["since"]) if "since" in asked else None
            found = self._orders.tickets(asked.get("marker"), since)
        except (ValueError, TypeError):  # no time, or one without its zone
            return _problem(422, "refused", "since: write a time like 2026-11-20T00:00:00+00:00")
        return JSONResponse({"requests": [self._status_of(ticket) for ticket in found]})

    async def media(self, request: Request) -> Response:
        """Send the clip or picture, in parts where that is asked for."""
        ticket = self._asked_for(request)
        named = ticket and request.path_params["kind"] == ticket.file_name.partition(".")[2]
        if ticket is None or not named or ticket.stage != "finished":
            return _unknown(request)
        return FileResponse(self._file_of(ticket), media_type=_type_of(ticket))

    def _asked_for(self, request: Request) -> Ticket | None:
        return self._orders.ticket(request.path_params["request_id"])

    def _file_of(self, ticket: Ticket) -> Path:
        """What was painted, or what is prepared for a job of `--instant`."""
        painted = self._orders.media(ticket)
        return painted if painted.exists() else self._folder / f"instant{painted.suffix}"

    def _status_of(self, ticket: Ticket) -> dict[str, Any]:
        body: dict[str, Any] = {
            "request_id": ticket.request_id,
            "marker": ticket.marker,
            "submitted_at": ticket.submitted_at.isoformat(),
            "model": ticket.model,
            "progress": ticket.progress,
            "cost_usd": str(usd(ticket.charged_microusd)),
        }
        match ticket.stage:
            case "queued":
                return {**body, "status": "IN_QUEUE", "queue_position": self._orders.ahead_of(ticket)}
            case "running":
                return {**body, "status": "IN_PROGRESS"}
            case "finished":
                return {**body, "status": "COMPLETED"}
            case "failed" | "cancelled":
                return {
                    **body,
                    "status": "COMPLETED",
                    "error": ticket.reason or "cancelled",
                    "error_type": ticket.stage,
                }


def _type_of(ticket: Ticket) -> str:
    return "image/jpeg" if isinstance(ticket.order, Picture) else "video/mp4"


def _problem(status: int, kind: str, words: str) -> Response:
    return JSONResponse({"error": kind, "detail": words}, status_code=status)


def _unknown(request: Request) -> Response:
    return _problem(404, "unknown_request", f"there is no job {request.path_params['request_id']!r}")


def main(argv: list[str] | None = None) -> int:
    """Serve until told to stop; 0 after an orderly end, 1 where the port or the folder cannot be used."""
    parser = argparse.ArgumentParser(prog="offline_server", description="The offline studio.")
    parser.add_argument("--port", type=int, required=True, help="on 127.0.0.1")
    parser.add_argument("--folder", type=Path, required=True, help="for the journal and the clips")
    parser.add_argument("--instant", action="store_true", help="hand out one prepared clip at once")
    arguments = parser.parse_args(argv)
    _log_to_stderr()
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    folder: Path = arguments.folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (
            FileLock(folder / "lock", timeout=0),
            socket.create_server(("127.0.0.1", arguments.port)) as door,
        ):
            return _serve(StudioServer(folder, instant=arguments.instant), door)
    except KeyboardInterrupt:
        return 130
    except Timeout:
        return _refuse(f"another studio works in {str(folder)!r}: stop it, or name another folder")
    except OSError as error:
        return _refuse(f"cannot use port {arguments.port} and folder {str(folder)!r}: {error.strerror}")


def _serve(studio: StudioServer, door: socket.socket) -> int:
    """Serve on a port that is ours already: a second studio must not touch the folder before it fails."""
    app = Starlette(routes=studio.routes(), lifespan=studio.lifespan)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=3, timeout_keep_alive=30
    )
    server = uvicorn.Server(config)
    asyncio.run(server.serve(sockets=[door]))
    return 0 if server.started else 1


def _refuse(line: str) -> int:
    sys.stderr.write(f"offline studio: {line}\n")
    return 1


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


if __name__ == "__main__":
    sys.exit(main())
