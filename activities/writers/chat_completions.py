"""Reads an answer of chat completions (providers.md 5.2), as the many servers that speak it give it."""

import json
from typing import Any

from activities.outbound.answer import Answer
from activities.writers.model_answer import Said, count, fields, id_of, rows, text
from schema.prices.price_table import Tokens

_THOUGHTS = ("reasoning_content", "reasoning", "thinking")


def read_chat(answer: Answer) -> Said | None:
    """Return what was said, streamed or not; None for what is no such answer."""
    documents = _documents(answer)
    choices = [fields(choice) for document in documents for choice in rows(document.get("choices"))[:1]]
    messages = [fields(choice.get("message") or choice.get("delta")) or choice for choice in choices]
    if not choices or not any({"content", "text", "refusal", *_THOUGHTS} & set(one) for one in messages):
        return None
    return Said(
        text=_first_of(
            "".join(_words(one.get("content") or one.get("text")) for one in messages),
            *("".join(text(one.get(name)) for one in messages) for name in _THOUGHTS),
        ),
        ending=next((end for one in reversed(choices) if (end := text(one.get("finish_reason")))), "")[:60],
        refused=any(one.get("refusal") for one in messages),
        vendors_id=_first_of(*(id_of(document.get("id")) for document in documents)),
        tokens=next(
            (used for one in reversed(documents) if (used := _tokens(fields(one.get("usage"))))), None
        ),
    )


def _documents(answer: Answer) -> list[dict[str, Any]]:
    """Return the one object of an answer, or those of a stream of events."""
    if answer.is_document():
        return [answer.document()]
    found: list[dict[str, Any]] = []
    for line in answer.body.splitlines():
        name, colon, data = line.partition(b":")
        if name.strip() != b"data" or not colon:
            continue
        try:
            found.append(fields(json.loads(data)))
        except (ValueError, RecursionError):
            continue  # its last event says [DONE]
    return found


def _words(content: Any) -> str:
    """Return a content's text: a text, parts of which thoughts are left out, or an object that was read already."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_words(part) for part in rows(content))
    part = fields(content)
    if not part:
        return ""
    if str(part.get("type", "text")).endswith("text") and "text" in part:
        return text(part["text"])
    return "" if "type" in part else json.dumps(part)


def _first_of(*texts: str) -> str:
    return next((found for found in texts if found.strip()), "")


def _tokens(usage: dict[str, Any]) -> Tokens | None:
    """Return what was used; the prompt's count holds the cached ones too."""
    prompt, output = count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))
    if prompt is None or output is None:
        return None
    cached = min(count(fields(usage.get("prompt_tokens_details")).get("cached_tokens")) or 0, prompt)
    return Tokens(input=prompt - cached, output=output, cache_read=cached)
