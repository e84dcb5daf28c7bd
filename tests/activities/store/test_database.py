"""Connections to a PostgreSQL on another machine, which may go without a word."""

import tempfile
from dataclasses import replace
from pathlib import Path

from activities.store.database import Database
from activities.store.migrate import migrate
from starter.stack import ports
from starter.stack.postgres import EmbeddedPostgres
from starter.stack.process import Command


class OverTheNetwork(EmbeddedPostgres):
    """The embedded server, listening on the loopback, too."""

    port = 0

    def command(self) -> Command:
        argv = list(super().command().argv)
        argv[argv.index("-h") + 1], argv[argv.index("-p") + 1] = "127.0.0.1", str(self.port)
        return replace(super().command(), argv=tuple(argv))

    def url(self, user: str = "postgres", database: str = "reelwright") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"


async def test_a_lock_of_a_machine_that_is_gone_is_free_within_half_a_minute() -> None:
    """What the server was told is what counts: no test can take a machine away from the network."""
    with tempfile.TemporaryDirectory(prefix="rw-", ignore_cleanup_errors=True) as folder:
        server = OverTheNetwork(Path(folder) / "postgres", durable=False)
        server.port = ports.choose()
        with server.running(Path(folder) / "postgres.log") as url:
            await migrate(url)
            database = Database(f"{url}?options=-c%20geqo%3Doff", connections=2)
            await database.open()
            async with database.direct() as connection:
                told = [
                    (await (await connection.execute(f"show {name}".encode())).fetchone() or {})[name]
                    for name in (
                        "tcp_keepalives_idle",
                        "tcp_keepalives_interval",
                        "tcp_keepalives_count",
                        "geqo",
                    )
                ]
            await database.close()
    assert told == ["10", "5", "3", "off"]
