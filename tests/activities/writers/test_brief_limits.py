"""What words cost at most rests on the limits that a brief's own fields name."""

from typing import Annotated

import pytest

from activities.writers.brief_limits import longest_brief
from schema.content.idea import REMEMBERED, Idea, IdeaBrief, PromptBrief
from schema.items.account import Account
from schema.items.item_form import ItemForm
from schema.limits import MAX_NOTES, MAX_TITLE, MAX_TOPIC, MAX_VOICE
from schema.money import Book
from schema.payload import Payload
from schema.reviews.review import WordForm
from schema.text import AtMost


class CaptionBrief(Payload):
    """A brief of a kind of text that there is not yet."""

    language: str = "en"
    cut: Annotated[str, AtMost(9)]
    said_before: Annotated[tuple[str, ...], AtMost(3, many=2)] = ()
    round: int = 1


def test_a_brief_is_as_long_as_its_fields_allow() -> None:
    brief = longest_brief(CaptionBrief, language="de")
    assert (len(brief.cut), [len(one) for one in brief.said_before]) == (9, [3, 3])
    assert (brief.language, brief.round) == ("de", 1)


def test_a_text_that_names_no_limit_has_no_price() -> None:
    with pytest.raises(ValueError, match=r"CaptionBrief\.language has no limit of its length"):
        longest_brief(CaptionBrief)


def test_a_brief_with_longer_texts_decodes_all_the_same() -> None:
    assert len(CaptionBrief(cut="x" * 100).cut) == 100


def test_the_limits_of_briefs_are_those_that_people_are_held_to() -> None:
    idea = longest_brief(IdeaBrief, book=Book.USD, format="asmr-craft", scenes=3, seed=0)
    assert len(idea.account_voice) == MAX_VOICE == limit_of(Account, "voice")
    assert len(idea.topic or "") == MAX_TOPIC == limit_of(ItemForm, "topic")
    assert len(idea.notes) == MAX_NOTES == limit_of(WordForm, "notes")
    assert [len(title) for title in idea.made_before] == [MAX_TITLE] * REMEMBERED
    assert limit_of(ItemForm, "title") == MAX_TITLE
    prompts = longest_brief(
        PromptBrief,
        book=Book.USD,
        format="asmr-craft",
        idea=Idea.model_construct(),
        scenes=3,
        max_chars=800,
        round=1,
        styles=(),
    )
    assert len(prompts.notes) == MAX_NOTES


def limit_of(model: type[Payload], name: str) -> int:
    """How long a person's text may be where it is taken."""
    shape = model.model_json_schema()["properties"][name]
    return next(one["maxLength"] for one in shape.get("anyOf", [shape]) if "maxLength" in one)
