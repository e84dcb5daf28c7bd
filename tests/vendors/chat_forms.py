"""The forms in which servers of chat completions give the same answer, as seen at many."""

import gzip
import json
from collections.abc import Callable
from typing import Any

from pydantic import JsonValue

from tests.vendors.wire import Reply

Form = Callable[[dict[str, Any]], Reply]


def _json(document: Any, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(200, json.dumps(document).encode(), {"content-type": "application/json", **named})


def _with(**changes: Any) -> Form:
    """Change the document; None takes a field out."""
    return lambda document: _json(_changed(document, changes))


def _choice(**changes: Any) -> Form:
    return lambda document: _json({**document, "choices": [_changed(document["choices"][0], changes)]})


def _message(**changes: Any) -> Form:
    """Change the message; `...` stands for its own text."""

    def form(document: dict[str, Any]) -> Reply:
        choice = document["choices"][0]
        text = choice["message"]["content"]
        message = {**choice["message"], **_filled(changes, text)}
        return _json({**document, "choices": [{**choice, "message": message}]})

    return form


def _filled(value: JsonValue, text: str) -> Any:
    match value:
        case str():
            return value.replace("...", text)
        case dict():
            return {name: _filled(part, text) for name, part in value.items()}
        case list():
            return [_filled(part, text) for part in value]
        case _:
            return value


def _changed(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**fields, **changes}.items() if value is not Ellipsis}


def _stream(*, ends: bool = True) -> Form:
    def form(document: dict[str, Any]) -> Reply:
        text = document["choices"][0]["message"]["content"]
        pieces = [text[start : start + 40] for start in range(0, len(text), 40)]
        head = {"id": document["id"], "object": "chat.completion.chunk"}
        deltas: list[dict[str, Any]] = [
            {"role": "assistant", "content": ""},
            *({"content": one} for one in pieces),
        ]
        chunks: list[dict[str, Any]] = [{**head, "choices": [{"index": 0, "delta": one}]} for one in deltas]
        chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        chunks.append({**head, "choices": [], "usage": document.get("usage")})
        lines = [f"data: {json.dumps(chunk)}" for chunk in chunks] + (["data: [DONE]"] if ends else [])
        return Reply(200, ("\n\n".join(lines) + "\n\n").encode(), {"content-type": "text/event-stream"})

    return form


def _bytes(change: Callable[[bytes], bytes], **headers: str) -> Form:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda document: Reply(200, change(json.dumps(document).encode()), named)


USABLE: dict[str, Form] = {
    "no id": _with(id=...),
    "null id": _with(id=None),
    "number as id": _with(id=17),
    "strange id": _with(id="a\u0000\ud800b"),
    "extra fields": _with(system_fingerprint="x", timings={"ms": 1}, created="now", model=None),
    "no object": _with(object=...),
    "finish null": _choice(finish_reason=None),
    "no finish": _choice(finish_reason=...),
    "finish eos": _choice(finish_reason="eos"),
    "finish end_turn": _choice(finish_reason="end_turn"),
    "finish number": _choice(finish_reason=3),
    "finish length, and whole": _choice(finish_reason="length"),
    "no index, logprobs": _choice(index=..., logprobs=None),
    "parts": _message(content=[{"type": "text", "text": "..."}]),
    "parts with thoughts": _message(
        content=[{"type": "thinking", "text": "{}"}, {"type": "output_text", "text": "..."}]
    ),
    "parts of texts": _message(content=["...", ""]),
    "thoughts beside": _message(reasoning_content='Let me {"title": "think"}', tool_calls=None),
    "only as thoughts": _message(content=None, reasoning_content="..."),
    "only as reasoning": _message(content="", reasoning="..."),
    "thoughts inside": _message(content='<think>{"title": "draft", {x}</think>\n\n...'),
    "empty refusal": _message(refusal=""),
    "no role": _message(role=None),
    "byte order mark": _bytes(lambda body: b"\xef\xbb\xbf" + body),
    "mark in the text": _message(content="\ufeff..."),
    "as text": _bytes(bytes, content_type="text/plain"),
    "as a page": _bytes(bytes, content_type="text/html; charset=latin-1"),
    "utf-16": _bytes(lambda body: body.decode().encode("utf-16")),
    "gzip": _bytes(gzip.compress, content_encoding="gzip"),
    "spaces around": _bytes(lambda body: b"\r\n  " + body + b"\n\n"),
    "stream": _stream(),
    "stream without an end": _stream(ends=False),
}
"""All of them can be used, and say what they cost."""

UNPRICED: dict[str, Form] = {
    "no usage": _with(usage=...),
    "usage null": _with(usage=None),
    "usage of texts": _with(usage={"prompt_tokens": "many", "completion_tokens": "few"}),
    "usage negative": _with(usage={"prompt_tokens": -1, "completion_tokens": 5}),
    "usage not a number": _with(usage={"prompt_tokens": float("nan"), "completion_tokens": 5}),
    "usage without end": _with(usage={"prompt_tokens": 10**30, "completion_tokens": 5}),
    "usage of truth": _with(usage={"prompt_tokens": True, "completion_tokens": True}),
    "usage a list": _with(usage=[1, 2]),
}
"""They can be used, and do not say what they cost."""

EMPTY: dict[str, Form] = {
    "content null": _message(content=None),
    "content empty": _message(content=" \n"),
    "tool calls": lambda document: _json(
        {
            **document,
            "choices": [{"finish_reason": "tool_calls", "message": {"content": None, "tool_calls": [{}]}}],
        }
    ),
    "half characters": _message(content='{"title": "\ud800\u0000\u001b[31m"}'),
    "escaped half characters": _message(content='{"title": "\\ud800\\u0000", "beats": ["\\udfff"]}'),
    "deep": _message(content='{"title":' * 20_000),
    "nothing but thoughts": _message(content="<think>hm {x}</think>"),
}
"""They are messages, say what they cost, and cannot be used."""

NO_MESSAGE: dict[str, Form] = {
    "empty body": lambda _: Reply(200, b""),
    "page": lambda _: Reply(
        200, b"<!doctype html><html><title>Welcome</title></html>", {"content-type": "text/html"}
    ),
    "error": lambda _: _json({"error": {"message": "the model is not loaded", "code": 17}}),
    "error as text": lambda _: _json({"error": "the model is not loaded"}),
    "no choices": _with(choices=...),
    "choices empty": _with(choices=[]),
    "choices null": _with(choices=None),
    "choices of numbers": _with(choices=[1]),
    "no message": _choice(message=...),
    "list": lambda _: _json([1, 2]),
    "null": lambda _: _json(None),
    "half": _bytes(lambda body: body[: len(body) // 2]),
    "deep": lambda _: Reply(200, b"[" * 100_000),
    "not UTF-8": lambda _: Reply(200, b"\xff\xfe\xfd"),
    "half a gzip": _bytes(lambda body: gzip.compress(body)[:-20], content_encoding="gzip"),
    "unknown encoding": _bytes(bytes, content_encoding="zstd"),
    "stream of nothing": lambda _: Reply(200, b"data: [DONE]\n\n", {"content-type": "text/event-stream"}),
    "stream of an error": lambda _: Reply(
        200, b'data: {"error": {"message": "no"}}\n\n', {"content-type": "text/event-stream"}
    ),
    "redirect": lambda _: Reply(307, b"", {"location": "http://127.0.0.1:1/"}),
}
"""They are no answers to an ask: what they cost is not known."""

FORMS = USABLE | UNPRICED | EMPTY | {f"no message: {name}": form for name, form in NO_MESSAGE.items()}
