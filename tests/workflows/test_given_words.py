"""A person's own title and caption win over a writer's; own footage asks no writer."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from activities.offline.offline_writer import OfflineWriter
from activities.store.database import Database
from activities.writers.port import Written
from activities.writers.task import Mend, WritingTask
from schema.items.item import ItemState
from schema.payload import Payload
from schema.reviews.review import ReviewState
from tests.house import House, open_house, own_clip
from tests.services import TemporalServer
from workflows.content_item import ContentItem

T = TypeVar("T", bound=Payload)


class CountingWriter(OfflineWriter):
    """An offline writer that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[WritingTask[Any]] = []

    async def write(self, task: WritingTask[T], mend: Mend | None = None) -> Written[T]:
        """Write one text."""
        if task.name == "idea":
            self.asked.append(task)
        return await super().write(task, mend)


@pytest.fixture
def writer() -> CountingWriter:
    return CountingWriter()


@pytest.fixture
async def house(
    temporal: TemporalServer, database: Database, tmp_path: Path, writer: CountingWriter
) -> AsyncIterator[House]:
    async with open_house(temporal.address, database, tmp_path, writer=writer) as opened:
        yield opened


@pytest.mark.parametrize(
    ("said", "title", "caption"),
    [
        ({}, "Own footage", ""),
        ({"title": "Lyon bakery"}, "Lyon bakery", ""),
        ({"topic": "We open on Monday"}, "We open on Monday", "We open on Monday"),
        ({"topic": "word " * 40}, "word " * 15 + "word…", "word " * 40),
        ({"topic": "We open", "title": "A bakery", "caption": "Come!"}, "A bakery", "Come!"),
    ],
)
async def test_no_writer_invents_anything_about_own_footage(
    house: House, writer: CountingWriter, said: dict[str, str], title: str, caption: str
) -> None:
    handle = await house.begin(footage=[own_clip(house)], **said)
    progress = await house.until(handle, "review")
    assert (progress.title, progress.caption) == (title, caption)
    assert ("there is no caption yet" in progress.last_word) is (not caption)
    await house.say(handle, "approve")
    assert (await house.result(handle)).state is ItemState.PUBLISHED
    (post,) = house.platforms[0].posts
    assert (post.title, post.caption, post.stand_in) == (title, caption, False)
    assert writer.asked == []
    async with house.database.transaction() as connection:
        row = await (await connection.execute("select title from item")).fetchone()
    assert row == {"title": title}


async def test_own_footage_is_not_made_again_and_its_caption_can_be_edited(house: House) -> None:
    handle = await house.begin(footage=[own_clip(house)])
    await house.until(handle, "review")
    verdict = await house.say(handle, "revise", notes="warmer")
    assert not verdict.accepted
    assert verdict.review.state is ReviewState.OPEN
    assert "the clips are your own" in verdict.line
    await house.say(handle, "edit_caption", caption="Fresh bread.")
    await house.say(handle, "approve")
    assert (await house.result(handle)).state is ItemState.PUBLISHED
    assert [post.caption for post in house.platforms[0].posts] == ["Fresh bread."]
    assert len(house.editor.compositions) == 1


async def test_a_given_title_and_caption_win_over_the_writers_in_every_round(
    house: House, writer: CountingWriter
) -> None:
    handle = await house.begin(
        topic="kintsugi", title="Mine", caption="My words.", item_cap_microusd=9_000_000
    )
    progress = await house.until(handle, "review")
    assert (progress.title, progress.caption) == ("Mine", "My words.")
    await house.say(handle, "revise", notes="warmer light")
    progress = await house.until(handle, "review", round_number=2)
    assert "took from your notes: warm golden light" in progress.last_word
    await house.say(handle, "approve")
    await house.result(handle)
    (post,) = house.platforms[0].posts
    assert (post.title, post.caption) == ("Mine", "My words.")
    assert len(writer.asked) == 1
    assert {composition.title for composition in house.editor.compositions} == {"Mine"}


async def test_an_idea_of_an_item_that_was_given_a_title_is_still_remembered(house: House) -> None:
    for _ in range(2):
        await house.until(await house.begin(title="Mine"), "review")
    async with house.database.transaction() as connection:
        rows = await (await connection.execute("select title, concept from item")).fetchall()
    assert [row["title"] for row in rows] == ["Mine", "Mine"]
    assert len({row["concept"] for row in rows}) == 2


async def test_own_footage_stands_in_nobodys_way_when_an_idea_is_held_against_earlier_ones(
    house: House,
) -> None:
    await house.until(await house.begin(footage=[own_clip(house)], topic="kintsugi"), "review")
    assert (await house.until(await house.begin(topic="kintsugi"), "review")).title != "kintsugi"


async def test_a_seed_that_was_given_is_the_same_idea_and_the_same_scenes_at_no_cost(
    house: House, writer: CountingWriter
) -> None:
    titles: list[str] = []
    costs: list[int] = []
    fields: dict[str, Any]
    for fields in (
        {"seed": 42},
        {},
        {"seed": 42},
        {"seed": 42, "title": "Mine"},
        {"seed": 42, "fresh": True},
    ):
        handle = await house.begin(item_cap_microusd=9_000_000, **fields)
        progress = await house.until(handle, "review")
        titles.append(progress.title)
        costs.append(progress.cost_microusd)
        await house.say(handle, "reject")
        await house.result(handle)
    assert titles[2] == titles[4] == titles[0] != titles[1]
    assert titles[3] == "Mine"
    assert costs[0] == costs[1] == costs[4] > 0
    assert costs[2] == costs[3] == 0
    assert [len(task.data["made_before"]) for task in writer.asked] == [0, 1, 0, 0, 0]


async def test_items_without_a_seed_are_other_ideas(house: House) -> None:
    handles = [await house.begin(topic="kintsugi", item_cap_microusd=9_000_000) for _ in range(3)]
    titles = [(await house.until(handle, "review")).title for handle in handles]
    assert len(set(titles)) == 3
    async with house.database.transaction() as connection:
        found = await (
            await connection.execute("select 1 from take where reused_from is not null")
        ).fetchall()
    assert found == []
    assert (await handles[0].query(ContentItem.progress)).caption


async def test_a_request_past_the_limits_of_doors_fails_and_says_so(house: House) -> None:
    result = await house.result(await house.begin(topic="x" * 201))
    assert (result.state, result.reason) == (ItemState.FAILED, "topic: it has more than 200 characters")
