"""What a format tells writers is frozen with the item: all its rounds are written by the same."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import pytest

from activities.offline.offline_writer import OfflineWriter
from activities.store.database import Database
from activities.store.postgres_store import PostgresStore
from activities.writers.port import Written
from activities.writers.task import Mend, WritingTask
from schema.formats.instruction import Instruction, Instructions, load_instruction
from schema.items.item import ItemRequest, ItemState
from schema.payload import Payload
from starter.items.start_item import Handle, start
from tests.house import House, open_house
from tests.patching import always
from tests.services import TemporalServer

T = TypeVar("T", bound=Payload)
EDITED = Instruction(version=9, system="other", ask="other", mend="other")


class RememberingWriter(OfflineWriter):
    """An offline writer that remembers by which instruction it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    async def write(self, task: WritingTask[T], mend: Mend | None = None) -> Written[T]:
        """Write one text."""
        self.asked.append((task.name, task.instruction.version))
        return await super().write(task, mend)


@pytest.fixture
def writer() -> RememberingWriter:
    return RememberingWriter()


@pytest.fixture
async def house(
    temporal: TemporalServer, database: Database, tmp_path: Path, writer: RememberingWriter
) -> AsyncIterator[House]:
    async with open_house(temporal.address, database, tmp_path, writer=writer) as opened:
        yield opened


def edit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Edit all instructions."""
    monkeypatch.setattr("schema.formats.instruction.load_instruction", always(EDITED))


async def stored(house: House, handle: Handle) -> Instructions:
    """The instructions that lie beside an item's plan."""
    return await PostgresStore(house.database).instructions(handle.id.removeprefix("content/"))


async def test_a_round_after_instructions_were_edited_is_written_by_those_of_the_day_it_was_opened(
    house: House, writer: RememberingWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = load_instruction("craft-storyboard").version
    handle = await house.begin(item_cap_microusd=9_000_000)
    await house.until(handle, "review")
    edit(monkeypatch)
    await house.say(handle, "revise", notes="warmer light")
    await house.until(handle, "review", round_number=2)
    assert writer.asked[1:] == [("prompts", now), ("prompts", now)]
    await house.until(await house.begin(), "review")
    assert writer.asked[3:] == [("idea", 9), ("prompts", 9)]


async def test_an_item_that_takes_up_another_one_lives_by_its_words(
    house: House, writer: RememberingWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await house.begin(review="PT0.5S")
    assert (await house.result(first)).state is ItemState.EXPIRED
    edit(monkeypatch)
    item_id = first.id.removeprefix("content/")
    request = ItemRequest(
        item_id=f"{item_id}x", account_id="crafts", forerunner_id=item_id, item_cap_microusd=9_000_000
    )
    second = await start(house.client, request)
    await house.until(second, "review")
    assert await stored(house, second) == await stored(house, first)
    asked = len(writer.asked)
    await house.say(second, "revise", notes="warmer light")
    await house.until(second, "review", round_number=2)
    assert [version for _, version in writer.asked[asked:]] == [load_instruction("craft-storyboard").version]
