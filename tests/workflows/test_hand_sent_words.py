"""Words sent by hand, from the Temporal UI or the `temporal` command: whatever they hold, none holds up the next."""

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue

from schema.items.item import ItemState
from schema.reviews.review import ReviewState, Word
from signals import names
from starter.items.start_item import Handle
from tests.house import House
from workflows.content_item import ContentItem

JSON = {"encoding": b"json/plain"}
UNSTORABLE = {
    "a zero in a text": Payload(metadata=JSON, data=b'"a\\u0000b"'),
    "a zero in an object": Payload(metadata=JSON, data=b'{"caption": "a\\u0000b"}'),
    "an escape": Payload(metadata=JSON, data=b'"\\u001b[31mred"'),
    "half a character": Payload(metadata=JSON, data=b'"\\ud800"'),
    "half a character in a name": Payload(metadata=JSON, data=b'{"\\ud800": 1}'),
    "half a character in the actor": Payload(metadata=JSON, data=b'{"actor": "\\udfff", "caption": "x"}'),
    "no JSON": Payload(metadata=JSON, data=b"warmer light"),
    "bytes": Payload(metadata={"encoding": b"binary/plain"}, data=b"\xff\x00"),
    "an unknown encoding": Payload(metadata={"encoding": b"binary/encrypted"}, data=b"\xff\x00"),
    "nothing at all": Payload(),
}


@pytest.mark.parametrize("signal", [names.EDIT_CAPTION, names.APPROVE, names.REVISE, names.REJECT])
async def test_words_that_cannot_be_stored_change_nothing_and_the_next_one_counts(
    house: House, signal: str
) -> None:
    handle = await house.begin()
    first = await house.until(handle, "review")
    for sent in UNSTORABLE.values():
        await handle.signal("edit_caption", "between two")
        await house.told(handle, "the new caption")
        await handle.signal(signal, RawValue(sent))
        await house.told(handle, "nothing was changed")
    shown = await house.until(handle, "review")
    assert shown.review_id != first.review_id
    assert (await house.say(handle, "approve")).accepted
    assert (await house.result(handle)).state is ItemState.PUBLISHED


@pytest.mark.parametrize("sent", ["a zero in a text", "half a character in the actor", "an unknown encoding"])
async def test_a_stop_counts_whatever_it_says(house: House, sent: str) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    await handle.signal(names.STOP, RawValue(UNSTORABLE[sent]))
    assert (await house.result(handle)).state is ItemState.STOPPED


async def test_each_word_behind_the_one_that_counts_is_answered(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    await house.leave()
    await handle.signal(names.APPROVE)
    await handle.signal(names.REJECT, {"actor": "ben", "notes": "too dark"})
    await handle.signal(names.EDIT_CAPTION, {"actor": "cleo", "caption": "Later."})
    await house.come()
    assert (await house.result(handle)).state is ItemState.PUBLISHED
    said = (await handle.query(ContentItem.progress)).last_word
    assert said.startswith("approved by temporal-cli; ")
    assert "reject by ben: not rejected: approved by temporal-cli, at " in said
    assert "edit_caption by cleo: not changed: approved by temporal-cli, at " in said


async def test_more_words_than_can_be_shown_are_counted(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    await house.leave()
    await handle.signal(names.REJECT)
    for number in range(13):
        await handle.signal(names.APPROVE, {"actor": f"p{number}"})
    await house.come()
    assert (await house.result(handle)).state is ItemState.REJECTED
    said = (await handle.query(ContentItem.progress)).last_word
    assert said.count("approve by ") == 5
    assert said.endswith("8 more words changed nothing")


async def test_an_edit_that_is_told_twice_makes_one_revision(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    word = Word(kind="edit_caption", item_id=item_of(handle), caption="Once.", word_id="click-7")
    first = await house.decide(handle, word)
    again = await house.decide(handle, word)
    assert first.accepted
    assert again.accepted
    assert first.review.revision == again.review.revision == 2
    assert again.line == first.line


async def test_an_update_that_names_no_review_counts_for_what_was_on_show_when_it_came(house: House) -> None:
    """Its activity may run twice: the second time the first one's revision is on show."""
    handle = await house.begin()
    await house.until(handle, "review")
    word = Word(kind="edit_caption", item_id=item_of(handle), caption="Once.")
    house.failing.lose_answers("record_decision", times=1)
    verdict = await house.decide(handle, word)
    assert verdict.review.revision == 2
    async with house.database.transaction() as connection:
        cursor = await connection.execute("select count(*) as made from review")
        assert await cursor.fetchone() == {"made": 2}


async def test_a_word_that_meets_a_bug_is_answered_and_the_next_one_counts(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    house.failing.fail("record_decision", TypeError("'NoneType' object is not callable"), times=1)
    await handle.signal(names.EDIT_CAPTION, "Never stored.")
    await house.told(
        handle, "what became of edit_caption by temporal-cli is not known: a bug of ours in record_decision"
    )
    assert (await house.say(handle, "approve")).review.state is ReviewState.APPROVED
    assert (await house.result(handle)).state is ItemState.PUBLISHED


async def test_a_stop_is_heard_while_a_word_cannot_be_stored(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    house.failing.fail("record_decision", ConnectionRefusedError("nobody there"), times=1_000)
    await handle.signal(names.APPROVE)
    await house.trouble(handle, "nobody there")
    await handle.signal(names.STOP, "ada")
    assert (await house.result(handle)).state is ItemState.STOPPED


def item_of(handle: Handle) -> str:
    return handle.id.removeprefix("content/")
