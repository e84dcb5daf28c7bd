"""Free ports on the loopback: chosen once, kept, and moved if another program takes one."""

import contextlib
import json
import random
import socket
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import psutil

from starter.stack.home import read_json, write_atomically

_FIRST, _LAST = 20_000, 32_000
"""Below what Linux gives to outgoing connections (32,768 and up), so that no passer-by takes one of ours."""


def is_free(port: int) -> bool:
    """Return whether no program listens on the port."""
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


def settle(file: Path, names: Sequence[str], tell: Callable[[str], None]) -> dict[str, int]:
    """The ports of a home by name: those of `file` where they are still free, else new ones, written back.

    A port that another program has taken since is given up for a new one and `tell` gets one line about it:
    the stored number was not chosen by hand, so moving serves the person better than refusing.
    """
    kept = {name: port for name, port in read_json(file).items() if isinstance(port, int)}
    chosen: dict[str, int] = {}
    for name in names:
        port = kept.get(name)
        if port is None or port in chosen.values() or not is_free(port):
            new = choose({*kept.values(), *chosen.values()})
            if port is not None:
                tell(f"port {port} ({name}) is taken by {holder(port)}; using {new} from now on")
            port = new
        chosen[name] = port
    if {**kept, **chosen} != kept:
        write_atomically(file, json.dumps({**kept, **chosen}, indent=2) + "\n")
    return chosen
