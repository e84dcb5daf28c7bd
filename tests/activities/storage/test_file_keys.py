"""Keys are spelled in one place."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from activities.storage import file_keys
from tests.test_rooms import BELOW, ROOT, files_of

SPELLED_IN = Path("activities/storage/file_keys.py")
_SERVING = Path("workflows/serving")
WORKFLOW_IDS = {Path("signals/names.py"), _SERVING / "fault_interceptor.py", _SERVING / "item_log.py"}
"""They speak of the workflow `content/<item>`, not of files."""
FOLDERS = ("content/", "cache/scratch")


def spelled(file: Path) -> Iterator[str]:
    """Every text of a file that is not a docstring."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def test_no_other_file_spells_a_key() -> None:
    for file in (file for room in BELOW for file in files_of(room)):
        name = file.relative_to(ROOT)
        if name == SPELLED_IN or name in WORKFLOW_IDS:
            continue
        found = [text for text in spelled(file) if text.startswith(FOLDERS)]
        assert not found, f"{name} spells {found}: give it a function in {SPELLED_IN}"


def test_only_storage_turns_a_key_into_a_path() -> None:
    joined = re.compile(r"/ \(?[\w.]*_?key\b")
    for file in (file for room in BELOW for file in files_of(room)):
        assert not joined.search(file.read_text(encoding="utf-8")), file.relative_to(ROOT)


def test_everything_of_an_item_lies_in_its_folder() -> None:
    item_id = "clay-20261127-aaaaaa"
    cut = file_keys.cut(item_id, 1, "a" * 64)
    keys = [
        file_keys.idea(item_id),
        file_keys.prompts(item_id),
        file_keys.writers_answer(item_id, 1, "idea", 1),
        file_keys.fetched(item_id, 1, 1),
        file_keys.take(item_id, 1, 1),
        file_keys.brought(item_id, "intro"),
        cut,
        file_keys.thumbnail_of(cut),
        file_keys.metadata_of(cut),
        file_keys.final_video(item_id),
        file_keys.final_thumbnail(item_id),
        file_keys.final_metadata(item_id),
    ]
    assert len(set(keys)) == len(keys)
    assert all(key.startswith(f"{file_keys.item_folder(item_id)}/") for key in keys)


def test_the_cuts_of_two_rounds_and_of_two_tries_have_names_of_their_own() -> None:
    made = {file_keys.cut("x", number, sha256 * 64) for number in (1, 2) for sha256 in "ab"}
    assert len(made) == 4
