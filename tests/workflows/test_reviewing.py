"""A review waits its full time, reminds of its end, and no word holds it up."""

from datetime import timedelta

from activities.store import outbox
from schema.items.item import ItemState
from signals import names
from starter.items.start_item import Handle
from tests.house import House
from workflows.content_item import ContentItem

BUG = TypeError("'NoneType' object is not callable")
AWAY = ConnectionRefusedError("nobody there")


async def reminders(house: House, handle: Handle) -> list[str]:
    """What people were told of an item's review, oldest first."""
    async with house.database.statements() as connection:
        told = [one.line for one in await outbox.newest(connection, 10) if one.kind == "review"]
    return [
        line.removeprefix(handle.id.removeprefix("content/")).partition(":")[0] for line in reversed(told)
    ]


async def test_a_review_stays_open_exactly_as_long_as_was_asked_for(house: House) -> None:
    handle = await house.begin(review="PT1H")
    shown = await house.until(handle, "review")
    async with house.database.statements() as connection:
        cursor = await connection.execute("select deadline - created_at as open_for, deadline from review")
        row = await cursor.fetchone()
    assert row == {"open_for": timedelta(hours=1), "deadline": shown.review_ends}


async def test_a_reminder_says_how_long_the_review_still_waits(house: House) -> None:
    handle = await house.begin(review="PT2S")
    assert (await house.result(handle)).state is ItemState.EXPIRED
    (opened, reminded) = await reminders(house, handle)
    assert opened.startswith(" waits for you until ")
    assert reminded == " still waits for you; its review ends in 1 s"


async def test_a_stored_word_that_cannot_be_read_holds_nothing_up(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    house.failing.fail("read_decision", BUG, times=1)
    await house.say(handle, "approve")
    await house.told(handle, "a stored word cannot be read: a bug of ours in read_decision")
    assert (await handle.query(ContentItem.progress)).stage == "review"
    await handle.signal(names.DECIDED)
    assert (await house.result(handle)).state is ItemState.PUBLISHED


async def test_a_stop_is_heard_while_a_stored_word_cannot_be_read(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    house.failing.fail("read_decision", AWAY, times=1_000)
    await house.say(handle, "approve")
    await house.trouble(handle, "nobody there")
    await handle.signal(names.STOP, "ada")
    assert (await house.result(handle)).state is ItemState.STOPPED
    assert house.platforms[0].posts == []


async def test_words_are_heard_in_the_order_in_which_they_came(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    await house.leave()
    await handle.signal(names.REJECT, {"actor": "ben", "notes": "too dark"})
    await handle.signal(names.APPROVE, {"actor": "ada"})
    await house.come()
    result = await house.result(handle)
    assert (result.state, result.reason) == (ItemState.REJECTED, "too dark")


async def test_a_second_round_begins_with_no_word_of_the_first(house: House) -> None:
    """What was said behind a revise was said of a cut that is not on show any more."""
    handle = await house.begin(item_cap_microusd=9_000_000)
    await house.until(handle, "review")
    await house.leave()
    await handle.signal(names.REVISE, "warmer light")
    await handle.signal(names.APPROVE, {"actor": "ben"})
    await house.come()
    again = await house.until(handle, "review", round_number=2)
    assert house.platforms[0].posts == []
    await handle.signal(names.APPROVE)
    assert (await house.result(handle)).state is ItemState.PUBLISHED
    assert len(house.platforms[0].posts) == 1
    assert again.review_id is not None
    assert again.review_id.endswith("/2/video/1")


async def test_a_caption_that_a_person_wrote_stays_through_a_revise(house: House) -> None:
    handle = await house.begin(item_cap_microusd=9_000_000)
    await house.until(handle, "review")
    await house.say(handle, "edit_caption", caption="My words.")
    await house.told(handle, "waits for a decision")
    await house.say(handle, "revise", notes="warmer light")
    again = await house.until(handle, "review", round_number=2)
    assert again.caption == "My words."
    await house.say(handle, "approve")
    assert (await house.result(handle)).state is ItemState.PUBLISHED
    assert [post.caption for post in house.platforms[0].posts] == ["My words."]
