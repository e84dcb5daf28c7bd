"""What an ended item hands on to its successor, and what is asked about the line first."""

import pytest

from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.arbiter import PostgresArbiter
from activities.reviews.closing import PostgresCloser
from activities.reviews.item_lines import PostgresLines
from activities.store.database import Database
from schema.failure import Fault, Trouble
from schema.items.item import Ending, ItemState
from schema.items.plan import ItemPlan, TakenUp
from schema.purchases.operation import Order
from tests.activities.ledger.scenery import open_item, plan, post_order, scene_order
from tests.activities.reviews.reviewing import CAPTION, on_show, request_for, say
from tests.timings import SHORT

FIRST, SECOND, THIRD = (f"crafts-20261120-line0{number}" for number in (1, 2, 3))


async def ended(database: Database, item: ItemPlan, state: ItemState = ItemState.EXPIRED) -> ItemPlan:
    """An item that was shown, and has ended."""
    await on_show(database, item)
    await PostgresCloser(database).close_item(Ending(item_id=item.item_id, state=state))
    return item


async def taken(database: Database, item_id: str) -> TakenUp:
    return await PostgresLines(database).take_up(item_id)


async def refusal(database: Database, item_id: str) -> str:
    with pytest.raises(Trouble) as refused:
        await taken(database, item_id)
    assert refused.value.fault is Fault.BAD_INPUT
    return str(refused.value)


async def line_of_two(database: Database, *, ordered: Order | None = None, as_state: str = "") -> ItemPlan:
    """Two items, the second of which took the first up; the first one may have ordered something."""
    first = await open_item(database, plan(FIRST))
    if ordered:
        await PostgresLedger(database, SHORT).reserve([ordered], first.limits)
        async with database.transaction() as connection:
            await connection.execute(
                "update operation set state = %s, prepared_handle = case kind when 'publish' then 'handle' end",
                [as_state],
            )
    await ended(database, first)
    handed_on = TakenUp(
        item_id=FIRST,
        forerunner_id=FIRST,
        line=(FIRST,),
        title="",
        caption="",
        video_key="",
        video_sha256="",
        posted_to=(),
    )
    return await ended(database, plan(SECOND).model_copy(update={"taken_up": handed_on}))


async def test_what_was_shown_last_is_handed_on_with_the_whole_line(database: Database) -> None:
    second = await line_of_two(database)
    handed_on = await taken(database, second.item_id)
    assert (handed_on.item_id, handed_on.line) == (SECOND, (FIRST, SECOND))
    assert (handed_on.caption, handed_on.video_sha256) == (CAPTION, "a" * 64)
    assert handed_on.video_key == f"content/{SECOND}/final.mp4"
    assert handed_on.posted_to == ()


async def test_of_several_revisions_and_rounds_the_newest_is_handed_on(database: Database) -> None:
    review = await on_show(database, plan(FIRST, item_cap_microusd=9_000_000))
    await say(database, review, "edit_caption", caption="Second.")
    await say(database, review, "revise", notes="warmer")
    again = request_for(plan(FIRST), 2, caption="Third.", sha256="b" * 64)
    await PostgresArbiter(database).open_review(again)
    async with database.transaction() as connection:
        await connection.execute("update item set title = 'Blue'")
    await PostgresCloser(database).close_item(Ending(item_id=FIRST, state=ItemState.EXPIRED))
    handed_on = await taken(database, FIRST)
    assert (handed_on.title, handed_on.caption, handed_on.video_sha256) == ("Blue", "Third.", "b" * 64)


@pytest.mark.parametrize("state", ["sending", "unknown", "parked"])
@pytest.mark.parametrize("kind", ["paid", "publish"])
async def test_an_open_question_of_any_forerunner_is_asked_first(
    database: Database, kind: str, state: str
) -> None:
    item = plan(FIRST)
    order = scene_order(item, 1, 1) if kind == "paid" else post_order(item)
    second = await line_of_two(database, ordered=order, as_state=state)
    line = await refusal(database, second.item_id)
    assert line.startswith(f"answer first what became of {order.slot}/1: `reelwright unknowns`")


@pytest.mark.parametrize(
    ("kind", "state", "posted"),
    [
        ("publish", "accepted", ("folder",)),
        ("publish", "settled", ("folder",)),
        ("publish", "released", ()),
        ("paid", "settled", ()),
        ("paid", "released", ()),
    ],
)
async def test_a_place_where_any_forerunner_has_a_post_is_named_and_nothing_else(
    database: Database, kind: str, state: str, posted: tuple[str, ...]
) -> None:
    item = plan(FIRST)
    order = scene_order(item, 1, 1) if kind == "paid" else post_order(item)
    second = await line_of_two(database, ordered=order, as_state=state)
    assert (await taken(database, second.item_id)).posted_to == posted


async def test_a_purchase_that_was_never_seen_to_end_is_asked_first(database: Database) -> None:
    order = scene_order(plan(FIRST), 1, 1)
    second = await line_of_two(database, ordered=order, as_state="accepted")
    assert order.slot in await refusal(database, second.item_id)


async def test_what_cannot_be_taken_up_says_why_and_what_to_do_instead(database: Database) -> None:
    await line_of_two(database)
    assert f"was taken up again as {SECOND}" in await refusal(database, FIRST)
    await ended(database, plan(THIRD), ItemState.PUBLISHED)
    assert "is published; there is nothing left to post" in await refusal(database, THIRD)
    running = await on_show(database, plan("crafts-20261120-line04"))
    assert "has not ended: it is waiting" in await refusal(database, running.item_id)
    unseen = await open_item(database, plan("crafts-20261120-line05"))
    await PostgresCloser(database).close_item(Ending(item_id=unseen.item_id, state=ItemState.FAILED))
    assert "it ended before its review" in await refusal(database, unseen.item_id)


@pytest.mark.parametrize(
    "state", ["accepted", "settled", "sending", "unknown", "parked", "reserved", "prepared"]
)
async def test_no_item_of_a_line_posts_where_another_one_may_have_posted(
    database: Database, state: str
) -> None:
    """Whatever was checked before: the row of the post itself refuses."""
    await line_of_two(database, ordered=post_order(plan(FIRST)), as_state=state)
    async with database.transaction() as connection:
        await connection.execute("update operation set state = %s, prepared_handle = 'handle'", [state])
        await connection.execute("update item set ended_at = null where item_id = %s", [SECOND])
    with pytest.raises(Trouble, match="nothing is posted there a second time") as refused:
        await PostgresLedger(database, SHORT).reserve([post_order(plan(SECOND))], None)
    assert refused.value.fault is Fault.FINISHED


async def test_an_item_of_a_line_posts_where_no_other_one_has(database: Database) -> None:
    await line_of_two(database, ordered=post_order(plan(FIRST)), as_state="released")
    async with database.transaction() as connection:
        await connection.execute("update item set ended_at = null where item_id = %s", [SECOND])
    ledger = PostgresLedger(database, SHORT)
    assert isinstance(await ledger.reserve([post_order(plan(SECOND))], None), list)
