"""The proof in short: a few items among every kind of fault, and nothing of the promise is broken."""

import json

import pytest

from tests.chaos import programme
from tests.chaos.__main__ import main

SEED = 113
SECONDS = 8


@pytest.mark.alone
@pytest.mark.server
def test_items_among_faults_of_every_kind_break_no_promise(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--items", "8", "--seconds", str(SECONDS), "--seed", str(SEED), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (code, found["right"], found["breaches"]) == (0, True, [])
    assert found["seed"] == SEED
    assert sum(found["items"].values()) == 8
    assert found["items"]["refused_by_cap"] >= 1
    assert found["posts"] == found["items"]["published"] >= 1
    assert set(found["submissions"]) == {"fal", "replicate"}, "nothing was bought from the next vendor"
    assert found["lies"] > 0
    struck = {kind.split()[0] for kind, times in found["faults"].items() if times}
    assert struck >= {"worker", "PostgreSQL", "Temporal", "vendor", "network"}


def test_the_programme_follows_from_the_seed_alone() -> None:
    assert programme.draw(7, 60) == programme.draw(7, 60) != programme.draw(8, 60)
