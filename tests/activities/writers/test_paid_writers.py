"""Paid writers before vendors that lie: what was written is paid once, what was lost is paid in full."""

import json
from pathlib import Path
from typing import Any

import pytest

from activities.store import outbox
from activities.store.database import Database
from activities.writers.idea_task import idea_task
from activities.writers.task import Mend
from schema.failure import Fault, NoEffect, Trouble
from schema.money import Book
from schema.purchases.operation import OperationState
from tests.activities.writers.vendors import Author, WriterVendor, idea_brief

LOST: dict[str, dict[str, Any]] = {
    "server error": {"kind": "error", "status": 500},
    "own 503": {"kind": "error", "status": 503, "body": {"error": {"type": "api_error", "message": "x"}}},
    "gateway": {"kind": "html", "status": 502},
    "overload page": {"kind": "html", "status": 529},
    "page": {"kind": "html", "status": 200},
    "refusal page": {"kind": "html", "status": 400},
    "conflict": {"kind": "error", "status": 409},
    "timeout": {"kind": "error", "status": 408},
    "other body": {"kind": "body", "status": 200, "body": {"ok": True}},
    "redirect": {"kind": "redirect", "location": "http://169.254.169.254/latest"},
    "reset": {"kind": "reset"},
    "cut": {"kind": "cut"},
    "silent": {"kind": "silent"},
    "endless": {"kind": "endless"},
}


async def test_an_idea_and_its_prompts_are_written_kept_and_paid_to_the_micro_dollar(
    author: Author, vendor: WriterVendor
) -> None:
    idea = await author.idea()
    board = await author.storyboard(idea)
    assert len(idea.beats) == len(board.prompts) == 3
    assert idea.seed == author.item.seed
    operations = await author.operations()
    slots = [operation.operation_id.removeprefix(f"{author.item.item_id}/") for operation in operations]
    assert slots == ["1/idea/1/1", "1/prompts/1/1"]
    assert {operation.state for operation in operations} == {OperationState.SETTLED}
    assert {operation.book for operation in operations} == {Book.USD}
    assert {operation.model for operation in operations} == {vendor.writer.model}
    assert await author.budget() == (0, vendor.charged_microusd())
    assert vendor.asks() == 2
    assert author.kept("r1-idea-1.json")["value"]["title"] == idea.title


async def test_repeating_finds_what_was_written_and_asks_for_nothing(
    author: Author, vendor: WriterVendor
) -> None:
    assert await author.idea() == await author.idea()
    assert vendor.asks() == 1


async def test_a_later_round_is_a_purchase_of_its_own(author: Author, vendor: WriterVendor) -> None:
    await author.idea()
    await author.idea(round_number=2, notes="warmer light")
    assert (await author.operations())[-1].slot.endswith("/2/idea/1")
    assert vendor.asks() == 2


@pytest.mark.parametrize("acts", [True, False], ids=["acted", "did not act"])
async def test_a_lost_answer_is_charged_in_full_and_asked_for_once_more(
    author: Author, vendor: WriterVendor, acts: bool
) -> None:
    for number, lie in enumerate(LOST.values(), 1):
        before = vendor.asks()
        vendor.process.lie({"call": "ask", "acts": acts, **lie})
        await author.idea(round_number=number)
        assert vendor.asks() - before == (2 if acts else 1), lie
    operations = await author.operations()
    assert len(operations) == 2 * len(LOST)
    lost = [operation for operation in operations if operation.handle == "lost"]
    assert len(lost) == len(LOST)
    assert all(operation.charged_microusd == operation.reserved_microusd for operation in lost)
    reserved, settled = await author.budget()
    assert reserved == 0
    assert settled >= vendor.charged_microusd()


async def test_two_lost_answers_are_enough(author: Author, vendor: WriterVendor) -> None:
    vendor.process.lie({"call": "ask", "kind": "reset", "acts": True, "times": 100})
    for _ in range(2):
        with pytest.raises(Trouble) as trouble:
            await author.idea()
        assert trouble.value.fault is Fault.VENDOR_FAILED
        assert "lost" in str(trouble.value)
    assert vendor.asks() == 2


async def test_what_was_answered_instead_is_said_where_it_was_lost_for_good(
    author: Author, vendor: WriterVendor
) -> None:
    vendor.process.lie({"call": "ask", "kind": "html", "status": 200, "acts": True, "times": 9})
    with pytest.raises(Trouble, match=r"asked 2 times: its answers were lost, .* in full .*a web page"):
        await author.idea()
    assert vendor.asks() == 2


@pytest.mark.parametrize(
    ("status", "fault", "after", "headers", "body"),
    [
        (400, Fault.VENDOR_REFUSED, None, {}, {"error": {"type": "invalid_request_error", "message": "no"}}),
        (401, Fault.VENDOR_REFUSED, None, {}, {"error": {"message": "no"}}),
        (402, Fault.VENDOR_REFUSED, None, {}, {"error": {"message": "no"}}),
        (403, Fault.VENDOR_REFUSED, None, {}, {"error": {"message": "no"}}),
        (413, Fault.VENDOR_REFUSED, None, {}, {"error": {"message": "no"}}),
        (429, Fault.VENDOR_DOWN, 5, {}, {"error": {"type": "rate_limit_error", "message": "no"}}),
        (429, Fault.VENDOR_DOWN, 9, {"retry-after": "9"}, {"error": {"message": "no"}}),
    ],
)
async def test_a_documented_refusal_costs_nothing_and_only_one_that_passes_is_asked_for_again(
    author: Author,
    vendor: WriterVendor,
    status: int,
    fault: Fault,
    after: float | None,
    headers: Any,
    body: Any,
) -> None:
    vendor.process.lie({"call": "ask", "kind": "error", "status": status, "headers": headers, "body": body})
    with pytest.raises(Trouble) as trouble:
        await author.idea()
    assert trouble.value.fault is fault
    assert (trouble.value.after.total_seconds() if trouble.value.after else None) == after
    first, *held = await author.operations()
    assert first.state is OperationState.RELEASED
    assert await author.budget() == (first.reserved_microusd * len(held), 0)
    assert [one.state for one in held] == ([OperationState.RESERVED] if fault is Fault.VENDOR_DOWN else [])
    assert await vendors_told_of(author.database) == (
        [vendor.writer.name] if status in (401, 402, 403) else []
    )
    if fault is Fault.VENDOR_DOWN:
        await author.idea()
        assert (await author.operations())[-1].operation_id.endswith("/1/idea/1/2")
        assert vendor.asks() == 1
        return
    with pytest.raises(Trouble) as again:  # as after a crash: the answer is the same, and nobody is asked
        await author.idea()
    assert (again.value.fault, str(again.value)) == (fault, str(trouble.value))
    assert len(await author.operations()) == 1
    assert vendor.asks() == 0


async def test_no_credit_left_is_not_waited_for(author: Author, vendor: WriterVendor) -> None:
    code = "enforced_spend_limit_reached" if vendor.writer.name == "anthropic" else "insufficient_quota"
    body = {
        "error": {"type": "rate_limit_error", "code": code, "message": "x", "details": {"error_code": code}}
    }
    vendor.process.lie({"call": "ask", "kind": "error", "status": 429, "body": body})
    with pytest.raises(Trouble, match="no credit left") as trouble:
        await author.idea()
    assert trouble.value.fault is Fault.VENDOR_REFUSED
    assert await vendors_told_of(author.database) == [vendor.writer.name]


async def vendors_told_of(database: Database) -> list[str]:
    """Who a person was told does not accept our key or our credit."""
    async with database.transaction() as connection:
        told = await outbox.newest(connection, 10)
    return [alert.message_id.split("/")[1] for alert in told if alert.kind == "vendor"]


async def test_nobody_there_is_proof_and_may_be_asked_again(vendor: WriterVendor) -> None:
    with pytest.raises(NoEffect) as proof:
        await vendor.unreachable.write(idea_task(idea_brief()))
    assert proof.value.repeatable


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("no JSON at all", "no JSON object"),
        ('{"title": "', "no whole JSON object"),
        ("[1, 2]", "no JSON object"),
        ('{"title": "x"}', "has no concept"),
        ('{"title": "\ud800\u0000\x1b[31m", "concept": ["\udfff"]}', "has no caption"),
        ("\ud800 no \u0000 JSON", "no JSON object"),
    ],
)
async def test_an_answer_that_cannot_be_used_is_mended_once(
    author: Author, vendor: WriterVendor, text: str, problem: str
) -> None:
    vendor.process.lie({"call": "answer", "kind": "body", "body": {"text": text}})
    await author.idea()
    assert problem in author.kept("r1-idea-1.json")["problem"]
    assert vendor.asks() == 2
    assert await author.budget() == (0, vendor.charged_microusd())


async def test_what_cannot_be_stored_is_taken_out_of_an_answer_that_can_be_used(
    author: Author, vendor: WriterVendor
) -> None:
    clean = (await author.idea()).model_dump(exclude={"seed"})
    dirt = "\ud800\u0000\x1b[31m\x07\u202e"
    dirty = {
        name: [f"{dirt}{beat}" for beat in part] if name == "beats" else f"{part[:5]}{dirt}{part[5:]}{dirt}"
        for name, part in clean.items()
    }
    vendor.process.lie({"call": "answer", "kind": "body", "body": {"text": json.dumps(dirty)}})
    again = await author.idea(round_number=2)
    assert again.model_dump(exclude={"seed"}) == clean
    assert vendor.asks() == 2
    assert await author.budget() == (0, vendor.charged_microusd())


async def test_an_answer_that_is_not_mended_ends_it_with_everything_paid(
    author: Author, vendor: WriterVendor
) -> None:
    vendor.process.lie({"call": "answer", "kind": "body", "body": {"text": "nonsense"}, "times": 9})
    for _ in range(2):
        with pytest.raises(Trouble) as trouble:
            await author.idea()
        assert trouble.value.fault is Fault.VENDOR_FAILED
    assert vendor.asks() == 2
    assert await author.budget() == (0, vendor.charged_microusd())


async def test_a_bad_answer_and_a_lost_one_are_three_asks_and_never_more(
    author: Author, vendor: WriterVendor
) -> None:
    vendor.process.lie(
        {"call": "answer", "kind": "body", "body": {"text": "nonsense"}},
        {"call": "ask", "kind": "reset", "acts": True, "after": 1},
    )
    await author.idea()
    assert vendor.asks() == 3
    mended = (await author.operations())[-1]
    assert mended.slot.endswith("/idea/3")


async def test_a_model_that_refuses_is_not_asked_again(author: Author, vendor: WriterVendor) -> None:
    refused = {"text": "", "stop_reason": "refusal", "refusal": "I cannot", "finish_reason": "stop"}
    vendor.process.lie({"call": "answer", "kind": "body", "body": refused})
    with pytest.raises(Trouble, match="refused to write it"):
        await author.idea()
    assert vendor.asks() == 1
    assert await author.budget() == (0, vendor.charged_microusd())


async def test_an_answer_cut_at_its_limit_is_paid_and_mended(author: Author, vendor: WriterVendor) -> None:
    cut = {"text": '{"title": "A bo', "stop_reason": "max_tokens", "finish_reason": "length"}
    vendor.process.lie({"call": "answer", "kind": "body", "body": cut})
    await author.idea()
    assert "cut at its limit" in author.kept("r1-idea-1.json")["problem"]
    assert await author.budget() == (0, vendor.charged_microusd())


async def test_prompts_that_do_not_fit_are_mended_too(author: Author, vendor: WriterVendor) -> None:
    idea = await author.idea()
    long = {"scene": 1, "video": "word " * 200, "audio": "hum"}
    vendor.process.lie({"call": "answer", "kind": "body", "body": {"text": json.dumps({"prompts": [long]})}})
    assert len((await author.storyboard(idea)).prompts) == 3
    assert "60 to 120 words" in author.kept("r1-prompts-1.json")["problem"]


async def test_a_cap_that_is_too_low_refuses_before_anything_is_asked(
    database: Database, vendor: WriterVendor, tmp_path: Path
) -> None:
    author = await Author.of(database, vendor.writer, tmp_path / "home", cap_microusd=1_000)
    with pytest.raises(Trouble) as trouble:
        await author.idea()
    assert trouble.value.fault is Fault.REFUSED_BY_CAP
    assert vendor.asks() == 0


async def test_what_cannot_be_kept_is_not_asked(author: Author, vendor: WriterVendor) -> None:
    folder = author.home / "content" / author.item.item_id
    folder.mkdir(parents=True)
    (folder / "asks").write_text("in the way")
    with pytest.raises(Trouble) as trouble:
        await author.idea()
    assert trouble.value.fault is Fault.VENDOR_DOWN
    assert vendor.asks() == 0
    assert [one.state for one in await author.operations()] == [
        OperationState.RELEASED,
        OperationState.RESERVED,
    ]


async def test_an_ask_never_costs_more_than_its_worst_case(vendor: WriterVendor) -> None:
    task = idea_task(
        idea_brief(made_before=tuple(f"Title {number} 夜 🌙" for number in range(30)), notes="ü" * 2_000)
    )
    mend = Mend(text="x" * 5_000, problem="y" * 500)
    for given in (None, mend):
        before = vendor.charged_microusd()
        written = await vendor.writer.write(task, given)
        charged = vendor.charged_microusd() - before
        assert written.charged_microusd == charged
        assert charged <= vendor.writer.worst_case_microusd(task, given)
