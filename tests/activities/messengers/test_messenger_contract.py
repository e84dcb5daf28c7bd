"""What every messenger must keep. A new one joins by one line in `MESSENGERS`."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.messengers.journal import JournalMessenger
from activities.messengers.port import Messenger
from schema.reviews.message import Message

DAMAGED = {
    "no JSON": b"\xff\xfe\x00 not a line of ours\n",
    "cut in the middle": b'{"message_id":"budget/\n',
    "another list": b"[1, 2]\n",
    "without an id": b'{"line":"budget"}\n',
    "blank": b"\n",
}


@dataclass(frozen=True)
class Way:
    """One way to a person: how it is made, and what that person was shown."""

    make: Callable[[Path], Messenger]
    shown: Callable[[Path], list[str]]
    """The ids of messages, in order."""


def in_journal(outbox: Path) -> list[str]:
    found: list[str] = []
    for line in (outbox / "alerts.jsonl").read_bytes().splitlines():
        try:
            found.append(json.loads(line)["message_id"])
        except (ValueError, KeyError, TypeError):
            continue
    return found


MESSENGERS: dict[str, Way] = {"journal": Way(JournalMessenger, in_journal)}


@pytest.fixture(params=sorted(MESSENGERS))
def way(request: pytest.FixtureRequest) -> Way:
    return MESSENGERS[request.param]


def message(name: str) -> Message:
    return Message(
        message_id=name, kind="overrun", account_id=None, line=f"about {name}", created_at=datetime.now(UTC)
    )


async def test_each_message_is_shown_once_however_often_it_is_told(way: Way, tmp_path: Path) -> None:
    messenger = way.make(tmp_path)
    for name in ("a", "b", "a", "b", "c"):
        await messenger.tell(message(name))
    assert way.shown(tmp_path) == ["a", "b", "c"]


async def test_another_worker_knows_what_was_told(way: Way, tmp_path: Path) -> None:
    first, second = way.make(tmp_path), way.make(tmp_path)
    for messenger, name in ((first, "a"), (second, "b"), (first, "b"), (second, "a"), (first, "c")):
        await messenger.tell(message(name))
    await way.make(tmp_path).tell(message("c"))
    assert way.shown(tmp_path) == ["a", "b", "c"]


async def test_many_tell_at_once_and_nothing_is_shown_twice_or_lost(way: Way, tmp_path: Path) -> None:
    workers = [way.make(tmp_path) for _ in range(4)]
    names = [f"overrun/{number}" for number in range(25)]
    await asyncio.gather(*(worker.tell(message(name)) for worker in workers for name in names))
    assert sorted(way.shown(tmp_path)) == sorted(names)


async def test_what_cannot_be_delivered_now_says_so_and_may_be_told_again(way: Way, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    outbox.write_text("not a folder")
    messenger = way.make(outbox)
    with pytest.raises(OSError, match="outbox"):
        await messenger.tell(message("a"))
    outbox.unlink()
    await messenger.tell(message("a"))
    assert way.shown(outbox) == ["a"]


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("when", ["before it began", "while it ran"])
async def test_a_damaged_line_silences_nobody(tmp_path: Path, damage: str, when: str) -> None:
    journal = tmp_path / "alerts.jsonl"
    messenger = JournalMessenger(tmp_path)
    await messenger.tell(message("a"))
    with journal.open("ab") as opened:
        opened.write(DAMAGED[damage])
    told = messenger if when == "while it ran" else JournalMessenger(tmp_path)
    for name in ("a", "b", "b"):
        await told.tell(message(name))
    assert in_journal(tmp_path) == ["a", "b"]
    assert DAMAGED[damage] in journal.read_bytes()


@pytest.mark.parametrize("again", [True, False], ids=["same worker", "next worker"])
async def test_a_line_that_a_crash_cut_short_is_written_again(tmp_path: Path, again: bool) -> None:
    messenger = JournalMessenger(tmp_path)
    await messenger.tell(message("a"))
    with (tmp_path / "alerts.jsonl").open("a") as journal:
        journal.write(message("b").model_dump_json()[:40])
    await (messenger if again else JournalMessenger(tmp_path)).tell(message("b"))
    assert in_journal(tmp_path) == ["a", "b"]
    assert len((tmp_path / "alerts.jsonl").read_text("utf-8").splitlines()) == 2


@pytest.mark.parametrize("replaced", [True, False], ids=["replaced", "emptied"])
async def test_a_journal_that_a_person_began_anew_is_written_on(tmp_path: Path, replaced: bool) -> None:
    journal = tmp_path / "alerts.jsonl"
    messenger = JournalMessenger(tmp_path)
    await messenger.tell(message("a"))
    if replaced:
        journal.rename(tmp_path / "alerts.old")
    else:
        journal.write_bytes(b"")
    await messenger.tell(message("b"))
    await messenger.tell(message("b"))
    assert in_journal(tmp_path) == ["b"]
