"""One round of an item: its money is reserved whole first, and its clips come in order."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from activities.offline.offline_writer import OfflineWriter
from activities.store.database import Database
from activities.writers.port import Written
from activities.writers.task import Mend, WritingTask
from schema.content.scene import SceneOrder
from schema.content.still import StillOrder
from schema.failure import NoEffect
from schema.items.item import ItemState
from schema.payload import Payload
from signals import names
from tests.fakes import InstantStudio
from tests.house import House, open_house
from tests.services import TemporalServer
from tests.timings import SHORT
from workflows.content_item import ContentItem

T = TypeVar("T", bound=Payload)
PATIENT = SHORT.model_copy(update={"headroom_wait": timedelta(minutes=1)})


async def test_a_round_for_which_room_never_comes_is_refused_and_a_stop_is_heard_meanwhile(
    house: House,
) -> None:
    await house.account(day_cap_microusd=2_000_000)
    house.studio.never_finishes = True
    holds = await house.begin()
    await house.until(holds, "scenes", scenes="ordered")
    waits, stopped = await house.begin(), await house.begin()
    for handle in (waits, stopped):
        await house.told(handle, "waits for room: the budget account-day:crafts")
    await stopped.signal(names.STOP, "ada")
    assert (await house.result(stopped)).state is ItemState.STOPPED
    assert (await waits.query(ContentItem.progress)).stage == "scenes"
    refused = await house.result(waits)
    assert refused.state is ItemState.REFUSED_BY_CAP
    assert refused.reason.endswith(
        "`accounts set --day-cap` raises the account's, and tomorrow is another day"
    )
    assert len(house.studio.orders) == 3


async def test_a_round_goes_on_as_soon_as_others_have_given_their_room_back(
    temporal: TemporalServer, database: Database, tmp_path: Path
) -> None:
    async with open_house(temporal.address, database, tmp_path, timings=PATIENT) as house:
        await house.account(day_cap_microusd=2_000_000)
        house.studio.never_finishes = True
        holds = await house.begin()
        await house.until(holds, "scenes", scenes="ordered")
        waits = await house.begin()
        await house.told(waits, "waits for room")
        await holds.signal(names.STOP)
        await house.result(holds)
        house.studio.never_finishes = False
        await house.until(waits, "review")


async def test_a_refusal_that_waiting_does_not_help_is_told_at_once(
    temporal: TemporalServer, database: Database, tmp_path: Path
) -> None:
    async with open_house(temporal.address, database, tmp_path, timings=PATIENT) as house:
        handle = await house.begin(item_cap_microusd=1_400_000)
        async with asyncio.timeout(20):
            assert (await house.result(handle)).state is ItemState.REFUSED_BY_CAP
        assert house.studio.orders == []


async def test_the_caps_of_an_item_hold_for_its_first_round(house: House) -> None:
    for field, scope in (("item_cap_microusd", "item:"), ("day_cap_microusd", "account-day:")):
        cap: dict[str, Any] = {field: 1_400_000}
        result = await house.result(await house.begin(**cap))
        assert result.state is ItemState.REFUSED_BY_CAP
        assert f"the budget {scope}" in result.reason
    assert house.studio.orders == []


async def test_nothing_is_ordered_before_the_whole_round_is_reserved(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The budgets show three scenes while the first of them is still asked for."""
    reserved: list[int] = []

    async def submit(order: SceneOrder | StillOrder, start_image: str | None = None) -> str:
        async with house.database.statements() as connection:
            row = await (await connection.execute("select count(*)::int as made from operation")).fetchone()
        reserved.append(row["made"] if row else 0)
        return await InstantStudio.submit(house.studio, order, start_image)

    monkeypatch.setattr(house.studio, "submit", submit)
    handle = await house.begin()
    await house.until(handle, "review")
    assert reserved == [3, 3, 3]


async def test_clips_follow_each_other_as_their_scenes_do_and_each_has_a_seed_of_its_own(
    house: House,
) -> None:
    handle = await house.begin(item_cap_microusd=9_000_000)
    await house.until(handle, "review")
    await house.say(handle, "revise", notes="warmer light")
    await house.until(handle, "review", round_number=2)
    for composition in house.editor.compositions:
        assert [clip.stem[-2:] for clip in composition.clips] == ["s1", "s2", "s3"]
    assert len({order.seed for order in house.studio.orders}) == 6


async def test_a_stop_is_heard_while_a_round_cannot_be_reserved(house: House) -> None:
    house.failing.fail("reserve_round", ConnectionRefusedError("nobody there"), times=1_000)
    handle = await house.begin()
    await house.trouble(handle, "nobody there")
    await handle.signal(names.STOP, "ada")
    assert (await house.result(handle)).state is ItemState.STOPPED
    assert house.studio.orders == []


async def test_what_a_lost_round_still_holds_is_given_back_and_the_earlier_cut_is_shown(house: House) -> None:
    """Two of its scenes wait for a busy vendor, with their money held, when the third is refused for good."""
    handle = await house.begin(item_cap_microusd=9_000_000)
    first = await house.until(handle, "review")
    house.studio.refuses = NoEffect("429: busy", repeatable=True)
    await house.say(handle, "revise", notes="warmer light")
    await house.trouble(handle, "429: busy")
    house.studio.refuses_scenes[2] = NoEffect("422: not that one", repeatable=False)
    again = await house.until(handle, "review", round_number=2)
    assert again.video_key == first.video_key
    assert "not that one" in again.last_word
    async with house.database.statements() as connection:
        cursor = await connection.execute(
            "select reserved_microusd, settled_microusd from budget where starts_with(scope, 'item:')"
        )
        assert await cursor.fetchone() == {"reserved_microusd": 0, "settled_microusd": 1_500_000}


class RefusingWriter(OfflineWriter):
    """An offline writer that takes its time over the words of a second round, and then refuses them."""

    def __init__(self) -> None:
        self.is_asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def write(self, task: WritingTask[T], mend: Mend | None = None) -> Written[T]:
        """Write one text of the first round."""
        if task.data.get("round") == 2:
            self.is_asked.set()
            await self.may_answer.wait()
            raise NoEffect("not with me", repeatable=False)
        return await super().write(task, mend)


@pytest.mark.parametrize("stopped", [True, False])
async def test_a_round_that_fails_brings_the_earlier_cut_back_unless_the_item_was_stopped_meanwhile(
    temporal: TemporalServer, database: Database, tmp_path: Path, stopped: bool
) -> None:
    writer = RefusingWriter()
    async with open_house(temporal.address, database, tmp_path, writer=writer) as house:
        handle = await house.begin(item_cap_microusd=9_000_000)
        first = await house.until(handle, "review")
        await house.say(handle, "revise", notes="warmer light")
        await writer.is_asked.wait()
        if stopped:
            await handle.signal(names.STOP, "ada")
            await handle.query(ContentItem.progress)
        writer.may_answer.set()
        if stopped:
            assert (await house.result(handle)).reason == "stopped by ada"
        else:
            again = await house.until(handle, "review", round_number=2)
            assert again.video_key == first.video_key
            assert "not with me" in again.last_word


async def test_a_stop_is_heard_while_a_cut_is_made_again_and_again(house: House) -> None:
    house.editor.fails = ConnectionResetError("the disk went away")
    handle = await house.begin()
    await house.trouble(handle, "the disk went away")
    await handle.signal(names.STOP, "ada")
    assert (await house.result(handle)).state is ItemState.STOPPED


async def test_a_cut_is_made_with_what_an_item_was_given_to_frame_it(house: House) -> None:
    brought = house.home / "content" / "brought"
    brought.mkdir(parents=True)
    keys = {f"{name}_key": f"content/brought/{name}.mp4" for name in ("intro", "outro", "watermark")}
    for key in keys.values():
        (house.home / key).write_bytes(key.encode())
    await house.until(await house.begin(**keys), "review")
    (made,) = house.editor.compositions
    framed = (made.intro, made.outro, made.watermark)
    assert [one.relative_to(house.home).as_posix() for one in framed if one] == list(keys.values())
