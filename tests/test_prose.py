"""How the code reads: short first lines, files of one purpose, and no name that has been given up."""

import ast
import re
import subprocess
from collections.abc import Iterator
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
    "bearing": "item_run",
    "desk": "the arbiter, or studio_orders",
    "filming": "the stages",
    "given": "option_values",
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
    "watching": "follow",
}
"""Names of files that were given up, each with what takes its place."""


def files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


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


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(ROOT)))
class TestProse:
    def test_a_file_has_one_purpose_and_not_too_many_lines(self, file: Path) -> None:
        assert len(file.read_text(encoding="utf-8").splitlines()) <= MOST_LINES

    def test_the_first_line_of_a_docstring_is_understood_once_read(self, file: Path) -> None:
        long = [
            line
            for line in first_lines(ast.parse(file.read_text(encoding="utf-8")))
            if len(line.split()) > MOST_WORDS
        ]
        assert not long

    def test_no_name_is_used_that_was_given_up(self, file: Path) -> None:
        found = set(definitions(ast.parse(file.read_text(encoding="utf-8")))) & set(IDENTIFIERS)
        assert not {name: f"use {IDENTIFIERS[name]}" for name in found}
        assert file.stem not in MODULES, MODULES[file.stem]

    def test_sentences_name_their_actor(self, file: Path) -> None:
        if "tests" not in file.relative_to(ROOT).parts:
            lines = [
                line.strip()
                for line in file.read_text(encoding="utf-8").splitlines()
                if PRONOUNS.search(line)
            ]
            assert not lines
