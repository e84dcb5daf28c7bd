"""What commands answer to machines is one JSON object of one shape, and nothing is forgotten that was made."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from tests.end_to_end.product import Product
from tests.end_to_end.test_surroundings import ALL, REFUSED, words_of
from tests.waiting import until

ELSEWHERE = {("demo",), ("make",), ("chaos",), ("reconcile",)}
"""Their answers are tested where they are made."""
ASKED = [
    path
    for path, command in ALL.items()
    if path not in REFUSED
    and path not in ELSEWHERE
    and any(parameter.name == "as_json" for parameter in command.params)
]


def names(found: JsonValue) -> set[str]:
    """The names of all fields, however deep."""
    if isinstance(found, dict):
        return set(found) | set[str]().union(*map(names, found.values()))
    return set[str]().union(*map(names, found)) if isinstance(found, list) else set()


@pytest.fixture(scope="module")
def asked(stack: Product) -> Iterator[Product]:
    """A stack in which every list has a row."""
    stack.inside("schedule", "add", "--account", "clay", "--at", "09:00")
    stack.inside("campaigns", "add", "answers", "--account", "clay", "--cap", "2.00")
    yield stack
    stack.inside("resume")
    stack.inside("schedule", "remove", "--account", "clay")
    stack.inside("campaigns", "remove", "answers")


@pytest.mark.parametrize("path", ASKED, ids=" ".join)
def test_an_answer_is_one_object_that_names_its_home_and_tells_dollars(
    asked: Product, path: tuple[str, ...], tmp_path: Path
) -> None:
    words = [str(tmp_path / word) if word == "backup.tar" else word for word in words_of(path)]
    answer = asked.inside(*words, "--json")
    assert answer.json["home"] == str(asked.home)
    assert not [name for name in names(answer.json) if name.endswith("microusd")]
    if path[-1] in ("list",):
        told: list[JsonValue] = list(answer.json.values())
        (rows,) = [value for value in told if isinstance(value, list)]
        assert rows


def test_what_was_never_used_can_be_removed_and_what_was_made_stays(stack: Product) -> None:
    stack.inside("accounts", "add", "misspelt")
    stack.inside("campaigns", "add", "unused", "--account", "misspelt", "--cap", "2.00")
    assert stack.inside("items", "--account", "misspelt").out == "there are none\n"
    assert "'misspelt' has items" in stack.inside("accounts", "remove", "misspelt", code=2).line
    stack.inside("campaigns", "remove", "unused")
    stack.inside("schedule", "add", "--account", "misspelt", "--at", "09:00")
    assert "makes items each day" in stack.inside("accounts", "remove", "misspelt", code=2).line
    stack.inside("schedule", "remove", "--account", "misspelt")
    assert stack.inside("accounts", "remove", "misspelt").out == "removed misspelt\n"
    assert "no account 'misspelt'" in stack.inside("accounts", "show", "misspelt", code=2).line
    stack.inside("accounts", "add", "used", "--item-cap", "0")
    item = stack.make("used")
    until("the item has ended", lambda: stack.state(item) == "refused_by_cap")
    assert "'used' has items" in stack.inside("accounts", "remove", "used", code=2).line


def test_a_charge_of_more_than_was_reserved_is_asked_for_again(stack: Product) -> None:
    item = stack.waiting("clay")
    correct = ("correct", f"{item}/1/scene/1/1", "--charged", "99")
    assert "is more than the $0.50 simulated reserved" in stack.inside(*correct, code=2).line
    stack.inside("reject", item)


def test_the_help_cuts_no_line(stack: Product) -> None:
    assert "..." not in stack.inside("--help").out.partition("Commands:")[2]
    assert stack.inside("--version").out.startswith("reelwright 0.")
    assert "workflow, compose, waiting or ledger" in stack.inside("bench", "--help").out
