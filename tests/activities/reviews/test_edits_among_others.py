"""What waits while a caption is edited hears of the newer revision, never of the replaced one."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from activities.reviews.arbiter import PostgresArbiter
from activities.store.database import Database
from schema.reviews.review import Review, ReviewState, Verdict, Word
from tests.activities.reviews.reviewing import on_show

EDIT = {"kind": "edit_caption", "caption": "Another caption.", "actor": "ada", "door": "test"}


async def while_edited(
    database: Database, review: Review, word: dict[str, str], meanwhile: Coroutine[Any, Any, Verdict]
) -> Verdict:
    """Let something wait for a word of Ada's that edits, and return what it heard."""
    arbiter = PostgresArbiter(database)
    async with database.transaction() as connection:
        edited = Word.model_validate(word | {"item_id": review.item_id})
        assert (await arbiter._decide(connection, edited)).accepted  # pyright: ignore[reportPrivateUsage]
        waiting = asyncio.create_task(meanwhile)
        await until_one_waits(database)
        assert not waiting.done()
    return await waiting


async def until_one_waits(database: Database) -> None:
    """Wait until a transaction waits for a lock of another one."""
    while True:
        async with database.statements() as connection:
            cursor = await connection.execute("select count(*) as waiting from pg_locks where not granted")
            row = await cursor.fetchone()
        if row and row["waiting"]:
            return
        await asyncio.sleep(0.02)


async def test_the_deadline_that_waits_for_an_approval_with_another_caption_hears_the_approval(
    database: Database,
) -> None:
    review = await on_show(database)
    heard = await while_edited(
        database, review, EDIT | {"kind": "approve"}, PostgresArbiter(database).expire(review.item_id)
    )
    assert (heard.review.state, heard.review.revision) == (ReviewState.APPROVED, 2)


async def test_the_deadline_that_waits_for_an_edited_caption_leaves_the_new_revision_open(
    database: Database,
) -> None:
    review = await on_show(database)
    heard = await while_edited(database, review, EDIT, PostgresArbiter(database).expire(review.item_id))
    assert (heard.review.state, heard.review.revision) == (ReviewState.OPEN, 2)


@pytest.mark.parametrize(("seen", "taken"), [(True, False), (False, True)], ids=["of the old one", "of any"])
async def test_an_approval_that_waits_for_an_edited_caption_counts_only_where_it_names_no_other_one(
    database: Database, seen: bool, taken: bool
) -> None:
    review = await on_show(database)
    word = Word(
        kind="approve",
        item_id=review.item_id,
        review_id=review.review_id if seen else None,
        actor="bob",
        door="test",
    )
    heard = await while_edited(database, review, EDIT, PostgresArbiter(database).decide(word))
    assert heard.accepted is taken
    assert (heard.review.state is ReviewState.APPROVED) is taken
    assert heard.review.revision == 2
