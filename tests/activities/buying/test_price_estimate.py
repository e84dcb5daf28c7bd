"""What an item costs at most: no brief that can be written makes a writer dearer than was said."""

import pytest

from activities.buying.price_estimate import quote, words_price_microusd
from activities.buying.writing import MOST_ASKS
from activities.writers.claude import AnthropicWriter
from activities.writers.idea_task import MAX_BEAT, idea_task, longest_idea
from activities.writers.openai_compatible import OpenAiCompatibleWriter
from activities.writers.prompts_task import prompts_task
from activities.writers.task import MOST_PROBLEM, MOST_TEXT, Mend
from schema.content.idea import REMEMBERED, Idea, IdeaBrief, PromptBrief
from schema.formats.format_file import load_format
from schema.items.account import Account
from schema.items.item import ItemRequest
from schema.limits import MAX_NOTES
from schema.prices.price_table import load_prices
from schema.reviews.review import Word
from tests.patching import always

CHOSEN, _ = load_format("asmr-craft")
FAL = load_prices("fal")
WRITERS = [
    AnthropicWriter("key", load_prices("anthropic"), "claude-haiku-5-5"),
    AnthropicWriter("key", load_prices("anthropic"), "claude-opus-5-5"),
    OpenAiCompatibleWriter("key", "gpt-6-sol", load_prices("openai").words("gpt-6-sol")),
]


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.model)
@pytest.mark.parametrize("letter", ["w", "ü", "夜", "🌙", '"', "\\", "\n"])
def test_the_longest_words_that_people_and_models_may_write_cost_no_more_than_was_said(
    writer: AnthropicWriter | OpenAiCompatibleWriter, letter: str
) -> None:
    first = quote(CHOSEN, [FAL], writer).first
    voice = Account(account_id="a", title="A", voice=letter * 2_000).voice
    topic = ItemRequest(item_id="a-20261120-abcdef", account_id="a", topic=letter * 200).topic
    notes = Word(kind="revise", item_id="a", notes=letter * MAX_NOTES).notes
    idea = Idea(
        title=letter * 80,
        concept=letter * 600,
        caption=letter * 2_200,
        cultural_context=letter * 600,
        environment=letter * 400,
        sound_concept=letter * 400,
        beats=(letter * MAX_BEAT,) * 3,
        seed=1,
    )
    tasks = [
        idea_task(
            IdeaBrief(
                book=first.book,
                format=CHOSEN.name,
                account_voice=voice,
                topic=topic,
                scenes=3,
                seed=1,
                made_before=(letter * 80,) * REMEMBERED,
                notes=notes,
            )
        ),
        prompts_task(
            PromptBrief(
                book=first.book, format=CHOSEN.name, idea=idea, scenes=3, max_chars=800, round=4, notes=notes
            )
        ),
    ]
    mend = Mend(text=letter * MOST_TEXT, problem=letter * MOST_PROBLEM)
    dearest = sum(
        writer.worst_case_microusd(task) + (MOST_ASKS - 1) * writer.worst_case_microusd(task, mend)
        for task in tasks
    )
    assert dearest <= words_price_microusd(CHOSEN, first, writer)


def test_the_longest_idea_fills_the_limits_of_its_answer() -> None:
    idea = longest_idea(CHOSEN)
    assert (len(idea.title), len(idea.caption), len(idea.beats)) == (80, 2_200, CHOSEN.scenes.count)
    assert {len(beat) for beat in idea.beats} == {MAX_BEAT}


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.model)
def test_the_price_of_words_holds_an_idea_as_long_as_may_be(
    writer: AnthropicWriter | OpenAiCompatibleWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = quote(CHOSEN, [FAL], writer).first
    whole = words_price_microusd(CHOSEN, first, writer)
    idea = longest_idea(CHOSEN).model_copy(update={"environment": ""})
    monkeypatch.setattr("activities.buying.price_estimate.longest_idea", always(idea))
    assert words_price_microusd(CHOSEN, first, writer) < whole
