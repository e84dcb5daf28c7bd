"""Free ports on the loopback: chosen once, kept, and moved when somebody else has taken one."""

import contextlib
import random
import socket
from collections.abc import Collection

import psutil

_FIRST, _LAST = 20_000, 32_000
"""Below what Linux gives to outgoing connections (32,768 and up), so that no passer-by takes one of ours."""


def is_free(port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose(taken: Collection[int] = ()) -> int:
    """A free port that is not in `taken`."""
    while True:
        port = random.randrange(_FIRST, _LAST)
        if port not in taken and is_free(port):
            return port


def holder(port: int) -> str:
    """Who listens on the port, for a message, as far as we may know."""
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                if connection.pid is None:
                    break
                return f"{psutil.Process(connection.pid).name()!r} (pid {connection.pid})"
    return "another program"
