"""What is particular to one vendor of words: its wire, its usage, its way to be busy."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from activities.store.database import Database
from activities.writers.claude import AnthropicWriter
from activities.writers.idea_task import idea_task
from activities.writers.openai_compatible import OpenAiCompatibleWriter
from activities.writers.port import Unfit
from schema.failure import Fault, NoEffect, Trouble
from schema.prices.price_table import load_prices
from tests.activities.writers.vendors import QUICK, WRITERS, Author, WriterVendor, idea_brief
from tests.vendors import anthropic, openai
from tests.vendors.process import VendorProcess, running

BUSY = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


@pytest.fixture
async def claude(tmp_path: Path) -> AsyncIterator[WriterVendor]:
    with WRITERS["anthropic"](tmp_path / "vendor") as vendor:
        yield vendor
        await vendor.writer.aclose()
        await vendor.unreachable.aclose()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[VendorProcess]:
    with running("tests.vendors.openai", tmp_path / "vendor") as process:
        yield process


@pytest.fixture
async def own_machine(server: VendorProcess) -> AsyncIterator[OpenAiCompatibleWriter]:
    """A server on one's own machine: no price, another field, and it does not always obey."""
    server.set(obeys=False, tells_usage=False, limit_field="max_tokens")
    writer = OpenAiCompatibleWriter(
        openai.KEY,
        openai.MODEL,
        None,
        name="own-machine",
        base_url=f"{server.url}/v1",
        limit_field="max_tokens",
        bounds=QUICK,
    )
    yield writer
    await writer.aclose()


async def test_cached_tokens_are_paid_at_their_own_price(claude: WriterVendor) -> None:
    usage = {
        "input_tokens": 1_001,
        "cache_creation_input_tokens": 801,
        "cache_read_input_tokens": 12_001,
        "output_tokens": 333,
    }
    claude.process.lie({"call": "answer", "kind": "body", "body": {"usage": usage}})
    written = await claude.writer.write(idea_task(idea_brief()))
    assert written.charged_microusd == claude.charged_microusd() == 487
    assert written.vendors_id.startswith("msg_")


async def test_the_fixed_words_are_cached_and_the_second_ask_costs_less(claude: WriterVendor) -> None:
    first = await claude.writer.write(idea_task(idea_brief()))
    second = await claude.writer.write(idea_task(idea_brief()))
    assert second.charged_microusd < first.charged_microusd
    assert claude.charged_microusd() == first.charged_microusd + second.charged_microusd


async def test_an_overloaded_claude_is_busy_in_its_own_words(claude: WriterVendor) -> None:
    claude.process.lie({"call": "ask", "kind": "error", "status": 529, "body": BUSY})
    with pytest.raises(NoEffect, match="Overloaded") as busy:
        await claude.writer.write(idea_task(idea_brief()))
    assert busy.value.repeatable
    assert claude.asks() == 0


async def test_the_environment_changes_neither_key_nor_address_nor_headers(
    claude: WriterVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "another")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    writer = AnthropicWriter(
        anthropic.KEY,
        load_prices("anthropic"),
        "claude-haiku-5-5",
        base_url=claude.process.url,
        bounds=QUICK,
    )
    assert (await writer.write(idea_task(idea_brief()))).value.title
    await writer.aclose()


async def test_the_key_is_in_no_error(claude: WriterVendor) -> None:
    body = {"type": "error", "error": {"type": "authentication_error", "message": f"bad {anthropic.KEY}"}}
    claude.process.lie({"call": "ask", "kind": "error", "status": 401, "body": body})
    with pytest.raises(NoEffect) as refusal:
        await claude.writer.write(idea_task(idea_brief()))
    assert anthropic.KEY not in repr(refusal.value)


def test_a_model_without_a_price_cannot_be_joined() -> None:
    with pytest.raises(ValueError, match="no model 'claude-fable-5-2'"):
        AnthropicWriter("key", load_prices("anthropic"), "claude-fable-5-2")


@pytest.mark.parametrize("base_url", ["http://api.example.com", "http://10.0.0.7:11434/v1"])
def test_words_do_not_travel_in_the_clear_to_another_machine(base_url: str) -> None:
    with pytest.raises(ValueError, match="cannot be a vendor's address"):
        OpenAiCompatibleWriter("key", "m", None, base_url=base_url)


async def test_cached_tokens_of_openai_are_part_of_the_prompt(server: VendorProcess) -> None:
    price = load_prices("openai").words(openai.MODEL)
    rates = price.rates.model_copy(update={"cache_read_usd": price.rates.input_usd / 2})
    cheap = price.model_copy(update={"rates": rates})
    writer = OpenAiCompatibleWriter(
        openai.KEY, openai.MODEL, cheap, base_url=f"{server.url}/v1", bounds=QUICK
    )
    usage: dict[str, Any] = {
        "prompt_tokens": 1_000,
        "completion_tokens": 100,
        "prompt_tokens_details": {"cached_tokens": 600},
    }
    server.lie({"call": "answer", "kind": "body", "body": {"usage": usage}})
    assert (await writer.write(idea_task(idea_brief()))).charged_microusd == 40 + 30 + 50
    await writer.aclose()


async def test_an_answer_that_does_not_say_what_it_used_is_charged_at_the_worst_case(
    server: VendorProcess,
) -> None:
    price = load_prices("openai").words(openai.MODEL)
    writer = OpenAiCompatibleWriter(
        openai.KEY, openai.MODEL, price, base_url=f"{server.url}/v1", bounds=QUICK
    )
    server.set(tells_usage=False)
    assert (await writer.write(idea_task(idea_brief()))).charged_microusd == writer.worst_case_microusd(
        idea_task(idea_brief())
    )
    await writer.aclose()


async def test_a_server_of_ones_own_writes_for_nothing_and_around_the_ledger(
    database: Database, own_machine: OpenAiCompatibleWriter, tmp_path: Path
) -> None:
    author = await Author.of(database, own_machine, tmp_path / "home")
    idea = await author.idea()
    assert len((await author.storyboard(idea)).prompts) == 3
    assert await author.operations() == []


async def test_a_server_of_ones_own_is_asked_to_mend_once(
    database: Database, server: VendorProcess, own_machine: OpenAiCompatibleWriter, tmp_path: Path
) -> None:
    author = await Author.of(database, own_machine, tmp_path / "home")
    server.lie({"call": "answer", "kind": "body", "body": {"text": "no"}})
    assert (await author.idea()).title
    assert server.count("charged") == 2
    server.lie({"call": "answer", "kind": "body", "body": {"text": "no"}, "times": 9})
    with pytest.raises(Trouble) as trouble:
        await author.idea()
    assert trouble.value.fault is Fault.VENDOR_FAILED
    assert server.count("charged") == 4


async def test_words_that_a_filter_cut_are_not_asked_for_again(
    server: VendorProcess, own_machine: OpenAiCompatibleWriter
) -> None:
    server.lie({"call": "answer", "kind": "body", "body": {"finish_reason": "content_filter"}})
    with pytest.raises(Unfit) as unfit:
        await own_machine.write(idea_task(idea_brief()))
    assert not unfit.value.mendable
