"""The object in what a model wrote: around it thoughts, fences and chat, within it what JSON does not allow."""

import json
import time

import pytest

from activities.writers.json_object import object_in

WANTED = ("title", "beats")
GOOD = '{"title": "A maker\'s bowl", "beats": ["one", "two"]}'
SAME = {"title": "A maker's bowl", "beats": ["one", "two"]}

AROUND = {
    "nothing": GOOD,
    "a fence": f"Sure!\n```json\n{GOOD}\n```\nEnjoy {{it}}.",
    "thoughts": f"<think>I use {{x}} and {{'title': 'no'}} here</think>\n{GOOD}",
    "thoughts with an object": f'<think>{{"title": "draft", "beats": []}} hm</think>{GOOD}',
    "thoughts that never begin": f"so {{be}} it</think>{GOOD}",
    "thoughts that never end": f'<think>maybe {{"title": "draft"}}\n{GOOD}',
    "channels": f"<|channel|>analysis<|message|>a {{b<|end|><|channel|>final<|message|>{GOOD}<|return|>",
    "an older object": f'{{"title": "older", "beats": ["x"]}}\n{GOOD}',
    "two fences": f'```json\n{{"draft": 1}}\n```\nFinal:\n```json\n{GOOD}\n```',
    "a list": f"[{GOOD}]",
    "another object": f'{{"answer": {GOOD}, "note": "ok"}}',
    "quotes": json.dumps(GOOD),
    "braces after it": f"{GOOD}\nI hope {{this}} helps }}",
}
WITHIN = {
    "a trailing comma": '{"title": "A maker\'s bowl", "beats": ["one", "two",],}',
    "single quotes": "{'title': \"A maker's bowl\", 'beats': ['one', 'two']}",
    "escaped single quotes": r"{'title': 'A maker\'s bowl', 'beats': ['one', 'two']}",
    "comments": '{"title": "A maker\'s bowl", // the title\n "beats": ["one", /* and */ "two"]}',
    "a comment first": '{ // mine\n"title": "A maker\'s bowl", "beats": ["one", "two",]}',
    "names without quotes": '{title: "A maker\'s bowl", beats: ["one", "two"]}',
    "typographic quotes": "{“title”: “A maker's bowl”, “beats”: [“one”, “two”]}",
    "a comma left out": '{"title": "A maker\'s bowl" "beats": ["one", "two"]}',
    "a bracket left out": '{"title": "A maker\'s bowl", "beats": ["one", "two"}',
    "a bracket too many": '{"title": "A maker\'s bowl", "beats": ["one", "two"]]}',
}
BEFORE = {
    "after thoughts and in a fence": '<think>{"title": "x"} {y</think>\n```json\n',
    "after another channel": "<|channel|>analysis<|message|>a {b and 'c<|end|><|channel|>final<|message|>",
}
MIXED = {
    f"{inner} {outer}": f"{before}{text}\n```\nDone."
    for outer, before in BEFORE.items()
    for inner, text in WITHIN.items()
}


@pytest.mark.parametrize(
    "text", [pytest.param(text, id=name) for name, text in (AROUND | WITHIN | MIXED).items()]
)
def test_the_answer_is_found_and_mended(text: str) -> None:
    assert object_in(text, WANTED) == SAME


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no JSON object"),
        ("no JSON at all", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ('{"title": "A bo', "end is missing"),
        ('{"colour": "red"}', "none of the fields it was asked for: title, beats"),
        ("{" * 30_000, "end is missing"),
        ('{"a":' * 30_000 + "}", "none of the fields"),
        ("[" * 100_000, "no JSON object"),
    ],
)
def test_what_holds_no_answer_is_said_in_a_sentence(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        object_in(text, WANTED)


def test_a_field_that_is_cut_off_is_left_out_rather_than_made_whole() -> None:
    with pytest.raises(ValueError, match="end is missing"):
        object_in('{"beats": ["one", "two"], "title": "A maker', WANTED)


@pytest.mark.parametrize("piece", ['{"a": "b "c", ', "( ", '"x ', "'a ", "```json {", "// x\n", "{title: {"])
def test_reading_a_long_and_hostile_text_ends_soon(piece: str) -> None:
    began = time.process_time()
    with pytest.raises(ValueError, match=r"."):
        object_in('{"titles": ' + piece * (60_000 // len(piece)) + "}", ("caption",))
    assert time.process_time() - began < 20
