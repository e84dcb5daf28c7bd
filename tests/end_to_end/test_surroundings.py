"""Every command in the worst of places: it works, or says in one plain line why not.

The place: a folder with modules named like ours, all variables of other people's PostgreSQL, Temporal, Python and
proxy, a user whom the machine does not know, closed standard streams.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg.pq
import pytest
import typer.main

from starter.main import app
from tests.activities.media.footage import Footage
from tests.activities.offline.studio_process import free_port
from tests.end_to_end.conftest import short_folder
from tests.end_to_end.product import OURS
from tests.waiting import until

LAUNCHER = Path(__file__).parents[2] / "reelwright"
NOBODY, NOT_KNOWN = 65534, 4_012_345
NOT_ROUTED = "203.0.113.1"
"""An address of a network for documentation: whoever asks it waits in vain."""
MODULES = ("worker", "schema", "starter", "signals", "activities", "workflows", "typer", "psycopg", "json",
           "sitecustomize", "usercustomize")  # fmt: skip
VALUES = {
    "account": "clay", "at": "09:00", "start": "2026-11-01", "end": "2026-11-02", "cap": "2.00", "charged": "0.10",
    "item": "clay-20261101-aaaaaa", "operation": "clay-20261101-aaaaaa/1/scene/1/1", "archive": "/nowhere.tar.gz",
    "to": "backup.tar",
}  # fmt: skip
"""What required words and flags get; all others get `x`."""
WORDS: dict[tuple[str, ...], list[str]] = {
    ("test",): ["--version"],
    ("bench",): ["ledger", "--help"],
    ("chaos",): ["--help"],
    ("temporal",): ["workflow", "list"],
    ("caption",): [VALUES["item"], "Blue takes its time."],
    ("doors",): ["--port", str(free_port())],
    ("accounts", "remove"): ["unknown"],
    ("campaigns", "remove"): ["unknown"],
    ("demo",): ["--approve", "--clips", "../clips"],
    ("formats", "show"): ["asmr-craft"],
    ("accounts", "show"): ["clay"],
}
"""Commands that would take long, or need words of a certain kind."""
DOORS_PORT = str(free_port())
NO_ITEM, NOT_PARKED, NO_CHANGE = (
    "there is no item",
    "does not wait for a person",
    "nothing to change was given",
)
REFUSED: dict[tuple[str, ...], str] = {
    ("restore",): "already in use",
    **{
        (word,): NO_ITEM
        for word in ("show", "receipt", "approve", "reject", "revise", "caption", "stop", "again")
    },
    ("correct",): "there is no operation",
    **{("unknowns", word): NOT_PARKED for word in ("adopt", "write-off", "none")},
    **{(noun, "set"): NO_CHANGE for noun in ("accounts", "campaigns", "schedule")},
    ("accounts", "remove"): "there is no account",
    ("campaigns", "remove"): "there is no campaign",
}
"""What is refused beside this stack with these words, and why; everything else must work."""
SERVERS: dict[tuple[str, ...], str] = {
    ("up",): "already in use",
    ("worker",): "",
    ("studio",): "another studio works",
    ("doors",): "",
}
"""Processes that go on until they are told to stop, and what ends one at once beside a running stack."""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command of the command line with its path, as typer knows them: a new one is tried as well."""
    if inside := getattr(command, "commands", None):
        for name, one in inside.items():
            yield from commands(one, (*path, name))
    if not inside or (path and command.invoke_without_command):
        yield path, command


ALL = dict(commands(typer.main.get_command(app)))


def words_of(path: tuple[str, ...]) -> list[str]:
    """The command with whatever it requires."""
    if path in WORDS:
        return [*path, *WORDS[path]]
    words = list(path)
    for parameter in ALL[path].params:
        if parameter.required:
            flag = [parameter.opts[0]] if parameter.param_type_name == "option" else []
            words += [*flag, VALUES.get(parameter.name, "x")]
    return words


@dataclass(frozen=True)
class Place:
    """The worst of places, over a home."""

    home: Path
    folder: Path
    mark: Path
    """Appears as soon as one of the folder's modules is imported."""

    @property
    def environment(self) -> dict[str, str]:
        """As hostile as can be, but for the search path of programs."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith((*OURS, "PYTHON"))}
        for name in ("HOME", "USER", "LOGNAME"):
            kept.pop(name, None)
        libpq = {one.envvar.decode() for one in psycopg.pq.Conninfo.get_defaults() if one.envvar}
        more = ("PGDATA", "PGTZ", "PGDATESTYLE", "PGGEQO", "PGSYSCONFDIR", "PGLOCALEDIR", "PGSERVICEFILE")
        temporal = ("NAMESPACE", "API_KEY", "TLS", "PROFILE", "ENV", "CONFIG_FILE", "TLS_CA", "CODEC_ENDPOINT",
                    "CODEC_AUTH", "GRPC_META", "LOG_LEVEL", "LOG_FORMAT", "OUTPUT", "DB_FILENAME")  # fmt: skip
        return (
            kept
            | dict.fromkeys([*libpq, *more], "nonsense")
            | {"PGPORT": "6543", "PGHOSTADDR": NOT_ROUTED, "PGSERVICE": "nowhere", "PGCONNECT_TIMEOUT": "900"}
            | {f"TEMPORAL_{name}": "nonsense" for name in temporal}
            | {"PYTHONPATH": str(self.folder), "PYTHONHOME": "/nowhere", "PYTHONINSPECT": "1"}
            | {"PYTHONSTARTUP": str(self.folder / "worker.py"), "PYTHONIOENCODING": "ascii"}
            | {"PYTHONWARNINGS": "error"}
            | dict.fromkeys(
                ["http_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"], f"http://{NOT_ROUTED}:9"
            )
            | {"LC_ALL": "C", "LANGUAGE": "de", "TZ": "Pacific/Apia"}
            | {"DATABASE_DIRECT_URL": f"postgresql://{NOT_ROUTED}/x", "REELWRIGHT_DOORS_PORT": DOORS_PORT}
            | {"REELWRIGHT_PUBLIC_URL": "https://doors.example.com", "REELWRIGHT_CALLBACK_SECRET": "s" * 32}
            | {"REELWRIGHT_TIMINGS__POLL": "0.1"}
        )

    def begin(
        self, words: list[str], user: int, streams: str, error: Any = subprocess.DEVNULL
    ) -> "subprocess.Popen[bytes]":
        """Start a command; `streams` says to the shell which of them are closed."""
        command = [*who_is(user), "sh", "-c", f'exec "$0" "$@" {streams}']
        return subprocess.Popen(
            [*command, str(LAUNCHER), "--home", str(self.home), *words],
            cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=error, start_new_session=True,
        )  # fmt: skip

    def up(self, user: int) -> "subprocess.Popen[bytes]":
        """Start the stack, and wait until it is ready."""
        said = self.folder / "said"
        with said.open("wb") as file:
            running = self.begin(["up"], user, "<&- >&-", file)
        until(
            "the stack is ready",
            lambda: "everything is ready" in said.read_text() or running.poll() is not None,
        )
        assert running.poll() is None, said.read_text()
        return running


def who_is(user: int) -> list[str]:
    """Return the words that run a command in a namespace of its own, if possible."""
    words = ["unshare", "--user", f"--map-user={user}", f"--map-group={user}"]
    try:
        may = subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        may = False
    return words if may else []


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a process as Ctrl-C does."""
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """The place, with a stack that runs in it."""
    with short_folder() as base:
        here = Place(base / "home", base / "here", base / "here" / "mark")
        here.folder.mkdir()
        (base / "clips").mkdir()
        Footage(base / "clips").clip("first.mp4", size="180x320", seconds=2)
        for name in MODULES:
            package = here.folder / name
            package.mkdir()
            (package / "__init__.py").write_text(f"open({str(here.mark)!r}, 'a').write('{name} ')\n")
        (here.folder / "worker.py").write_text((here.folder / "worker" / "__init__.py").read_text())
        stop(here.up(NOBODY))  # to make a database, PostgreSQL needs a user with a name
        running = here.up(NOT_KNOWN)
        try:
            here.begin(["accounts", "add", "clay"], NOT_KNOWN, "<&- >&-").wait(timeout=60)
            yield here
        finally:
            stop(running)


@pytest.mark.parametrize("path", [path for path in ALL if path not in SERVERS], ids=" ".join)
def test_a_command_works_or_says_why_not_in_one_line(place: Place, path: tuple[str, ...]) -> None:
    process = place.begin(words_of(path), NOT_KNOWN, "<&- >&-", subprocess.PIPE)
    said = process.communicate(timeout=120)[1].decode()
    assert not place.mark.exists(), place.mark.read_text()
    for strange in ("Traceback", "Error:", "nonsense", NOT_ROUTED):
        assert strange not in said, said
    if path not in REFUSED:
        assert process.returncode == 0, said
        return
    assert process.returncode == 2, said
    (line,) = said.splitlines()
    assert line.startswith("reelwright: ")
    assert REFUSED[path] in line


@pytest.mark.parametrize("path", SERVERS, ids=" ".join)
def test_a_process_of_the_stack_goes_on_until_it_is_stopped(place: Place, path: tuple[str, ...]) -> None:
    with (place.folder / "told").open("wb") as file:
        process = place.begin(words_of(path), NOT_KNOWN, "<&- >&-", file)
    try:
        code: int | None = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        code = None
        stop(process)
    said = (place.folder / "told").read_text()
    assert not place.mark.exists(), place.mark.read_text()
    assert "Traceback" not in said
    expected = SERVERS[path]
    assert (code in (1, 2) and expected in said) if expected else code is None, said


@pytest.mark.parametrize("words", [["items"], ["quote"], ["show", "x"], ["--help"], ["items", "--nope"], []])
def test_the_exit_code_is_the_same_where_not_even_an_error_can_be_told(
    place: Place, words: list[str]
) -> None:
    heard = place.begin(words, NOT_KNOWN, "").wait(timeout=60)
    assert place.begin(words, NOT_KNOWN, "<&- >&- 2>&-").wait(timeout=60) == heard
