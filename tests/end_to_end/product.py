"""The product as its users have it: the command line as processes, over a home folder of its own."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from starter.main import answer
from tests.activities.offline.studio_process import StudioProcess
from tests.conftest import OURS
from tests.journals import read_lines
from tests.timings import SHORT, settings_of
from tests.waiting import until

PROGRAM = str(Path(sys.executable).with_name("reelwright"))
TIMINGS = settings_of(SHORT, "poll", "relay", "graceful_shutdown")


@dataclass(frozen=True)
class Answer:
    """What one command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The standard output, which is one JSON value and nothing else."""
        return json.loads(self.out)

    @property
    def line(self) -> str:
        """The one line it said on standard error."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


@dataclass
class Product:
    """The command line over one home; `up` runs its stack."""

    home: Path
    studio: StudioProcess | None = None
    """A studio that is not the stack's own, such as an instant one."""
    extra: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further environment variables."""
    running: "subprocess.Popen[bytes] | None" = None
    connection: "psycopg.Connection[tuple[Any, ...]] | None" = field(default=None, init=False)
    """Kept between questions: a new one for each costs the server more than the question."""

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its processes, without anything of the machine's own settings."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        studio = {"REELWRIGHT_STUDIO_URL": self.studio.url} if self.studio else {}
        return clean | TIMINGS | studio | {"REELWRIGHT_HOME": str(self.home)} | dict(self.extra)

    def __call__(self, *words: str, code: int | None = 0, env: Mapping[str, str] | None = None) -> Answer:
        """Run one command to its end; `code` is what it must exit with, None for any."""
        ran = subprocess.run(
            [PROGRAM, *words],
            env=self.environment | dict(env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert code in (None, ran.returncode), (
            f"{words} exited with {ran.returncode}:\n{ran.stdout}{ran.stderr}"
        )
        assert "Traceback" not in ran.stderr or "--debug" in words, ran.stderr
        return Answer(ran.returncode, ran.stdout, ran.stderr)

    def inside(self, *words: str, code: int | None = 0, env: Mapping[str, str] | None = None) -> Answer:
        """The same in this very process, which spares its start: for preparations, and for many small questions."""
        out, err = io.StringIO(), io.StringIO()
        before, meant = dict(os.environ), self.environment | dict(env or {})
        try:
            os.environ.clear()
            os.environ.update(meant)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                ended = answer(list(words))
        finally:
            os.environ.clear()
            os.environ.update(before)
        said = Answer(ended, out.getvalue(), err.getvalue())
        assert code in (None, ended), f"{words} exited with {ended}:\n{said.out}{said.err}"
        return said

    def begin(self, *words: str) -> "subprocess.Popen[str]":
        """Start one command that takes a while."""
        return subprocess.Popen(
            [PROGRAM, *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def up(self) -> None:
        """Start the stack, and wait until it is ready."""
        said = self.home.with_suffix(".up")
        with said.open("wb") as log:
            running = subprocess.Popen(
                [PROGRAM, "up"], env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.running = running
        until(
            "the stack is ready",
            lambda: "everything is ready" in said.read_text() or running.poll() is not None,
        )
        assert running.poll() is None, said.read_text()

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """End the stack; returns its exit code."""
        assert self.running is not None
        self.hang_up()
        running, self.running = self.running, None
        if running.poll() is None:
            running.send_signal(how)
        return running.wait(timeout=90)

    def pid(self, name: str) -> int:
        """The pid of a process of the stack."""
        return int((self.home / "run" / f"{name}.pid").read_text())

    def kill(self, name: str) -> None:
        """End a process of the stack as a crash would."""
        os.kill(self.pid(name), signal.SIGKILL)

    def address(self, name: str) -> str:
        """Where a server of the stack is, as it wrote down for other commands."""
        return str(json.loads((self.home / "run" / "addresses.json").read_text())[name])

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the stack's database."""
        if self.connection is None:
            self.connection = psycopg.connect(self.address("database_url"), autocommit=True)
        try:
            return self.connection.execute(statement.encode(), values).fetchall()
        except psycopg.OperationalError:  # the server has gone; the next one is asked on a new connection
            self.hang_up()
            raise

    def hang_up(self) -> None:
        """Close the connection to the stack's database."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    def make(self, account: str = "clay", *words: str) -> str:
        """Begin an item; returns its id."""
        return str(self.inside("make", "--account", account, "--json", *words).json["item_id"])

    def waiting(self, account: str = "clay", *words: str) -> str:
        """Begin an item and wait until it waits for a person; returns its id."""
        item_id = self.make(account, *words)
        self.until(item_id, "waiting")
        return item_id

    def until(self, item_id: str, *states: str) -> str:
        """Wait until an item is in one of these states; returns which."""
        try:
            until(f"{item_id} is {states}", lambda: self.state(item_id) in states)
        except AssertionError as error:
            shown = self("temporal", "workflow", "describe", "-w", f"content/{item_id}", code=None)
            log = (self.home / "logs" / "worker.log").read_text().splitlines()
            raise AssertionError("\n".join([str(error), shown.out, *log[-20:]])) from None
        return self.state(item_id)

    def state(self, item_id: str) -> str:
        """The state of an item; empty where it was not opened yet, or the database is away."""
        try:
            found = self.ask("select state from item where item_id = %s", item_id)
        except psycopg.OperationalError:
            return ""
        return str(found[0][0]) if found else ""

    def submissions(self, item_id: str) -> Counter[str]:
        """How often each scene was ordered, by the studio's own journal."""
        folder = self.studio.folder if self.studio else self.home / "vendors" / "offline-studio"
        lines = read_lines(folder / "journal.jsonl")
        ours = [x for x in lines if x["effect"] == "submitted" and x["marker"].startswith(f"{item_id}/")]
        return Counter(str(line["marker"]).rpartition("/")[0] for line in ours)

    def posts(self, item_id: str) -> int:
        """How often an item was posted, by the folder platform's own journal."""
        return sum(
            line.get("item_id") == item_id for line in read_lines(self.home / "outbox" / "journal.jsonl")
        )

    def bought_and_posted_once(self, item_id: str) -> bool:
        """Whether each of three scenes was ordered once, and the item posted once."""
        return list(self.submissions(item_id).values()) == [1, 1, 1] and self.posts(item_id) == 1
