"""Real servers for tests: PostgreSQL and Temporal, from packages, for the time of a `with` block."""

import contextlib
import shutil
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from tenacity import retry, retry_if_exception_type, stop_after_attempt

from schema.failure import Trouble
from starter.stack import ports
from starter.stack.embedded_postgres import EmbeddedPostgres, database_url
from starter.stack.embedded_temporal import EmbeddedTemporal, TemporalPorts


@dataclass(frozen=True)
class PostgresServer:
    """A running PostgreSQL; its databases may be made and dropped at will."""

    folder: Path
    """The data folder, with the socket in it."""

    def url(self, database: str = "reelwright", user: str = "postgres") -> str:
        """The address of one of its databases, as a user; `postgres` may do everything."""
        return database_url(self.folder, user, database)


@dataclass(frozen=True)
class TemporalServer:
    """A running Temporal dev server with our search attributes."""

    address: str
    """Host and port, as `Client.connect` takes it."""
    ui: str


@contextlib.contextmanager
def postgres_server() -> Generator[PostgresServer]:
    """A PostgreSQL of its own with the empty database `reelwright`; about 0.6 s. Not safe against power loss."""
    with _folder() as folder:
        server = EmbeddedPostgres(folder / "postgres", durable=False)
        with server.running(folder / "postgres.log"):
            yield PostgresServer(server.folder)


@contextlib.contextmanager
def temporal_server(*, time_skipping: bool = False) -> Generator[TemporalServer]:
    """A Temporal server of its own, on disk as in production; about 0.5 s."""
    with contextlib.ExitStack() as ends:
        server = _started(ends, time_skipping=time_skipping)
        yield TemporalServer(server.address, server.ui)


@retry(retry=retry_if_exception_type(Trouble), stop=stop_after_attempt(3), reraise=True)
def _started(ends: contextlib.ExitStack, *, time_skipping: bool) -> EmbeddedTemporal:
    """Start one; a port that somebody took since it was chosen is chosen anew."""
    with contextlib.ExitStack() as own:
        folder = own.enter_context(_folder())
        server = EmbeddedTemporal(folder / "temporal", temporal_ports(), time_skipping=time_skipping)
        own.enter_context(server.running(folder / "temporal.log"))
        ends.enter_context(own.pop_all())
        return server


def temporal_ports() -> TemporalPorts:
    """Four free ports."""
    taken: list[int] = []
    for _ in range(4):
        taken.append(ports.choose(taken))
    return TemporalPorts(*taken)


@contextlib.contextmanager
def _folder() -> Generator[Path]:
    """A folder with a short path: pytest's own are too long for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="rw-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
