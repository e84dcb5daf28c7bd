"""The benchmarks in short: they still run, everything comes out right, and nothing has become a disaster."""

import json

import pytest

from tests.benchmarks import compose, ledger, waiting, workflow

pytestmark = pytest.mark.alone
DISASTER = 0.2
"""A ratio or share that no noise of a busy machine explains."""


async def test_items_of_instant_vendors_are_published_once_and_not_far_slower_than_bare_workflows() -> None:
    found = await workflow.measure(items=6, at_once=6, pairs=1)
    assert found["exactly_once"]
    ours, bare = found["ours"]["history"], found["bare"]["history"]
    assert {name: ours[name] for name in workflow.COUNTED} == {name: bare[name] for name in workflow.COUNTED}
    assert found["ratio"]["median"] > DISASTER
    assert workflow.in_words(found)


async def test_items_that_wait_survive_a_killed_worker_and_are_each_published_once() -> None:
    found = await waiting.measure(6)
    assert found["published"] == found["posted_once"] == found["bought_once"] == 6
    assert waiting.in_words(found)


async def test_reservations_on_one_hot_day_are_quick() -> None:
    found = await ledger.measure(reservations=50, rate=50)
    alone_ms = found["an_item"]["wall_ms"]  # everything the ledger does for an item, in the same run
    assert found["hot_day"]["p50_ms"] < max(20, alone_ms) / DISASTER
    assert ledger.in_words(found)


def test_compositions_are_not_far_dearer_than_calls_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    assert compose.main(["--pairs", "1", "--seconds", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
