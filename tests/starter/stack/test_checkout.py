"""`./reelwright test`: which tests run in which part."""

import ast
from pathlib import Path

import pytest

from starter.stack import checkout

TESTS = Path(__file__).parents[2]


def marked_alone() -> set[str]:
    """The files in which a mark `alone` stands, as Python reads them."""
    return {
        str(file.relative_to(TESTS.parent))
        for file in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "alone"
    }


def test_each_test_runs_in_one_part_and_those_that_measure_time_from_their_own_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[list[str]] = []

    def noted(command: list[str]) -> int:
        ran.append(command)
        return 0

    monkeypatch.setattr(checkout, "_run", noted)
    assert checkout.run_tests([]) == 0
    *checks, at_a_time, alone = ran
    assert [Path(check[0]).name for check in checks] == ["ruff", "ruff", "pyright"]
    assert tuple(at_a_time[4:6]) == ("-m", "not alone")
    assert tuple(alone[4:6]) == ("-m", "alone")
    assert set(alone[6:]) == marked_alone()
