"""How the code reads: short first lines, files of one purpose, and no name that has been given up."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MOST_WORDS = 20
"""In the first line of a docstring."""
MOST_LINES = 300
"""Of a file."""
PRONOUNS = re.compile(r"(?<!`)\b(?:[Ww]hoever|(?:[Ss]ome|[Nn]o|[Aa]ny|[Ee]very)body|(?:[Ss]ome|[Aa]ny)one)\b")
"""Words that stand where an actor should be named: worker, vendor, reviewer, database, person."""
IDENTIFIERS = {
    "Bearing": "ItemRun",
    "Demo": "WantedItem",
    "Desk": "StudioOrders, or the arbiter",
    "Keyed": "VendorBase",
    "Kept": "WritingRecord",
    "Making": "WantedItem",
    "Mishaps": "FailingActivities",
    "Ordering": "SceneEffect",
    "Patience": "MissingSince, or a timeout",
    "Question": "ParkedOperation",
    "Seen": "Sighting, or a state",
    "Shelf": "ClipReuse",
    "Standing": "Status, or BudgetState",
    "Told": "HintOutcome",
    "Wish": "WantedItem, or RevisionNotes",
    "fulfil": "purchases of writing",
    "unless_lost": "what a failed round does",
    "unless_stopped": "the stop switch",
    "with_disk": "until_disk_frees",
    "with_room": "until_budget_frees",
}
"""Names of classes and functions that were given up, each with what takes its place."""
MODULES = {
    "able": "worker_report",
    "answers": "json_output",
    "asking": "request_mapping",
    "asks": "writing",
    "bearing": "item_run",
    "desk": "the arbiter, or studio_orders",
    "filming": "the stages",
    "given": "option_values",
    "guard": "child/guard_process, guard_client",
    "guarded": "child/guard_process",
    "hearing": "child/sound_level",
    "joined": "studio_registry, writer_registry",
    "keyed": "vendor_base",
    "looking": "child/probe_file",
    "making": "make_item",
    "mishaps": "error_lines",
    "ordering": "scene_effect",
    "patience": "missing_since",
    "questions": "parked_operations",
    "room": "until a budget frees",
    "said": "model_answer",
    "seeing": "child/frames",
    "shelf": "clip_reuse",
    "showing": "show_item",
    "standing": "status",
    "unknowns": "parked_operations",
    "watching": "follow",
}
"""Names of files that were given up, each with what takes its place."""


@cache
def files(*kinds: str) -> dict[Path, str]:
    """Return the text of every tracked file of these kinds; Python by default."""
    listed = subprocess.run(
        ["git", "ls-files", *(kinds or ("*.py",))], cwd=ROOT, capture_output=True, check=True, text=True
    )
    found = [ROOT / name for name in listed.stdout.splitlines()]
    return {file: file.read_text(encoding="utf-8") for file in found if file.exists()}


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def definitions(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a file defines: modules it imports, classes, functions, attributes and variables."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case (
                ast.Name(id=name, ctx=ast.Store())
                | ast.Attribute(attr=name, ctx=ast.Store())
                | ast.arg(arg=name)
            ):
                yield name
            case ast.ImportFrom(module=str(module), names=names):
                yield from module.split(".")
                yield from (alias.asname or alias.name for alias in names)
            case _:
                pass


def first_lines(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if documented and (text := ast.get_docstring(node)):
            yield text.splitlines()[0]


def test_a_file_has_one_purpose_and_not_too_many_lines() -> None:
    lines = {name_of(file): len(text.splitlines()) for file, text in files().items()}
    assert not {name: count for name, count in lines.items() if count > MOST_LINES}


def test_the_first_line_of_a_docstring_is_understood_once_read() -> None:
    long = {
        name_of(file): line
        for file, text in files().items()
        for line in first_lines(ast.parse(text))
        if len(line.split()) > MOST_WORDS
    }
    assert not long


def test_no_name_is_used_that_was_given_up() -> None:
    used = {
        name_of(file): f"{name}: use {IDENTIFIERS[name]}"
        for file, text in files().items()
        for name in set(definitions(ast.parse(text))) & set(IDENTIFIERS)
    }
    assert not used
    assert not {name_of(file): MODULES[file.stem] for file in files() if file.stem in MODULES}


def test_sentences_name_their_actor() -> None:
    found = {
        name_of(file): line.strip()
        for file, text in files("*.py", "*.md", "*.sql", "*.yaml").items()
        for line in text.splitlines()
        if "tests" not in file.relative_to(ROOT).parts and PRONOUNS.search(line)
    }
    assert not found


@pytest.mark.parametrize(
    ("line", "found"), [("# Nobody asks", True), ("user `nobody`", False), ("NOBODY = 65534", False)]
)
def test_a_pronoun_is_told_from_a_name(line: str, found: bool) -> None:
    assert bool(PRONOUNS.search(line)) is found


def test_definitions_are_found_wherever_they_stand() -> None:
    text = "from a.b import c as d\nclass E:\n    f: int = 1\n    def g(self, h):\n        self.i = j = 2\n"
    assert set(definitions(ast.parse(text))) == {"a", "b", "d", "E", "f", "g", "self", "h", "i", "j"}
