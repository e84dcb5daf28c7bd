"""The stack of one home: PostgreSQL, Temporal and our own processes, started in order and kept running."""

import asyncio
import contextlib
import errno
import os
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

from schema.failure import Fault, Trouble
from schema.settings import Settings
from starter.stack import ports
from starter.stack.backup import finish_restore, save_before_migrating
from starter.stack.child_process import Command, Process
from starter.stack.embedded_postgres import APPLICATION, EmbeddedPostgres, check_socket_path
from starter.stack.embedded_temporal import EmbeddedTemporal, TemporalPorts
from starter.stack.environment import remote_temporal
from starter.stack.guardian_link import GuardianLink
from starter.stack.home import Home, Version
from starter.stack.keeper import Child, Event, Keeper, Tell
from starter.stack.leftovers import end_leftovers
from starter.stack.log_files import last_line, shrink
from starter.stack.stack_addresses import Addresses, client_profile, forget, migration_url, record

PORTS = ("temporal", "temporal_ui", "temporal_http", "temporal_metrics", "studio", "page")
_SHRINK_EVERY = timedelta(seconds=10)
_RECOVERY = timedelta(minutes=10)
"""What a database may take to recover from a crash before it is called hung."""

Children = Callable[[Addresses], Sequence[Child]]
"""The processes beside the two servers, once their addresses are known; started in this order."""


@dataclass(frozen=True)
class Blueprint:
    """What the stack does beside running the two servers."""

    children: Children
    schema_number: int
    """The number of the newest migration of this version."""
    migrate: tuple[str, ...] | None = None
    """Run to its end, before the children start, whenever the stack starts."""


class Stack:
    """Use as `async with`: entering starts everything and waits until it is ready, leaving stops it.

    The event loop's thread has to live as long as the stack: the kernel ends the children with it.
    """

    addresses: Addresses

    def __init__(self, settings: Settings, blueprint: Blueprint, tell: Tell) -> None:
        self.home = Home(settings.home)
        self._settings = settings
        self._blueprint = blueprint
        self._listener = tell
        self._keepers: dict[str, Keeper] = {}
        self._guard = GuardianLink()
        self._resources = AsyncExitStack()
        self._shrinking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Stack":
        try:
            await self._start()
        except OSError as error:
            await self.stop()
            fault = Fault.DISK_FULL if error.errno == errno.ENOSPC else Fault.BAD_INPUT
            raise Trouble(fault, f"the home {str(self.home.folder)!r} cannot be used: {error}") from error
        except BaseException:  # also a cancellation: what was started is stopped; it is raised again
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def wait_ready(self) -> None:
        """Wait until every child is ready (again). Raises `Trouble` where one never was and gave up."""
        for keeper in self._keepers.values():
            await keeper.wait_ready()

    def kill(self, name: str) -> int | None:
        """SIGKILL to a child, as a crash would; returns the pid it had, None where it was not running."""
        keeper = self._keepers[name]
        pid = keeper.pid
        keeper.kill()
        return pid

    def pid(self, name: str) -> int | None:
        """The pid of a child; None while it is not running."""
        return self._keepers[name].pid

    async def stop(self) -> None:
        """End everything in reverse order; when cancelled meanwhile, at once."""
        if self._shrinking is not None:
            self._shrinking.cancel()
        try:
            for name in reversed(list(self._keepers)):
                await self._keepers[name].stop()
        except BaseException:  # asked to hurry: let go of all at once; it is raised again
            for keeper in reversed(self._keepers.values()):
                keeper.abandon()
            raise
        finally:
            if self._keepers:
                for file in (*map(self.home.pid_file, self._keepers), self.home.run / "worker.ready"):
                    file.unlink(missing_ok=True)
            self._keepers.clear()
            await self._resources.aclose()

    async def _start(self) -> None:
        version = Version.ours(self._blueprint.schema_number)
        self._resources.enter_context(self.home.hold())
        self._resources.callback(forget, self.home)
        self._guard = self._resources.enter_context(GuardianLink())
        await asyncio.to_thread(finish_restore, self.home)
        age = self.home.settle(version)
        for name in await asyncio.to_thread(end_leftovers, self.home):
            self._note(f"{name} of an earlier run was still there and has been ended")
        if age == "older":
            saved = await asyncio.to_thread(save_before_migrating, self.home)
            self._note(f"the home was made by an older version; saved its databases to {str(saved)!r}")
        self.addresses = await self._start_servers()
        await self._migrate()
        self.home.stamp(version)
        for child in self._blueprint.children(self.addresses):
            self._keep(child)
        await self.wait_ready()
        record(self.addresses)
        self._shrinking = asyncio.create_task(self._shrink_logs())
        self._tell(Event("ready", "stack", "everything is ready"))

    async def _start_servers(self) -> Addresses:
        settings, home = self._settings, self.home
        numbers = ports.settle(home.ports_file, PORTS, self._note)
        temporal = EmbeddedTemporal(
            home.temporal,
            TemporalPorts(
                numbers["temporal"],
                numbers["temporal_ui"],
                numbers["temporal_http"],
                numbers["temporal_metrics"],
            ),
        )
        postgres = EmbeddedPostgres(home.postgres)
        remote = remote_temporal()
        addresses = Addresses(
            home=home.folder,
            owner_pid=os.getpid(),
            database_url=_secret(settings) or postgres.url(APPLICATION),
            database_migration_url=migration_url(settings) or postgres.url(),
            database_embedded=settings.database_url is None,
            temporal_address=remote or temporal.address,
            temporal_ui=None if remote else temporal.ui,
            temporal_embedded=remote is None,
            studio_url=settings.studio_url or f"http://127.0.0.1:{numbers['studio']}",
            ports=numbers,
        )
        if addresses.database_embedded:
            check_socket_path(home.postgres)
            self._resources.callback(postgres.close)
            await asyncio.to_thread(postgres.prepare)
            self._keep_server("postgres", postgres.command, postgres.answers, _RECOVERY)
        if addresses.temporal_embedded:
            self._resources.callback(temporal.close)
            temporal.prepare()
            client_profile(home.folder).touch(mode=0o600)
            self._keep_server("temporal", temporal.command, temporal.answers, timedelta(seconds=60))
        await self.wait_ready()
        return addresses

    def _keep_server(
        self, name: str, command: Callable[[], Command], answers: Callable[[], bool], patience: timedelta
    ) -> None:
        keeper = Keeper(
            name,
            self.home,
            self._tell,
            self._guard,
            command=command,
            ready=lambda _pid: answers(),
            patience=patience,
        )
        self._keepers[name] = keeper
        keeper.start()

    def _keep(self, child: Child) -> None:
        command = Command(
            argv=child.argv,
            env={**self.addresses.variables(), **child.env},
            cwd=self.home.folder,
            grace=child.grace,
        )
        keeper = Keeper(
            child.name, self.home, self._tell, self._guard, command=lambda: command, ready=child.ready
        )
        self._keepers[child.name] = keeper
        keeper.start()

    async def _migrate(self) -> None:
        """Run the migrations to their end. Raises `Trouble` with their last words."""
        if self._blueprint.migrate is None:
            return
        log = self.home.log("migrate")
        process = Process(
            Command(argv=self._blueprint.migrate, env=self.addresses.variables(), cwd=self.home.folder), log
        )
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            process.kill_all()
            raise
        if code != 0:
            raise Trouble(
                Fault.BAD_INPUT, f"the database could not be migrated: {last_line(log)} (log: {str(log)!r})"
            )

    async def _shrink_logs(self) -> None:
        while True:
            await asyncio.sleep(_SHRINK_EVERY.total_seconds())
            with contextlib.suppress(OSError):
                for name in list(self._keepers):
                    await asyncio.to_thread(shrink, self.home.log(name))

    def _tell(self, event: Event) -> None:
        with contextlib.suppress(OSError):  # the reader of our lines has gone: no reason to stop, or not to
            self._listener(event)

    def _note(self, line: str) -> None:
        self._tell(Event("note", "stack", line))


def _secret(settings: Settings) -> str | None:
    return None if settings.database_url is None else settings.database_url.get_secret_value()
