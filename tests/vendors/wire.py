"""A small HTTP server for fake vendors; it can break off, stall and stammer as no framework would."""

import asyncio
import contextlib
import json
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import JsonValue

Manner = Literal["whole", "cut", "silent", "reset", "twice", "endless"]


@dataclass(frozen=True)
class Request:
    """What a caller sent."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes

    def document(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def fields(self) -> dict[str, Any]:
        """The body as a JSON object; empty where it is none."""
        return fields_of(self.document())

    @property
    def origin(self) -> str:
        """Where the caller thinks we are."""
        return f"http://{self.headers.get('host', '')}"


def fields_of(value: JsonValue) -> dict[str, Any]:
    """A JSON object as it is; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def rows_of(value: JsonValue) -> list[Any]:
    """A JSON list as it is; an empty one for anything else."""
    return value if isinstance(value, list) else []


@dataclass(frozen=True)
class Reply:
    """What is answered, and in what manner."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    manner: Manner = "whole"
    seconds: float = 0
    """To wait before anything is said."""


def document(body: object, status: int = 200, **headers: str) -> Reply:
    """A reply of JSON; in header names `_` stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(body).encode(), {"content-type": "application/json", **named})


async def serve(handle: Callable[[Request], Awaitable[Reply]], port: int = 0) -> None:
    """Serve on this machine until standard input ends; the port is told on standard output."""

    async def one_caller(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await _read(reader)
            await _write(writer, await handle(request))
        writer.close()

    server = await asyncio.start_server(one_caller, "127.0.0.1", port)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.buffer.read)


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ", 2)
    named = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in named}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    url = urlsplit(target)
    return Request(method, unquote(url.path), dict(parse_qsl(url.query)), headers, body)


async def _write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    await asyncio.sleep(reply.seconds)
    if reply.manner == "silent":
        await asyncio.sleep(3_600)
    if reply.manner == "reset":
        opened: socket.socket = writer.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return
    length = 10**12 if reply.manner == "endless" else len(reply.body)
    headers = {"content-length": str(length), "connection": "close", **reply.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {reply.status} Said\r\n{lines}\r\n".encode()
    body = reply.body[: len(reply.body) // 2] if reply.manner == "cut" else reply.body
    writer.write((head + body) * (2 if reply.manner == "twice" else 1))
    await writer.drain()
    while reply.manner == "endless":
        writer.write(b"x" * 65_536)
        await writer.drain()
