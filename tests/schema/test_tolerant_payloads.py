"""What was written decodes for ever: rules hold where an answer or a request is read."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import JsonValue, TypeAdapter

import schema
from schema.content.idea import Idea
from schema.content.scene import ScenePrompt, Storyboard
from schema.failure import Fault, Trouble
from schema.items.account import Account
from schema.items.campaign import Campaign
from schema.items.daily_plan import DailyPlan, DailyPlanForm
from schema.items.item import ItemRequest
from schema.items.item_form import ItemForm, RequestForm, require_usable
from schema.payload import Payload, taken_in
from schema.reviews.review import Word, WordForm
from signals.converter import data_converter

SHORT: dict[str, object] = {
    "title": "",
    "concept": "x",
    "caption": "",
    "cultural_context": "",
    "environment": "",
    "sound_concept": "",
    "beats": [],
    "seed": 1,
}
LONG: dict[str, object] = {**{name: "x" * 10_000 for name in SHORT}, "beats": ["x" * 10_000] * 30, "seed": 1}


@pytest.mark.parametrize("fields", [SHORT, LONG], ids=["short", "long"])
def test_an_idea_of_any_length_decodes(fields: dict[str, object]) -> None:
    idea = Idea.model_validate({**fields, "mood": "of a later version"})
    assert Idea.model_validate_json(idea.model_dump_json()) == idea


@pytest.mark.parametrize("video", ["", "word", "word " * 500])
def test_prompts_of_any_length_and_number_decode(video: str) -> None:
    prompt = ScenePrompt(scene=0, video=video, audio="")
    board = Storyboard.model_validate_json(Storyboard(prompts=(prompt, prompt)).model_dump_json())
    assert board.prompts == (prompt, prompt)


DOORS = {ItemForm, RequestForm, DailyPlanForm, WordForm}
"""What values are taken in by; they are checked."""
ROWS = {Account, Campaign}
"""What the store and commands read; no workflow carries them."""
RULES = {
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "minItems",
    "maxItems",
}


def payloads(known: type[Payload] = Payload) -> Iterator[type[Payload]]:
    for found in pkgutil.walk_packages(schema.__path__, "schema."):
        importlib.import_module(found.name)
    for one in known.__subclasses__():
        if one.__module__.startswith("schema."):
            yield one
            yield from payloads(one)


def rules_in(told: JsonValue) -> set[str]:
    match told:
        case dict():
            return (set(told) & RULES).union(*map(rules_in, told.values()))
        case list():
            return set[str]().union(*map(rules_in, told))
        case _:
            return set()


@pytest.mark.parametrize(
    "payload", sorted(set(payloads()) - DOORS - ROWS, key=str), ids=lambda one: one.__name__
)
def test_a_payload_that_travels_has_no_limit(payload: type[Payload]) -> None:
    checks = payload.__pydantic_decorators__
    assert not checks.field_validators
    assert not checks.model_validators
    assert not rules_in(TypeAdapter(payload).json_schema())


REFUSED: list[tuple[type[Payload], type[Payload], dict[str, Any], str]] = [
    (ItemRequest, RequestForm, {"item_id": "../x", "account_id": "a"}, "item_id: '../x' is no name of ours"),
    (
        ItemRequest,
        RequestForm,
        {"item_id": "abc", "account_id": "a", "forerunner_id": "/"},
        "forerunner_id: '/' is no name of ours",
    ),
    *(
        (ItemRequest, RequestForm, {"item_id": "abc", "account_id": "a"} | fields, line)
        for fields, line in (
            ({"account_id": "A B"}, "account_id: 'A B' is no name of ours"),
            ({"campaign_id": "A B"}, "campaign_id: 'A B' is no name of ours"),
            ({"topic": "x" * 201}, "topic: it has more than 200 characters"),
            ({"title": "x" * 81}, "title: it has more than 80 characters"),
            ({"caption": "x" * 2201}, "caption: it has more than 2200 characters"),
            ({"caption": "\x00"}, "caption: it has a character that cannot be stored"),
        )
    ),
    *(
        (DailyPlan, DailyPlanForm, {"account_id": "a"} | fields, line)
        for fields, line in (
            ({"account_id": "A B"}, "account_id: 'A B' is no name of ours"),
            ({"campaign_id": "A B"}, "campaign_id: 'A B' is no name of ours"),
            ({"topic": "x" * 201}, "topic: it has more than 200 characters"),
        )
    ),
    *(
        (Word, WordForm, {"kind": "approve", "item_id": "abc"} | fields, line)
        for fields, line in (
            ({"word_id": "x" * 121}, "word_id: it has more than 120 characters"),
            ({"actor": ""}, "actor: it is empty"),
            ({"actor": "x" * 121}, "actor: it has more than 120 characters"),
            ({"door": "x" * 41}, "door: it has more than 40 characters"),
            ({"notes": "x" * 1001}, "notes: it has more than 1000 characters"),
            ({"notes": "\x00"}, "notes: it has a character that cannot be stored"),
            ({"caption": ""}, "caption: it is empty"),
            ({"caption": "x" * 2201}, "caption: it has more than 2200 characters"),
            ({"item_cap_microusd": -1}, "item_cap_microusd: -1 is less than 0"),
        )
    ),
]


@pytest.mark.parametrize(("payload", "form", "fields", "line"), REFUSED, ids=lambda one: str(one)[:40])
async def test_what_a_door_refuses_decodes_all_the_same(
    payload: type[Payload], form: type[Payload], fields: dict[str, Any], line: str
) -> None:
    with pytest.raises(Trouble, match=line) as refused:
        taken_in(form, fields)
    assert refused.value.fault is Fault.BAD_INPUT
    sent = await data_converter.encode([payload.model_validate(fields)])
    (decoded,) = await data_converter.decode(sent, [payload])
    assert decoded.model_dump(include=set(fields)) == fields


def test_a_request_that_came_past_the_doors_is_refused_when_it_is_opened() -> None:
    require_usable(ItemRequest(item_id="abc", account_id="a"))
    with pytest.raises(Trouble, match="item_id"):
        require_usable(ItemRequest(item_id="../x", account_id="a"))
