"""Items that are taken up again: nothing is bought again, and nothing is posted a second time."""

import re

import pytest

from activities.ledger.parked_operations import prove_none
from activities.reviews.item_lines import PostgresLines
from schema.failure import Fault, NoEffect, Trouble
from schema.items.item import ItemRequest, ItemState, successor_id
from starter.items.start_item import Handle, start
from tests.house import House
from workflows.content_item import ContentItem


async def again(house: House, handle: Handle, **fields: object) -> Handle:
    """Take an item up again, as the command does after its own check."""
    item_id = item_of(handle)
    return await start(
        house.client,
        ItemRequest.model_validate(
            {"item_id": f"{item_id}x", "account_id": "crafts", "forerunner_id": item_id} | fields
        ),
    )


async def refusal(house: House, handle: Handle) -> str:
    with pytest.raises(Trouble) as refused:
        await PostgresLines(house.database).take_up(item_of(handle))
    assert refused.value.fault is Fault.BAD_INPUT
    return str(refused.value)


async def expired(house: House) -> Handle:
    handle = await house.begin(review="PT0.5S")
    assert (await house.result(handle)).state is ItemState.EXPIRED
    return handle


async def test_an_overslept_item_is_posted_after_all_and_buys_nothing(house: House) -> None:
    first = await expired(house)
    ordered = len(house.studio.orders)
    second = await again(house, first)
    shown = await house.until(second, "review")
    earlier = await first.query(ContentItem.progress)
    assert shown.title == earlier.title
    assert shown.caption
    assert (await house.say(second, "approve")).accepted
    result = await house.result(second)
    assert (result.state, result.cost_microusd) == (ItemState.PUBLISHED, 0)
    assert len(house.studio.orders) == ordered
    (post,) = house.platforms[0].posts
    assert post.caption == shown.caption
    assert post.sha256
    assert "is published" in await refusal(house, second)


async def test_a_rejected_item_can_be_approved_after_all_with_another_caption(house: House) -> None:
    first = await house.begin()
    await house.until(first, "review")
    await house.say(first, "reject", notes="not today")
    assert (await house.result(first)).state is ItemState.REJECTED
    second = await again(house, first)
    await house.until(second, "review")
    await house.say(second, "edit_caption", caption="Today.")
    await house.say(second, "approve")
    assert (await house.result(second)).state is ItemState.PUBLISHED
    assert [post.caption for post in house.platforms[0].posts] == ["Today."]


async def test_an_item_that_failed_at_its_post_is_posted_by_the_next_one(house: House) -> None:
    house.platforms[0].before = NoEffect("the caption is too long", repeatable=False)
    first = await house.begin()
    await house.until(first, "review")
    await house.say(first, "approve")
    assert (await house.result(first)).state is ItemState.FAILED
    house.platforms[0].before = None
    second = await again(house, first)
    await house.until(second, "review")
    await house.say(second, "approve")
    assert (await house.result(second)).state is ItemState.PUBLISHED
    assert len(house.platforms[0].posts) == 1


@pytest.mark.parametrize("happened", [True, False], ids=["the post was made", "it was not"])
async def test_a_post_whose_answer_was_lost_is_a_question_first_and_then_one_post(
    house: House, happened: bool
) -> None:
    platform = house.platforms[0]
    lost = ConnectionResetError("cut")
    platform.after, platform.before = (lost, None) if happened else (None, lost)
    platform.is_away = True
    first = await house.begin()
    await house.until(first, "review")
    await house.say(first, "approve")
    await house.trouble(first, "cannot be looked up")
    await first.signal("stop", "ada")
    assert (await house.result(first)).state in (ItemState.PARKED, ItemState.STOPPED)
    question = f"{item_of(first)}/1/publish/folder/feed:crafts/1"
    assert question in await refusal(house, first)

    ahead = await again(house, first)  # somebody who does not ask: the row refuses
    assert (await house.result(ahead)).state is ItemState.FAILED

    platform.after = platform.before = None
    platform.is_away = False
    async with house.database.transaction() as connection:
        await connection.execute("update operation set state = 'parked' where operation_id = %s", [question])
    if happened:
        assert len(platform.posts) == 1
        return
    async with house.database.transaction() as connection:
        await prove_none(connection, question, "ada")
    second = await again(house, first, item_id=f"{item_of(first)}y")
    await house.until(second, "review")
    await house.say(second, "approve")
    assert (await house.result(second)).state is ItemState.PUBLISHED
    assert len(platform.posts) == 1


async def test_one_place_of_a_whole_line_has_one_post_whatever_was_checked_before(house: House) -> None:
    """The first post is made while the next item already waits: the claim itself refuses the second."""
    first = await expired(house)
    second = await again(house, first)
    await house.until(second, "review")
    async with house.database.transaction() as connection:
        await connection.execute(
            """
            insert into operation (operation_id, slot, attempt, kind, item_id, account_id, round, vendor, book, state,
                                   prepared_handle, reserved_microusd, scopes, line_id)
            select %(id)s || '/1', %(id)s, 1, 'publish', item_id, account_id, 1, 'folder/feed:crafts', 'simulated',
                   'unknown', 'handle', 0, '{}', line_id from item where item_id = %(item)s
            """,
            {"id": f"{item_of(first)}/1/publish/folder/feed:crafts", "item": item_of(first)},
        )
    await house.say(second, "approve")
    result = await house.result(second)
    assert result.state is ItemState.FAILED
    assert "not proven to have failed" in result.reason
    assert house.platforms[0].posts == []


async def test_after_a_restore_a_forerunners_forgotten_post_is_looked_for(house: House) -> None:
    """The backup was made before the first item's post, which it therefore knows nothing of."""
    first = await house.begin()
    await house.until(first, "review")
    await house.say(first, "approve")
    assert (await house.result(first)).state is ItemState.PUBLISHED
    async with house.database.transaction() as connection:
        await connection.execute("update operation set state = 'released' where kind = 'publish'")
        await connection.execute("update item set state = 'expired'")
        await connection.execute(
            "insert into configuration (key, value) values ('restored_at', to_jsonb(clock_timestamp()))"
        )
    second = await again(house, first)
    await house.until(second, "review")
    await house.say(second, "approve")
    assert (await house.result(second)).state is ItemState.PARKED
    assert len(house.platforms[0].posts) == 1


async def test_an_item_is_taken_up_by_one_other_and_that_one_by_the_next(house: House) -> None:
    first = await expired(house)
    second = await again(house, first, review="PT0.5S")
    assert (await house.result(second)).state is ItemState.EXPIRED
    assert item_of(second) in await refusal(house, first)
    twice = await again(house, first, item_id=f"{item_of(first)}y")
    assert (await house.result(twice)).state is ItemState.FAILED
    third = await again(house, second)
    await house.until(third, "review")
    await house.say(third, "approve")
    assert (await house.result(third)).state is ItemState.PUBLISHED
    assert len(house.platforms[0].posts) == 1


async def test_an_item_that_ended_before_its_review_does_not_lock_its_line(house: House) -> None:
    first = await expired(house)
    (files,) = (house.home / "content" / item_of(first) / "cuts").glob("r1-*.json")
    told = files.read_text()
    files.unlink()
    second = await again(house, first)
    assert (await house.result(second)).state is ItemState.FAILED
    files.write_text(told)
    for named in (first, second):
        taken = await PostgresLines(house.database).take_up(item_of(named))
        assert (taken.item_id, taken.forerunner_id) == (item_of(first), item_of(second))
    third = await again(house, first, item_id=f"{item_of(first)}z")
    await house.until(third, "review")
    assert item_of(third) in await refusal(house, second)
    await house.say(third, "approve")
    assert (await house.result(third)).state is ItemState.PUBLISHED
    assert len(house.platforms[0].posts) == 1


def test_the_item_that_takes_one_up_has_a_name_that_a_restore_does_not_change() -> None:
    """So what it posted after the backup is found again by its very name."""
    name = successor_id("crafts-20261120-abcdef", "crafts")
    assert name == successor_id("crafts-20261120-abcdef", "crafts")
    assert re.fullmatch(r"crafts-20261120-[a-z2-7]{6}", name)
    assert name != successor_id(name, "crafts")


async def test_a_taken_up_item_can_be_revised_and_buys_that_round_only(house: House) -> None:
    first = await expired(house)
    ordered = len(house.studio.orders)
    second = await again(house, first)
    await house.until(second, "review")
    assert (await house.say(second, "revise", notes="warmer candle light")).accepted
    await house.until(second, "review", round_number=2)
    await house.say(second, "approve")
    assert (await house.result(second)).state is ItemState.PUBLISHED
    assert len(house.studio.orders) == ordered + 3


async def test_what_cannot_be_taken_up_says_why(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    assert "has not ended" in await refusal(house, handle)
    refused = await house.begin(item_cap_microusd=1)
    assert (await house.result(refused)).state is ItemState.REFUSED_BY_CAP
    assert "ended before its review" in await refusal(house, refused)


async def test_a_file_that_is_not_the_one_on_show_is_not_taken_over(house: House) -> None:
    first = await expired(house)
    (cut,) = (house.home / "content" / item_of(first) / "cuts").glob("r1-*.mp4")
    cut.write_bytes(b"another")
    second = await again(house, first)
    result = await house.result(second)
    assert result.state is ItemState.FAILED
    assert "not the one that was on show" in result.reason


def item_of(handle: Handle) -> str:
    return handle.id.removeprefix("content/")
