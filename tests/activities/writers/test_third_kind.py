"""A third kind of text is one instruction and one model: no product file knows it."""

import json
from pathlib import Path
from typing import Annotated, Any

import pytest
import yaml
from pydantic import Field

from activities.buying.writing import WritingPurchase, WritingPurchases
from activities.ledger.port import NotResolvedYet
from activities.offline.offline_writer import OfflineWriter
from activities.storage.folder import FolderStorage
from activities.store.postgres_store import PostgresStore
from activities.writers import token_price
from activities.writers.answer_schema import longest, longest_bytes, shape_of
from activities.writers.port import Unfit
from activities.writers.task import LONGEST_MEND, Mend, WritingTask
from schema.formats.instruction import Instruction
from schema.payload import Document, Payload
from schema.prices.price_table import load_prices
from schema.purchases.operation import OperationState
from tests.activities.writers.vendors import Author, WriterVendor

WORDS = Path(__file__).with_name("caption.yaml")


class CaptionBrief(Payload):
    """What the story of an item would ask for."""

    platform: str = "tiktok"
    title: str = "Black with seven coats"


class Caption(Payload):
    """What the story of an item would get."""

    text: str
    tags: tuple[str, ...]


class CaptionAnswer(Document):
    """The one schema."""

    text: str = Field(min_length=5, max_length=100)
    tags: tuple[Annotated[str, Field(max_length=20)], ...] = Field(min_length=1, max_length=2)


def caption_task(brief: CaptionBrief) -> WritingTask[Caption]:
    def accept(answer: CaptionAnswer) -> Caption:
        if brief.title not in answer.text:
            raise ValueError("the answer's text does not say the title")
        return Caption(**answer.model_dump())

    return WritingTask(
        name="caption",
        instruction=Instruction.model_validate(yaml.safe_load(WORDS.read_text("utf-8"))),
        data=brief.model_dump(mode="json"),
        answer=CaptionAnswer,
        payload=Caption,
        accept=accept,
    )


BRIEF = CaptionBrief()
TASK = caption_task(BRIEF)
GOOD: dict[str, Any] = {"text": "Black with seven coats, and one window", "tags": ["urushi"]}


def says(*answers: Any) -> list[dict[str, Any]]:
    """Return what makes a vendor's next answers these."""
    texts = [answer if isinstance(answer, str) else json.dumps(answer) for answer in answers]
    return [{"call": "answer", "kind": "body", "body": {"text": text}} for text in texts]


async def bought(author: Author, vendor: WriterVendor) -> Caption:
    """Buy the caption through the ledger, as an activity would."""
    purchases = WritingPurchases(
        vendor.writer, author.ledger, PostgresStore(author.database), FolderStorage(author.home)
    )
    return await purchases.buy(WritingPurchase(author.item.item_id, 1, "system", BRIEF, TASK))


async def test_every_paid_writer_writes_it_at_the_price_that_the_vendor_counted(vendor: WriterVendor) -> None:
    vendor.process.lie(*says(GOOD))
    written = await vendor.writer.write(TASK)
    assert written.value == Caption(text=GOOD["text"], tags=("urushi",))
    assert 0 < written.charged_microusd == vendor.charged_microusd()
    assert written.charged_microusd <= vendor.writer.worst_case_microusd(TASK)


async def test_its_limits_bound_what_the_vendor_lets_out_and_what_that_may_cost(
    vendor: WriterVendor,
) -> None:
    prices = load_prices(vendor.writer.name).words(vendor.writer.model)
    vendor.process.lie(*says(GOOD))
    await vendor.writer.write(TASK)
    (charged,) = (line for line in vendor.process.journal() if line["effect"] == "charged")
    assert charged["limit"] == longest_bytes(CaptionAnswer) < prices.max_output_tokens
    spared = prices.rates.output_usd * (prices.max_output_tokens - charged["limit"])
    whole = prices.worst_case_microusd(TASK.sent_bytes() + 2_000, prices.max_output_tokens)
    assert vendor.writer.worst_case_microusd(TASK) <= whole - int(spared) + 1
    assert vendor.writer.worst_case_microusd(TASK, LONGEST_MEND) > vendor.writer.worst_case_microusd(TASK)


def test_a_model_that_always_thinks_gets_all_that_the_price_list_allows() -> None:
    thinking = load_prices("anthropic").words("claude-opus-5-5")
    assert token_price.output_limit(thinking, TASK) == thinking.max_output_tokens


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({**GOOD, "text": "x" * 101}, "the answer has a text that is too long: it may have 100 characters"),
        ({"tags": ["a"]}, "the answer has no text"),
        ({**GOOD, "tags": []}, "the answer has 0 tags; it needs 1"),
        ({**GOOD, "tags": ["a", "b", "c"]}, "the answer has 3 tags; it may have 2"),
        ({**GOOD, "tags": ["a", "x" * 21]}, "tag 2 of the answer has more than 20 characters"),
        ({**GOOD, "text": "Something else"}, "the answer's text does not say the title"),
        ("no JSON", "the answer is no JSON object"),
    ],
)
async def test_an_answer_that_breaks_its_limits_is_told_which_in_sentences(
    vendor: WriterVendor, answer: Any, problem: str
) -> None:
    vendor.process.lie(*says(answer))
    with pytest.raises(Unfit) as unfit:
        await vendor.writer.write(TASK)
    assert unfit.value.problem == problem
    assert unfit.value.mendable
    assert unfit.value.charged_microusd == vendor.charged_microusd()


async def test_it_is_bought_kept_mended_and_found_again_like_every_text(
    author: Author, vendor: WriterVendor
) -> None:
    vendor.process.lie(*says({**GOOD, "tags": []}, GOOD))
    caption = await bought(author, vendor)
    assert caption.text == GOOD["text"]
    assert await bought(author, vendor) == caption
    assert vendor.asks() == 2
    operations = await author.operations()
    assert [operation.slot.rpartition("/1/")[2] for operation in operations] == ["caption/1", "caption/2"]
    assert {operation.state for operation in operations} == {OperationState.SETTLED}
    assert await author.budget() == (0, vendor.charged_microusd())
    assert author.kept("r1-caption-1.json")["problem"] == "the answer has 0 tags; it needs 1"
    mend = Mend(text=json.dumps({**GOOD, "tags": []}), problem="the answer has 0 tags; it needs 1")
    assert operations[1].reserved_microusd == vendor.writer.worst_case_microusd(TASK, mend)


async def test_its_lost_answer_is_charged_in_full_and_asked_for_once_more(
    author: Author, vendor: WriterVendor
) -> None:
    vendor.process.lie({"call": "ask", "kind": "reset", "acts": True}, *says(GOOD, GOOD))
    with pytest.raises(NotResolvedYet):
        await bought(author, vendor)
    assert (await bought(author, vendor)).tags == ("urushi",)
    lost, found = await author.operations()
    assert (lost.handle, lost.charged_microusd) == ("lost", lost.reserved_microusd)
    assert found.charged_microusd is not None
    assert await author.budget() == (0, lost.reserved_microusd + found.charged_microusd)


async def test_the_offline_writer_says_that_it_has_no_composer_for_it() -> None:
    with pytest.raises(
        ValueError, match="the offline writer cannot write 'caption': it writes idea, prompts"
    ):
        await OfflineWriter().write(TASK)


def test_the_longest_answer_follows_from_the_schema() -> None:
    answer = longest(CaptionAnswer)
    assert {name: len(part) for name, part in answer.items()} == {"text": 100, "tags": 2}
    assert [len(tag) for tag in answer["tags"]] == [20, 20]
    CaptionAnswer.model_validate(answer)
    assert longest_bytes(CaptionAnswer) >= 6 * (100 + 2 * 20)


@pytest.mark.parametrize("field", [Field(min_length=1), Field()])
def test_a_text_without_a_limit_has_no_price(field: Any) -> None:
    class Endless(Document):
        text: str = field

    with pytest.raises(ValueError, match="text has no limit of its length"):
        longest(Endless)


def test_what_no_vendor_can_be_held_to_is_no_answer() -> None:
    class Odd(Document):
        either: str | int

    with pytest.raises(ValueError, match="no vendor's constrained decoding takes"):
        shape_of(Odd)
