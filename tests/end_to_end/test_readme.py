"""Every command of README and `docs/` is run, here in order or by a named test."""

import re
import shlex
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.activities.media.footage import Footage
from tests.activities.offline.studio_process import free_port
from tests.end_to_end.product import Product
from tests.waiting import until

ROOT = Path(__file__).parents[2]
ELSEWHERE = {
    "./reelwright demo": "end_to_end/test_terminal.py::test_a_person_looks_edits_the_caption_and_approves",
    "./reelwright demo --crash --approve": "end_to_end/test_demo.py::"
    "test_a_demo_whose_worker_is_killed_twice_buys_each_scene_once_and_posts_once",
    "./reelwright up": "end_to_end/conftest.py::stack",
    "./reelwright restore before-the-holidays.tar.gz --replace": "end_to_end/test_care.py::"
    "test_a_running_stack_is_backed_up_and_restored_into_another_home",
    "./reelwright migrate --restored": "end_to_end/test_care.py::"
    "test_a_running_stack_is_backed_up_and_restored_into_another_home",
    "./reelwright bench compose": "benchmarks/test_short_forms.py::"
    "test_compositions_are_not_far_dearer_than_calls_by_hand",
    "./reelwright bench workflow": "benchmarks/test_short_forms.py::"
    "test_items_of_instant_vendors_are_published_once_and_not_far_slower_than_bare_workflows",
    "./reelwright bench waiting": "benchmarks/test_short_forms.py::"
    "test_items_that_wait_survive_a_killed_worker_and_are_each_published_once",
    "./reelwright chaos --items 200 --seconds 240": "chaos/test_chaos.py::"
    "test_items_among_faults_of_every_kind_break_no_promise",
    "./reelwright bench ledger": "benchmarks/test_short_forms.py::test_reservations_on_one_hot_day_are_quick",
}
"""Commands that need a terminal, a stack of their own or much time, and the test that runs each."""
THIS_RUN = {"./reelwright test", "./reelwright test --quick", "./reelwright test --mutants"}
"""The tests themselves, some of them, and what tests them: `mutants/test_mutants.py` runs two bugs of it."""
WITH_DOORS = {
    "REELWRIGHT_PUBLIC_URL": "https://doors.example.com",
    "REELWRIGHT_CALLBACK_SECRET": "s" * 32,
    "REELWRIGHT_DOORS_PORT": str(free_port()),
}
SPENDS_ITS_ITEM = {"approve", "reject", "stop", "again"}

NEXT_ROUND = "select 1 from review where item_id = %s and state = 'open' and round = 2"


def commands(file: Path) -> list[str]:
    """Every `./reelwright` command of a page, in order, without its comment."""
    text = file.read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL))
    shown = re.findall(r"^(\./reelwright .*?)(?:\s+#.*)?$", blocks, flags=re.MULTILINE)
    inline = re.findall(r"`(\./reelwright [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return list(dict.fromkeys([*shown, *inline]))


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ALL = list(dict.fromkeys(command for page in PAGES for command in commands(page)))


def test_every_command_said_to_be_run_elsewhere_is_shown_and_run_there() -> None:
    for command, place in ELSEWHERE.items():
        assert command in ALL, f"no page shows {command!r} any more"
        file, _, name = place.partition("::")
        assert name in (ROOT / "tests" / file).read_text(encoding="utf-8"), place


def test_every_other_command_works_in_the_order_of_the_pages(
    fresh: Callable[..., Product], tmp_path: Path
) -> None:
    product = fresh()
    product.up()
    clips = tmp_path / "clips"
    clips.mkdir()
    Footage(clips).clip("first.mp4", size="180x320", seconds=3)
    places = {"~/clips": str(clips), "before-the-holidays.tar.gz": str(tmp_path / "before.tar.gz")}
    places["caption.txt"] = str(tmp_path / "caption.txt")
    (tmp_path / "caption.txt").write_text("Blue takes its time.\n\n#indigo\n", encoding="utf-8")
    product.inside("accounts", "add", "demo", "--day-cap", "1000")
    product.inside("caps", "--day", "1000")
    item, going_on = "", list[subprocess.Popen[str]]()
    for command in ALL:
        if command in ELSEWHERE or command in THIS_RUN:
            continue
        words = [places.get(word, word) for word in shlex.split(command)[1:]]
        if words[0] in ("worker", "studio"):
            going_on.append(product.begin(*words))
            continue
        if words[0] == "doors":
            going_on.append(replace(product, extra=WITH_DOORS).begin(*words))
            continue
        if words[0] == "test":
            continue_with_pytest(words)
            continue
        if any("ITEM" in word for word in words):
            if not item:
                product.inside("accounts", "set", "crafts", "--item-cap", "1000", "--day-cap", "1000")
                item = product.waiting("crafts")
            words = [word.replace("ITEM", item) for word in words]
            if words[0] == "again":
                product.inside("reject", item)
                product.until(item, "rejected")
        run = product if words[0] == "temporal" else product.inside  # that one takes the place of its process
        answer = run(*words, code=3 if "--reject" in words else 0)
        assert "Traceback" not in answer.err, command
        if "revise" in words:
            until("the next round is on show", lambda: product.ask(NEXT_ROUND, item))  # noqa: B023
        if SPENDS_ITS_ITEM.intersection(words):
            item = ""
    all_go_on(going_on)


def all_go_on(processes: list["subprocess.Popen[str]"]) -> None:
    """See that each process goes on until it is told to stop."""
    time.sleep(3)
    for process in processes:
        assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGTERM)
    for process in processes:
        process.communicate(timeout=30)


def continue_with_pytest(words: list[str]) -> None:
    """`./reelwright test PLACE` names tests that exist, with flags that they know."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", *words[1:]]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0, words


def test_the_tasks_that_the_pages_name_exist() -> None:
    text = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    tasks = set(re.findall(r"\.venv/bin/poe (\w+)", text))
    tool = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[tool.poe.tasks]")[2]
    assert tasks == set(re.findall(r"^(\w+) = ", tool.partition("[tool.ruff]")[0], flags=re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_place_that_the_glossary_names_is_there() -> None:
    rows = re.findall(
        r"\| `([^`]+)`( \(planned\))? \|$", (ROOT / "docs/glossary.md").read_text("utf-8"), re.MULTILINE
    )
    assert len(rows) > 30
    for place, planned in rows:
        assert (ROOT / place).exists() is not bool(planned), place


def test_the_lock_holds_every_dependency_of_the_project() -> None:
    locked = set(
        re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    assert {re.split(r"[^A-Za-z0-9._-]", name)[0].lower() for name in asked} <= locked
