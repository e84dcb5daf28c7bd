"""A network that can be cut: a TCP proxy, as a process, between the workers and whatever they speak to.

Run as `python -m tests.chaos.proxy NAME=HOST:PORT NAME=/path/of/a/socket ...`. It tells its ports on standard output as
one JSON object, takes orders as JSON lines on standard input, and ends with it. An order names a route and a manner:

- `pass`: what is sent arrives.
- `refuse`: new connections are reset at once, and so are all that are open.
- `tear`: an answer is reset after its first bytes.
- `hole`: nothing arrives, and nobody is told; what was sent into the hole never arrives.
- `hold`: the same, but what was sent arrives when the manner changes: late.
"""

import asyncio
import contextlib
import json
import socket
import struct
import sys
from dataclasses import dataclass, field
from typing import Literal, get_args

Manner = Literal["pass", "refuse", "tear", "hole", "hold"]
MANNERS: tuple[Manner, ...] = get_args(Manner)
FIRST_BYTES = 200


@dataclass(eq=False)
class Line:
    """One connection through us, in both directions."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    lost: bool = False
    """Set where bytes have gone into a hole: nothing sensible can follow them."""

    def reset(self) -> None:
        """Break it off so that both ends are told."""
        for writer in (self.near, self.far):
            opened: socket.socket = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


@dataclass
class Route:
    """The way to one server."""

    target: str
    manner: Manner = "pass"
    lines: set[Line] = field(default_factory=set[Line])
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, manner: Manner) -> None:
        """Change the manner; what is broken by the change is reset."""
        for line in list(self.lines):
            if manner == "refuse" or line.lost:
                line.reset()
        self.manner = manner
        self.changed.set()
        self.changed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        """Carry one connection until either end closes it."""
        try:
            if self.manner == "refuse":
                raise ConnectionError
            opened = (
                asyncio.open_unix_connection(self.target)
                if self.target.startswith("/")
                else asyncio.open_connection(*self.target.rsplit(":", 1))
            )
            far_reader, far = await opened
        except OSError:
            near.transport.abort()
            return
        line = Line(near, far)
        self.lines.add(line)
        ways = [self._carry(reader, far, line), self._carry(far_reader, near, line, answers=True)]
        try:
            await asyncio.gather(*ways)
        finally:
            self.lines.discard(line)
            for writer in (near, far):
                writer.close()

    async def _carry(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, line: Line, *, answers: bool = False
    ) -> None:
        try:
            while read := await reader.read(65_536):
                while self.manner == "hold":
                    await self.changed.wait()
                if self.manner == "hole":
                    line.lost = True
                if line.lost:
                    continue
                torn = self.manner == "tear" and answers
                to.write(read[:FIRST_BYTES] if torn else read)
                await to.drain()
                if torn:
                    line.reset()
                    return
            if not line.lost and to.can_write_eof():
                to.write_eof()
        except OSError:  # one end is gone without a word: the other must hear of it
            line.reset()


async def main(given: list[str]) -> None:
    """Serve every route until standard input ends."""
    routes = {name: Route(target) for name, _, target in (word.partition("=") for word in given)}
    ports: dict[str, int] = {}
    for name, route in routes.items():
        server = await asyncio.start_server(route.serve, "127.0.0.1", 0)
        ports[name] = server.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    while line := await orders.readline():
        order = json.loads(line)
        routes[order["route"]].take(order["manner"])


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1:]))
