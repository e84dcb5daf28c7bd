"""The seeded bugs still fit the code, and one of them is put in and noticed. All: `./reelwright test --mutants`."""

from pathlib import Path

import pytest

from tests.mutants.__main__ import ROOT, changed, main
from tests.mutants.mutant import Mutant
from tests.mutants.seeded import MUTANTS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_seeded_bug_still_fits_the_code_and_names_tests_that_exist(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    compile(changed(text, mutant), mutant.file, "exec")
    assert all((ROOT / test).is_file() for test in mutant.noticed_by)


def test_there_are_at_least_ten() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 10


def test_a_bug_is_noticed_and_a_harmless_change_is_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bug = next(mutant for mutant in MUTANTS if "moves a purchase" in mutant.name)
    harmless = Mutant(
        "says it in other words", bug.file, bug.old, f"{bug.old}    # no more\n", bug.noticed_by
    )
    monkeypatch.setattr("tests.mutants.__main__.MUTANTS", (bug, harmless))
    assert main([]) == 1
    told = capsys.readouterr().out
    assert "noticed" in told
    assert "SURVIVED" in told
    assert "1 of 2" in told


def test_a_bug_that_no_longer_fits_says_so() -> None:
    gone = Mutant("is gone", "worker.py", "no such line", "", ())
    with pytest.raises(ValueError, match="write 'is gone' anew"):
        changed(Path(ROOT / gone.file).read_text(encoding="utf-8"), gone)
