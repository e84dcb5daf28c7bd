"""Derives from an answer's model what vendors are sent as its shape, and how long the longest answer is."""

import json
from functools import cache
from typing import Any, cast

from pydantic import Field

from schema.payload import Document

DEAREST = "\x01"
"""It takes most bytes in JSON, where it is escaped: six; an emoji, the dearest that can be stored, takes four."""
REASON = "reason"
"""Names in a field's `json_schema_extra` why it has its limits, for the sentence that refuses an answer."""
_LARGEST_NUMBER = 2**31 - 1
_AROUND_ANSWER = 500
"""Bytes for the spaces, fences and polite words that models put around an answer."""


def one_for_each_scene(scenes: int) -> Any:
    """Return a field of an answer that lists exactly one part for each scene."""
    reason = f"the brief has {scenes} scenes"
    return Field(min_length=scenes, max_length=scenes, json_schema_extra={REASON: reason})


@cache
def schema_of(answer: type[Document]) -> dict[str, Any]:
    """Return the model's JSON schema with every reference resolved."""
    schema = answer.model_json_schema()
    definitions = cast("dict[str, Any]", schema.get("$defs", {}))

    def resolved(node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in node:
            node = cast("dict[str, Any]", definitions[node["$ref"].rpartition("/")[2]])
        found = dict(node)
        if "properties" in node:
            found["properties"] = {name: resolved(part) for name, part in node["properties"].items()}
        if "items" in node:
            found["items"] = resolved(node["items"])
        return found

    return resolved(schema)


@cache
def shape_of(answer: type[Document]) -> dict[str, Any]:
    """Return the schema in what every vendor's constrained decoding understands: closed, and without limits.

    Raises `ValueError` for a field that is none of object, list, text, number and truth value.
    """
    return _shape(schema_of(answer))


def longest(answer: type[Document]) -> dict[str, Any]:
    """Return an answer whose texts are all as long, and as dear, as may be.

    Raises `ValueError` for a text without `max_length` and a list without one: its price would have no bound.
    """
    return _longest(schema_of(answer), "the answer")


@cache
def longest_bytes(answer: type[Document]) -> int:
    """Return how many bytes, and so how many tokens at most, the longest answer has."""
    return len(json.dumps(longest(answer), indent=1).encode()) + _AROUND_ANSWER


def reason_at(answer: type[Document], place: tuple[int | str, ...]) -> str:
    """Return why the field at this place has its limits; empty where its model does not say."""
    node = schema_of(answer)
    for part in place:
        node = node["items"] if isinstance(part, int) else node["properties"].get(part, {})
    return str(node.get(REASON, ""))


def _shape(node: dict[str, Any]) -> dict[str, Any]:
    match node.get("type"):
        case "object" if "properties" in node:
            properties = {name: _shape(part) for name, part in node["properties"].items()}
            return {
                "type": "object",
                "properties": properties,
                "required": list(properties),
                "additionalProperties": False,
            }
        case "array" if "items" in node:
            return {"type": "array", "items": _shape(node["items"])}
        case "string" | "integer" | "number" | "boolean" as kind:
            chosen = node.get("enum") or ([node["const"]] if "const" in node else None)
            return {"type": kind, **({"enum": chosen} if chosen else {})}
        case _:
            raise ValueError(f"no vendor's constrained decoding takes {node!r}: use texts, numbers and lists")


def _longest(node: dict[str, Any], name: str) -> Any:
    if "enum" in node or "const" in node:
        return max(node.get("enum") or [node["const"]], key=lambda choice: len(str(choice)))
    match node["type"]:
        case "object":
            return {part: _longest(inner, part) for part, inner in node["properties"].items()}
        case "array" if "maxItems" in node:
            return [_longest(node["items"], name)] * node["maxItems"]
        case "string" if "maxLength" in node:
            return DEAREST * node["maxLength"]
        case "string" | "array":
            raise ValueError(f"{name} has no limit of its length: give it a `max_length`")
        case "boolean":
            return False
        case _:
            return node.get("maximum", _LARGEST_NUMBER)
