"""Kill the process between a decision and the cap that is raised with it: neither half is ever seen alone."""

import asyncio
import signal
import sys

import pytest

from activities.store.database import Database
from schema.reviews.review import Review, ReviewState, Word
from tests.activities.ledger.scenery import plan
from tests.activities.reviews.reviewing import decisions, states
from tests.activities.reviews.test_revising import ROUND, budget, first_round, rounds


async def decide_and_die(url: str, word: Word, point: str) -> None:
    """Tell the word to a process that kills itself at the point."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crashes.deciding", url, word.model_dump_json(), point
    )
    assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL


async def decide(url: str, word: Word) -> str:
    """Tell the word to a process that lives; return what became of it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.crashes.deciding", url, word.model_dump_json(), ""),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return said.decode()


def revise(review: Review) -> Word:
    """The word that raises the cap, as a door tells it, again where no answer came."""
    return Word(
        kind="revise",
        item_id=review.item_id,
        word_id="click-1",
        actor="ada",
        door="test",
        notes="warmer",
        item_cap_microusd=2 * ROUND,
    )


async def nothing_was_done(database: Database, review: Review) -> None:
    assert await states(database) == {"1/video/1": ReviewState.OPEN}
    assert await decisions(database) == []
    assert await rounds(database, review) == [1, 1, 1]
    assert await budget(database, review) == (2_000_000, ROUND)


async def all_was_done(database: Database, review: Review) -> None:
    assert await states(database) == {"1/video/1": ReviewState.REVISED}
    assert await decisions(database) == [("raise_cap", "ada"), ("revise", "ada")]
    assert await rounds(database, review) == [1, 1, 1, 2, 2, 2]
    assert await budget(database, review) == (2 * ROUND, 2 * ROUND)


@pytest.mark.parametrize("point", ["cap.raised", "decision.inside"])
async def test_a_crash_before_the_decision_is_stored_raises_no_cap_and_buys_nothing(
    database: Database, database_url: str, point: str
) -> None:
    review = await first_round(database, plan())
    await decide_and_die(database_url, revise(review), point)
    await nothing_was_done(database, review)
    assert (await decide(database_url, revise(review))).startswith("revised by ada")
    await all_was_done(database, review)


async def test_a_crash_after_it_is_stored_finds_all_of_it_and_does_none_of_it_again(
    database: Database, database_url: str
) -> None:
    review = await first_round(database, plan())
    await decide_and_die(database_url, revise(review), "decision.stored")
    await all_was_done(database, review)
    assert (await decide(database_url, revise(review))).startswith("revised by ada")
    await all_was_done(database, review)
