"""Answers in all forms that servers give: used where possible, paid by what they say."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from activities.outbound.errors import TooLarge, Unexpected
from activities.writers.claude import AnthropicWriter
from activities.writers.idea_task import idea_task
from activities.writers.openai_compatible import OpenAiCompatibleWriter
from activities.writers.port import Unfit
from schema.prices.price_table import load_prices
from tests.activities.writers.vendors import QUICK, idea_brief
from tests.vendors import anthropic, chat_forms, openai
from tests.vendors.process import VendorProcess, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorProcess]:
    with running("tests.vendors.openai", tmp_path_factory.mktemp("vendor")) as process:
        yield process


@pytest.fixture
async def writer(server: VendorProcess) -> AsyncIterator[OpenAiCompatibleWriter]:
    price = load_prices("openai").words(openai.MODEL)
    made = OpenAiCompatibleWriter(openai.KEY, openai.MODEL, price, base_url=f"{server.url}/v1", bounds=QUICK)
    yield made
    await made.aclose()


def say(server: VendorProcess, form: str, **said: Any) -> int:
    """Let the next answer have a form; return what was charged before it."""
    server.lie({"call": "answer", "kind": "body", "body": {"form": form, **said}})
    return int(server.counters()["charged_microusd"])


@pytest.mark.parametrize("form", sorted(chat_forms.USABLE))
async def test_an_answer_that_can_be_used_is_used_and_paid_by_what_it_says(
    server: VendorProcess, writer: OpenAiCompatibleWriter, form: str
) -> None:
    before = say(server, form)
    written = await writer.write(idea_task(idea_brief()))
    assert written.value.title.startswith("A bowl turned in rain light")
    assert written.charged_microusd == int(server.counters()["charged_microusd"]) - before
    assert written.vendors_id == "" or written.vendors_id.startswith("chatcmpl-")


@pytest.mark.parametrize("form", sorted(chat_forms.UNPRICED))
async def test_an_answer_that_does_not_say_what_it_used_is_used_and_charged_at_the_worst_case(
    server: VendorProcess, writer: OpenAiCompatibleWriter, form: str
) -> None:
    say(server, form)
    written = await writer.write(idea_task(idea_brief()))
    assert written.value.title.startswith("A bowl turned in rain light")
    assert written.charged_microusd == writer.worst_case_microusd(idea_task(idea_brief()))


@pytest.mark.parametrize("form", sorted(chat_forms.EMPTY))
async def test_a_message_that_cannot_be_used_is_paid_by_what_it_says(
    server: VendorProcess, writer: OpenAiCompatibleWriter, form: str
) -> None:
    before = say(server, form)
    with pytest.raises(Unfit) as unfit:
        await writer.write(idea_task(idea_brief()))
    assert unfit.value.charged_microusd == int(server.counters()["charged_microusd"]) - before
    assert unfit.value.mendable
    for told in (unfit.value.problem, unfit.value.text):
        assert told.isprintable()
        told.encode()


@pytest.mark.parametrize("form", sorted(chat_forms.NO_MESSAGE))
async def test_what_a_paid_answer_without_a_message_cost_is_not_known(
    server: VendorProcess, writer: OpenAiCompatibleWriter, form: str
) -> None:
    say(server, f"no message: {form}")
    with pytest.raises((Unexpected, TooLarge)) as lost:
        await writer.write(idea_task(idea_brief()))
    assert str(lost.value).isprintable()


async def test_a_model_that_thinks_first_in_json_is_read_by_its_last_word(
    server: VendorProcess, writer: OpenAiCompatibleWriter
) -> None:
    whole = (await writer.write(idea_task(idea_brief()))).value.model_dump_json(exclude={"seed"})
    draft = whole.replace("A bowl turned", "A draft turned")
    say(server, "finish null", text=f"<think>First: {draft} - no, better:</think>\n```json\n{whole}\n```")
    assert (await writer.write(idea_task(idea_brief()))).value.title.startswith("A bowl turned")


@pytest.fixture(scope="module")
def claude(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorProcess]:
    with running("tests.vendors.anthropic", tmp_path_factory.mktemp("claude")) as process:
        yield process


@pytest.fixture
async def claudes_writer(claude: VendorProcess) -> AsyncIterator[AnthropicWriter]:
    prices = load_prices("anthropic")
    made = AnthropicWriter(anthropic.KEY, prices, "claude-haiku-5-5", base_url=claude.url, bounds=QUICK)
    yield made
    await made.aclose()


@pytest.mark.parametrize(
    "said",
    [
        {"gone": ["id"]},
        {"gone": ["type", "role", "model", "stop_sequence", "stop_details"]},
        {"changes": {"id": None, "model": 7, "container": {"id": "x"}}},
        {"changes": {"id": "a\u0000\ud800"}},
        {"gone": ["stop_reason"]},
        {"stop_reason": None},
        {"stop_reason": "stop_sequence"},
        {"stop_reason": "pause_turn"},
        {"stop_reason": "tool_use"},
        {"stop_reason": "something_new"},
        {"stop_reason": "max_tokens"},
        {"stop_reason": "model_context_window_exceeded"},
        {"stop_reason": {"type": "end_turn"}},
    ],
)
async def test_a_whole_message_of_claude_is_used_whatever_else_it_says(
    claude: VendorProcess, claudes_writer: AnthropicWriter, said: dict[str, Any]
) -> None:
    before = int(claude.counters()["charged_microusd"])
    claude.lie({"call": "answer", "kind": "body", "body": said})
    written = await claudes_writer.write(idea_task(idea_brief()))
    assert written.value.title
    assert written.charged_microusd == int(claude.counters()["charged_microusd"]) - before


@pytest.mark.parametrize(
    "usage",
    [None, [], {}, {"input_tokens": "x", "output_tokens": 1}, {"input_tokens": 1, "output_tokens": 10**40}],
)
async def test_a_message_of_claude_without_its_usage_is_used_and_charged_at_the_worst_case(
    claude: VendorProcess, claudes_writer: AnthropicWriter, usage: Any
) -> None:
    claude.lie({"call": "answer", "kind": "body", "body": {"changes": {"usage": usage}}})
    written = await claudes_writer.write(idea_task(idea_brief()))
    assert written.charged_microusd == claudes_writer.worst_case_microusd(idea_task(idea_brief()))


@pytest.mark.parametrize(
    ("said", "problem", "mendable"),
    [
        ({"stop_reason": "refusal", "changes": {"content": []}}, "refused to write it", False),
        ({"stop_reason": "refusal"}, "refused to write it", False),
        ({"changes": {"content": []}}, "without any text", True),
        ({"changes": {"content": None}}, "without any text", True),
        ({"changes": {"content": [None, 3, "x", {"type": "text", "text": 5}]}}, "without any text", True),
        ({"changes": {"content": [{"type": "thinking", "thinking": "{}"}]}}, "without any text", True),
        ({"stop_reason": "pause_turn", "text": ""}, r"without any text \(pause_turn\)", True),
        ({"stop_reason": "max_tokens", "text": '{"title": "A bo'}, "cut at its limit", True),
        ({"stop_reason": "model_context_window_exceeded", "text": "{"}, "cut at its limit", True),
        ({"text": '{"title": "\ud800\u0000"}'}, "the answer has no concept", True),
    ],
)
async def test_a_message_of_claude_that_cannot_be_used_says_why_and_is_paid(
    claude: VendorProcess, claudes_writer: AnthropicWriter, said: dict[str, Any], problem: str, mendable: bool
) -> None:
    before = int(claude.counters()["charged_microusd"])
    claude.lie({"call": "answer", "kind": "body", "body": said})
    with pytest.raises(Unfit, match=problem) as unfit:
        await claudes_writer.write(idea_task(idea_brief()))
    assert unfit.value.mendable is mendable
    assert unfit.value.charged_microusd == int(claude.counters()["charged_microusd"]) - before
    (unfit.value.text + unfit.value.problem).encode()
