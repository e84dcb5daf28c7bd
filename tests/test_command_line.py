"""What the command line says to bad input, before anything runs: one line that names the thing and the remedy."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.activities.offline.studio_process import free_port
from tests.end_to_end.conftest import short_folder
from tests.end_to_end.product import PROGRAM, Product
from tests.waiting import until


@pytest.fixture
def product() -> Iterator[Product]:
    """A command line over a home that does not exist yet."""
    with short_folder() as folder:
        yield Product(folder / "home")


def in_words(value: list[str] | str) -> str:
    """The name of a case: the words that are typed."""
    return " ".join(value) if isinstance(value, list) else ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["items", "--nope"], "No such option: --nope; `reelwright items --help` shows how"),
        (["itms"], "Did you mean 'items'"),
        (["make"], "Missing option '--account'; `reelwright make --help` shows how"),
        (["show"], "Missing argument 'item'"),
        (["show", "a", "b"], "unexpected extra argument"),
        (["items", "--most", "0"], "greater than or equal to 1"),
        (["items", "--most", "many"], "Invalid value for '--most'"),
        (["studio", "--port", "99999"], "Invalid value for '--port'"),
        (["demo", "--approve", "--reject"], "exclude each other; give one"),
        (["demo"], "there is no terminal to ask for the review; add --approve or --reject"),
        (["demo", "--approve", "--clips", "/nowhere"], "there is no folder '/nowhere'"),
        (["formats", "show", "opera"], "there is no format 'opera'; `reelwright formats list` shows"),
        (["bench", "nope"], "there is no benchmark 'nope'; there are"),
        (["revise", "x", "--notes", " "], "revise needs to know what should be different"),
        (["caption", "x", ""], "the text is empty"),
        (
            ["schedule", "add", "--account", "x", "--at", "25:00"],
            "'25:00' is no time of day; write it like 09:00",
        ),
        (["make", "--account", "x", "--cap", "lots"], "'lots' is no amount of dollars; write it like 2.50"),
        (["make", "--account", "x", "--cap", "-1"], "'-1' is no amount of dollars"),
        (["make", "--account", "x", "--cap", "1e999999"], "is too much; at most 1000000"),
        (["accounts", "set", "x"], "nothing to change was given"),
        (["accounts", "add", "x", "--time-zone", "Mars/One"], "'Mars/One' is no time zone"),
        (
            ["accounts", "add", "x", "--platform", "radio"],
            "nothing here can post to 'radio'; --platform takes folder",
        ),
        (
            ["accounts", "add", "A B"],
            "account_id: 'A B' is no name of ours; use lower-case letters, digits and dashes",
        ),
        (["restore", "/nowhere.tar.gz"], "/nowhere.tar.gz"),
    ],
    ids=in_words,
)
def test_bad_input_is_one_line(product: Product, words: list[str], said: str) -> None:
    line = product.inside(*words, code=2).line
    assert line.startswith("reelwright: ")
    assert said in line


@pytest.mark.parametrize("words", [["items"], ["approve", "x"], ["temporal", "workflow", "list"], ["worker"]])
def test_a_command_that_needs_a_stack_says_how_to_start_one(product: Product, words: list[str]) -> None:
    line = product.inside(*words, code=1).line
    assert "is not running over the home" in line
    assert "./reelwright up" in line


def test_a_hint_names_the_command_as_this_person_called_it(product: Product) -> None:
    called = {"RW_CALLED_AS": "../links/my rw"}
    assert "start it with: '../links/my rw' up" in product.inside("items", code=1, env=called).line
    elsewhere = product.inside("--home", "/elsewhere", "items", code=1, env=called)
    assert "start it with: '../links/my rw' --home /elsewhere up" in elsewhere.line


def test_a_wrong_flag_and_an_unknown_command_exit_with_2_as_processes_too(product: Product) -> None:
    assert "No such option: --nope" in product("items", "--nope", code=2).line
    assert "Did you mean 'items'" in product("itms", code=2).line


def test_debug_shows_where_an_error_comes_from(product: Product) -> None:
    said = product("--debug", "items", code=1).err
    assert "Traceback" in said
    assert said.splitlines()[-1].startswith("schema.failure.Trouble: Reelwright is not running")


@pytest.mark.parametrize("words", [["up"], ["demo", "--approve"], ["make", "--account", "x", "--wait"]])
def test_a_home_that_cannot_be_used_is_told_with_the_remedy(product: Product, words: list[str]) -> None:
    product.home.write_text("I am a file")
    assert (
        "is a file, not a folder; choose another with --home"
        in product.inside(*words, code=2).err.splitlines()[-1]
    )
    product.home.unlink()
    product.home.mkdir()
    (product.home / "holiday.jpg").touch()
    assert "is not a Reelwright home and not empty" in product.inside(*words, code=2).err.splitlines()[-1]
    (product.home / "holiday.jpg").unlink()
    version = {"reelwright": "99.0.0", "schema_number": 999, "postgres": 18}
    (product.home / "version").write_text(json.dumps(version))
    assert "was made by Reelwright 99.0.0" in product.inside(*words, code=2).err.splitlines()[-1]
    assert {path.name for path in product.home.iterdir()} <= {"version", "lock"}


def test_a_setting_that_cannot_be_used_is_named(product: Product) -> None:
    refused = product.inside("items", code=2, env={"REELWRIGHT_SLOTS": "many"})
    assert "the setting REELWRIGHT_SLOTS cannot be used" in refused.line
    refused = product.inside("items", code=2, env={"REELWRIGHT_TIMINGS__POLL": "soon"})
    assert "the setting REELWRIGHT_TIMINGS__POLL cannot be used" in refused.line


@pytest.mark.parametrize("words", [["models"], ["quote"]])
def test_price_lists_of_ones_own_that_cannot_be_used_are_named(
    product: Product, tmp_path: Path, words: list[str]
) -> None:
    own = {"REELWRIGHT_PRICES": str(tmp_path), "FAL_KEY": "id:secret"}
    (tmp_path / "fal.yaml").write_text("vendor: fal\nprices: {}\n")
    line = product.inside(*words, code=2, env=own).line
    assert line.startswith("reelwright: REELWRIGHT_PRICES/fal.yaml: version: it is missing; mend it")
    gone = own | {"REELWRIGHT_PRICES": str(tmp_path / "gone")}
    assert "REELWRIGHT_PRICES names no folder" in product.inside(*words, code=2, env=gone).line


def listens(port: int) -> bool:
    """Whether somebody answers at a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_studio_ends_at_ctrl_c_without_a_traceback(product: Product) -> None:
    port = free_port()
    process = product.begin("studio", "--port", str(port))
    until("it listens", lambda: listens(port))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "")


LOADED_EARLY = "pydantic_core"
"""A library with a file of its own in memory, which is loaded in the first half of what a process imports."""


COMMANDS = [
    *([PROGRAM, name] for name in ("items", "worker", "up", "doors")),
    *(
        [sys.executable, "-m", name]
        for name in ("worker", "signals.doors", "activities.offline.studio_server")
    ),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[-1])
def test_ctrl_c_while_modules_load_ends_a_process_without_a_traceback(
    product: Product, command: list[str]
) -> None:
    away = {"TEMPORAL_ADDRESS": "127.0.0.1:1", "DATABASE_URL": "postgresql://127.0.0.1:1/x"}
    with subprocess.Popen(
        command, env=product.environment | away, stderr=subprocess.PIPE, text=True
    ) as process:
        maps = Path(f"/proc/{process.pid}/maps")
        until("it loads", lambda: LOADED_EARLY in maps.read_text(encoding="utf-8"))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode in (130, -signal.SIGINT)
    assert len(err.splitlines()) <= 1, err


def test_a_studio_says_that_its_port_is_in_use(product: Product) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = product("studio", "--port", port, code=1)
    assert f"cannot use port {port}" in refused.line


def test_help_is_quick_since_it_loads_nothing_heavy(product: Product) -> None:
    program = "import sys; from starter.main import answer; answer(['--help']); print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, env=product.environment)
    loaded = {name.partition(".")[0] for name in ran.stderr.split()}
    assert "starter" in loaded
    assert not loaded & {"temporalio", "psycopg", "httpx", "pydantic", "numpy", "av", "anthropic"}
