"""The stairs of the house: a room may look down, never up."""

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BELOW: dict[str, set[str]] = {
    "schema": set(),
    "activities": {"schema"},
    "signals": {"schema", "activities"},
    "workflows": {"schema", "signals", "activities"},
    "starter": {"schema", "signals", "workflows", "activities"},
}
PLAIN = (
    "activities/platforms",
    "activities/media",
    "activities/studios",
    "activities/writers",
    "activities/offline",
    "activities/storage",
    "activities/outbound",
    "activities/messengers",
)
"""Rooms without Temporal in them."""
DRIVERS = {
    "psycopg",
    "psycopg_pool",
    "httpx",
    "httpx2",
    "av",
    "ffmpeg",
    "boto3",
    "anthropic",
    "cryptography",
    "fal_client",
    "slack_sdk",
}

WITHOUT_ADAPTERS = {
    "bookkeeping": {"port", "vendor_reading"},
    "ledger": {"port", "crash_points"},
    "media": {"port"},
    "messengers": set[str](),
    "offline": set[str](),
    "platforms": {"port"},
    "reviews": {"port"},
    "storage": {"port", "file_keys"},
    "store": {"port"},
    "studios": {"port", "request_mapping"},
    "writers": {
        "port",
        "task",
        "idea_task",
        "prompts_task",
        "answer_schema",
        "answer_reading",
        "brief_limits",
        "json_object",
    },
}
"""By room with adapters: what stories, verbs and purchases may load of it. All else is handed in by the worker."""
OPEN_TO = {
    "starter": {
        *("buying.purchases", "film_scene", "ledger", "open_item", "platforms.platform_registry", "reviews"),
        *("media.binary", "media.editor", "media.port", "media.probe", "storage", "store"),
    },
    "signals/doors": {
        *(
            "ledger",
            "outbound.client",
            "reviews",
            "runtime.process_log",
            "storage",
            "store",
            "studios.signatures",
        ),
    },
}
"""What the command line and the doors may import of `activities/`: whole rooms, or single files."""


@cache
def imports(file: Path) -> tuple[str, ...]:
    return tuple(names_imported(file))


def names_imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)  # a module of a room, perhaps
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def files_of(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def files_among(modules: Iterable[str]) -> Iterator[str]:
    """Yield which of these are files of `activities/`, as `room.file` or, of a verb, `file`."""
    for module in modules:
        if module.startswith("activities.") and (ROOT / (module.replace(".", "/") + ".py")).exists():
            yield module.removeprefix("activities.")


def closure(file: Path) -> set[str]:
    """Every module that importing this file loads, as far as it is ours, and what those import."""
    seen: set[str] = set()
    waiting = list(imports(file))
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        found = ROOT / (module.replace(".", "/") + ".py")
        if found.exists():
            waiting += imports(found)
    return seen


@pytest.mark.parametrize("room", BELOW)
def test_a_room_looks_down_never_up(room: str) -> None:
    for file in files_of(room):
        up = {name.split(".")[0] for name in imports(file)} & (set(BELOW) | {"worker", "tests"}) - BELOW[
            room
        ] - {room}
        assert not up, f"{file.relative_to(ROOT)} looks up to {up}"


@pytest.mark.parametrize("room", PLAIN)
def test_plain_rooms_know_nothing_of_temporal(room: str) -> None:
    for file in files_of(room):
        assert not any(name.startswith("temporalio") for name in closure(file)), file.relative_to(ROOT)


@pytest.mark.parametrize(
    "file",
    [
        *sorted((ROOT / "activities").glob("*.py")),
        *files_of("activities/buying"),
        ROOT / "activities/reviews/port.py",
    ],
    ids=lambda file: file.name,
)
def test_activities_import_ports_never_adapters_or_drivers(file: Path) -> None:
    loaded = {name.split(".")[0] for name in closure(file)}
    assert not loaded & DRIVERS, f"{file.name} loads {loaded & DRIVERS}"


@pytest.mark.parametrize(
    "file",
    [
        *sorted((ROOT / "activities").glob("*.py")),
        *files_of("activities/buying"),
        *sorted((ROOT / "workflows").glob("*.py")),
        *files_of("workflows/stages"),
    ],
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_only_the_worker_hands_in_adapters(file: Path) -> None:
    for module in files_among(closure(file)):
        room, _, name = module.partition(".")
        if room in WITHOUT_ADAPTERS and name:
            assert name in WITHOUT_ADAPTERS[room], f"{file.relative_to(ROOT)} loads activities.{module}"


@pytest.mark.parametrize("room", OPEN_TO)
def test_command_line_and_doors_enter_the_rooms_that_are_open_to_them(room: str) -> None:
    for file in files_of(room):
        for module in files_among(imports(file)):
            entered = {module, module.partition(".")[0]} & OPEN_TO[room]
            assert entered, f"{file.relative_to(ROOT)} imports activities.{module}"


@pytest.mark.parametrize("room", PLAIN)
def test_ports_and_adapters_know_nothing_of_purchases(room: str) -> None:
    for file in files_of(room):
        assert not any(name.startswith("activities.buying") for name in closure(file)), file.relative_to(ROOT)


def test_reviews_buy_from_the_ledger_which_knows_nothing_of_them() -> None:
    """The ledger is handed what allows a post, so that each room can be read by itself."""
    for room in ("activities/ledger", "activities/store"):
        for file in files_of(room):
            assert not any(name.startswith("activities.reviews") for name in closure(file)), file.relative_to(
                ROOT
            )


def test_purchases_know_no_verb() -> None:
    verbs = {
        f"activities.{file.stem}"
        for file in (ROOT / "activities").glob("*.py")
        if "@activity.defn" in file.read_text(encoding="utf-8")
    }
    for file in files_of("activities/buying"):
        assert not verbs & closure(file), file.relative_to(ROOT)


def test_an_adapter_of_writers_knows_no_kind_of_text() -> None:
    """What is written is a task's matter; only the composers of the offline writer are made for one each."""
    kinds = {file.stem for file in files_of("activities/writers") if file.stem.endswith("_task")}
    for name in (
        "claude",
        "openai_compatible",
        "chat_completions",
        "model_answer",
        "token_price",
        "port",
        "task",
    ):
        file = ROOT / "activities" / "writers" / f"{name}.py"
        assert not closure(file) & {f"activities.writers.{kind}" for kind in kinds}, name
        assert not set(imports(file)) & {"schema.content.idea", "schema.content.scene"}, name


@pytest.mark.parametrize("file", files_of("workflows"), ids=lambda file: file.name)
def test_workflows_import_names_from_their_own_modules(file: Path) -> None:
    """`from workflows import x` gives the sandbox a second copy of x, whose exceptions nobody catches."""
    assert "workflows" not in set(imports(file))


@pytest.mark.parametrize("file", sorted((ROOT / "workflows").glob("*.py")), ids=lambda file: file.name)
def test_no_story_imports_the_room_that_serves_it(file: Path) -> None:
    assert not any(name.startswith("workflows.serving") for name in closure(file))


@pytest.mark.parametrize("file", sorted((ROOT / "signals").glob("*.py")), ids=lambda file: file.name)
def test_names_and_words_on_the_wire_know_no_door(file: Path) -> None:
    assert not any(name.startswith(("signals.doors", "activities")) for name in closure(file))


def test_the_rooms_of_activities_form_no_circle() -> None:
    folders = sorted(file.parent for file in (ROOT / "activities").glob("*/__init__.py"))
    above = {
        folder.name: {room for file in files_of(f"activities/{folder.name}") for room in rooms_in(file)}
        for folder in folders
    }
    order: list[str] = []
    while len(order) < len(above):
        lowest = [room for room in above if room not in order and above[room] - {room} <= set(order)]
        assert lowest, f"a circle among {set(above) - set(order)}"
        order += lowest
    assert order.index("storage") < order.index("ledger") < order.index("buying") < order.index("reviews")


def rooms_in(file: Path) -> set[str]:
    """The rooms of `activities/` that a file imports."""
    parts = [name.split(".") for name in imports(file)]
    return {
        part[1]
        for part in parts
        if part[0] == "activities" and len(part) > 1 and (ROOT / "activities" / part[1]).is_dir()
    }


def test_only_the_worker_asks_which_vendors_are_configured() -> None:
    for room in BELOW:
        for file in files_of(room):
            asked = {name.rpartition(".")[2] for name in imports(file)}
            assert not asked & {"studio_registry", "writer_registry"}, file.relative_to(ROOT)


def test_only_the_settings_read_the_environment() -> None:
    allowed = {"schema/settings.py", "starter/stack", "starter/stack/run_stack.py"}
    for room in BELOW:
        for file in files_of(room):
            name = str(file.relative_to(ROOT))
            if any(name.startswith(place) for place in allowed):
                continue
            assert not re.search(r"os\.(environ|getenv)", file.read_text(encoding="utf-8")), name


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name]


def test_no_committed_file_names_a_package_registry_or_is_a_lock_with_addresses() -> None:
    hosts = re.compile(r"(pypi|pythonhosted|npmjs)\.(org|com)".replace("(", "(?:"))
    for file in tracked():
        assert file.name != "uv.lock"
        if file.suffix not in {".ttf", ".png", ".jpg"} and file.exists():
            assert not hosts.search(file.read_text(encoding="utf-8")), file.relative_to(ROOT)


def test_no_committed_file_is_large() -> None:
    for file in tracked():
        assert not file.exists() or file.stat().st_size < 5_000_000, file.relative_to(ROOT)
