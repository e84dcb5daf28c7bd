"""A real PostgreSQL under our launcher: one socket in its data folder, and it ends with us."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import psutil

from schema.failure import Fault, Trouble
from starter.stack.binaries import POSTGRES_MAJOR, postgres_programs
from starter.stack.child_process import Command, Process
from starter.stack.environment import LIBPQ, environment, unheard, without

DATABASE = "reelwright"
OWNER = "postgres"
APPLICATION = "reelwright_app"
NOBODY = 65534
"""PostgreSQL refuses to run as root; as root it runs as this user."""
LONGEST_SOCKET = 100
"""Bytes of a socket's path: the kernel's limit is 108 on Linux and 104 on macOS, with the closing zero."""
_SOCKET = ".s.PGSQL.5432"


def _clean() -> dict[str, str]:
    """What a PostgreSQL program of ours must not inherit, taken away."""
    return unheard(LIBPQ) | {"LC_ALL": "C", "LC_MESSAGES": "", "LANGUAGE": ""}


def database_url(folder: Path, user: str = OWNER, database: str = DATABASE) -> str:
    """The address of the server whose socket lies in `folder`, as psycopg and libpq read it."""
    return f"postgresql://{user}@/{database}?host={quote(str(folder))}"


def check_socket_path(folder: Path) -> None:
    """Raise `Trouble` where a socket in `folder` would have a longer path than the system can open."""
    length = len(os.fsencode(folder / _SOCKET))
    if length > LONGEST_SOCKET:
        raise Trouble(
            Fault.BAD_INPUT,
            f"the database's socket {str(folder / _SOCKET)!r} has a path of {length} bytes, the system allows "
            f"{LONGEST_SOCKET}; choose a shorter home with --home or REELWRIGHT_HOME",
        )


class EmbeddedPostgres:
    """One data folder and the server over it. Its user holds the lock of the home it lies in."""

    def __init__(self, folder: Path, *, sockets: Path | None = None, durable: bool = True) -> None:
        self.folder = folder
        self.sockets = sockets or folder
        self.durable = durable
        self._fds: list[int] = []

    def url(self, user: str = OWNER, database: str = DATABASE) -> str:
        return database_url(self.sockets, user, database)

    def prepare(self) -> None:
        """End a leftover server and make the data folder where there is none. Blocks; about 0.3 s the first time."""
        check_socket_path(self.sockets)
        end_leftover(self.folder)
        for unfinished in self.folder.parent.glob(f"{self.folder.name}.new-*"):
            _sweep(unfinished)
        if not (self.folder / "PG_VERSION").exists():
            self._make()
        major = (self.folder / "PG_VERSION").read_text().strip()
        if major != str(POSTGRES_MAJOR):
            raise Trouble(
                Fault.BAD_INPUT,
                f"the database in {str(self.folder)!r} was made by PostgreSQL {major}, this version brings "
                f"{POSTGRES_MAJOR}; restore a backup into a new home with: ./reelwright restore",
            )

    def command(self) -> Command:
        """The server. Ends cleanly (fast shutdown, SIGINT) when asked and when we die."""
        self.close()
        brief = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"]
        options = ["timezone=UTC", "log_timezone=UTC", *([] if self.durable else brief)]
        return self._as_server_user(
            "postgres", "-D", self._reachable(self.folder), "-h", "", "-p", "5432",
            "-k", self._reachable(self.sockets), *(word for option in options for word in ("-c", option)),
        )  # fmt: skip

    def answers(self) -> bool:
        """Whether the server takes connections and our database exists; makes the database where it can."""
        import psycopg  # loaded late: the command line starts without it

        try:
            with (
                without(LIBPQ),
                psycopg.connect(
                    self.url(database="postgres"), autocommit=True, connect_timeout=5
                ) as connection,
            ):
                query = "select 1 from pg_database where datname = %s"
                if connection.execute(query, [DATABASE]).fetchone() is None:
                    connection.execute("create database reelwright template template0 encoding 'UTF8'")
                return True
        except psycopg.OperationalError:
            return False

    @contextlib.contextmanager
    def running(self, log: Path, patience: timedelta = timedelta(seconds=60)) -> Generator[str]:
        """The server for the time of a `with` block, without a supervisor; yields its address.

        Raises `Trouble` when it does not answer within `patience`.
        """
        self.prepare()
        deadline = time.monotonic() + patience.total_seconds()
        process = Process(self.command(), log)
        try:
            while not self.answers():
                if time.monotonic() > deadline:
                    raise Trouble(Fault.BAD_INPUT, f"PostgreSQL does not start; {str(log)!r} says why")
                if process.ended() is not None:  # an old server's shared memory lingers for a moment
                    process = Process(self.command(), log)
                time.sleep(0.05)
            yield self.url()
        finally:
            process.stop_now()
            self.close()

    def close(self) -> None:
        """Give back the open folders that the server was started through."""
        while self._fds:
            os.close(self._fds.pop())

    def _make(self) -> None:
        """Make the cluster beside its place and move it there whole, so that a kill leaves nothing half made."""
        check_name(NOBODY if os.geteuid() == 0 else os.geteuid())
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f"{self.folder.name}.new-", dir=self.folder.parent))
        staging.chmod(0o700)
        if os.geteuid() == 0:
            os.chown(staging, NOBODY, NOBODY)
        command = self._as_server_user(
            "initdb", "-D", self._reachable(staging), "-A", "trust", "-U", OWNER, "-E", "UTF8",
            "--no-locale", "--no-instructions",
        )  # fmt: skip
        log = staging.with_name(f"{staging.name}.log")
        process = Process(replace(command, death_signal=signal.SIGKILL), log)
        try:
            if process.wait_until(time.monotonic() + 120) != 0:
                raise Trouble(
                    Fault.BAD_INPUT,
                    f"the database could not be made in {str(self.folder)!r}: {_complaint(log)}",
                )
            staging.rename(self.folder)  # over an empty folder, too
        finally:
            process.end_at_once()
            log.unlink(missing_ok=True)
            shutil.rmtree(staging, ignore_errors=True)
            self.close()

    def _as_server_user(self, program: str, *arguments: str) -> Command:
        return Command(
            argv=(str(postgres_programs() / program), *arguments),
            env=_clean(),
            cwd=Path("/"),
            user=NOBODY if os.geteuid() == 0 else None,
            death_signal=signal.SIGINT,
            stop_signal=signal.SIGINT,
            keep_fds=tuple(self._fds),
        )

    def _reachable(self, folder: Path) -> str:
        """A path by which the server's user reaches the folder, whatever its parents forbid.

        As root on Linux that is an open folder handed down: `nobody` may not pass a home of mode 0700, and
        opening it to all users is not ours to do.
        """
        if os.geteuid() != 0 or sys.platform != "linux":
            return str(folder)
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        self._fds.append(opened)
        return f"/proc/self/fd/{opened}"


def check_name(user: int) -> None:
    """Raise `Trouble` where the server's user has a number alone: initdb works for none without a name."""
    try:
        pwd.getpwuid(user)
    except KeyError:
        raise Trouble(
            Fault.BAD_INPUT,
            f"user number {user} has no name in /etc/passwd, and PostgreSQL makes no database for one without: run as "
            "a user with a name, add a line for this one to /etc/passwd, or set DATABASE_URL",
        ) from None


def _complaint(log: Path) -> str:
    """The line in which `initdb` says what is wrong: it goes on talking afterwards."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() or "FATAL" in line or "PANIC" in line]
    return (telling or lines or ["it does not say why"])[-1][:300]


def _sweep(unfinished: Path) -> None:
    """Remove what a killed `initdb` left, even while its own children still write their last files."""
    deadline = time.monotonic() + 15
    while unfinished.exists() and time.monotonic() < deadline:
        if unfinished.is_dir():
            shutil.rmtree(unfinished, ignore_errors=True)
        else:
            unfinished.unlink(missing_ok=True)


@contextlib.contextmanager
def socket_folder() -> Generator[Path]:
    """A private folder with a short path for the socket of a server that runs for a moment only."""
    folder = Path(tempfile.mkdtemp(prefix="rw-"))
    try:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def end_leftover(folder: Path) -> None:
    """End a server that a dead predecessor left over this data folder, and forget a stale mark of one."""
    mark = folder / "postmaster.pid"
    try:
        pid = int(mark.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    ours = _servers_over(folder)
    leader = next((process for process in ours if process.pid == pid), None)
    if leader is not None:
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
                leader.send_signal(number)
                leader.wait(5)
    elif not ours and psutil.pid_exists(pid):
        mark.unlink(
            missing_ok=True
        )  # the number now belongs to another process, and PostgreSQL would refuse to start


def _servers_over(folder: Path) -> list[psutil.Process]:
    """The live processes that work in this data folder: every PostgreSQL process does."""
    found: list[psutil.Process] = []
    real = str(folder.resolve())
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.cwd() == real and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def run_program(name: str, *arguments: str, timeout: timedelta = timedelta(hours=1)) -> None:
    """Run a PostgreSQL client program to its end; raises `Trouble` with its own last words."""
    done = subprocess.run(
        [str(postgres_programs() / name), *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
        timeout=timeout.total_seconds(), env=environment(_clean()),
    )  # fmt: skip
    if done.returncode != 0:
        raise Trouble(Fault.BAD_INPUT, f"{name} failed: {' '.join(done.stderr.split())[-500:]}")
