"""A fake Anthropic, as a process: messages of the wire version 2026-10-21.

A lie on the call `answer` changes what is said: kind `body` with any of `text`, `stop_reason`, `usage`,
`changes` of the whole document, and `gone`: names of its fields that are left out.
"""

import json
import math
import uuid
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.vendors.vendor import FakeVendor, main
from tests.vendors.wire import Reply, Request, document, rows_of
from tests.vendors.words import answer_to, brief_in, tokens_in

KEY = "canary-anthropic-key"
VERSION = "2026-10-21"
MICROUSD_A_TOKEN = {
    "input_tokens": Fraction(1, 10),
    "output_tokens": Fraction(1, 2),
    "cache_creation_input_tokens": Fraction(1, 8),
    "cache_read_input_tokens": Fraction(1, 100),
}
"""Of claude-haiku-5-5, the one model this account may use."""
LEAST_CACHED_TOKENS = 512
"""A shorter start is not cached, and nobody says so (providers.md 4.7)."""


class Anthropic(FakeVendor):
    """One workspace."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._seen: set[str] = set()

    def call_of(self, request: Request) -> str:
        """Name the kind of call."""
        return {"/v1/messages": "ask", "/v1/models": "models"}.get(request.path, "other")

    async def answer(self, call: str, request: Request) -> Reply:
        """Write, and charge for it."""
        key = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix(
            "Bearer "
        )
        if key != KEY:
            return _error(401, "authentication_error", "invalid x-api-key")
        if call == "models":
            models = [{"type": "model", "id": "claude-haiku-5-5", "display_name": "Haiku"}]
            return document({"data": models, "has_more": False})
        body = request.fields()
        if call == "other":
            return _error(404, "not_found_error", request.path)
        if wrong := _wrong_in(body, request.headers):
            return _error(400, "invalid_request_error", wrong)
        if body["model"] != "claude-haiku-5-5":
            return _error(404, "not_found_error", f"model: {body['model']}")
        asked = body["messages"][0]["content"]
        text = answer_to(asked, body["output_config"]["format"]["schema"])
        written, read = self._cached(body["system"])
        usage: dict[str, Any] = {
            "input_tokens": tokens_in(json.dumps(body)) - written - read,
            "output_tokens": tokens_in(text),
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": read,
        }
        said: dict[str, Any] = {"text": text, "stop_reason": "end_turn"}
        if lie := self.script.next("answer"):
            said |= {name: value for name, value in lie.body.items() if name != "usage"}
            usage |= lie.body.get("usage", {})
        message_id = f"msg_{uuid.uuid4().hex[:20]}"
        charged = math.ceil(sum(rate * usage[name] for name, rate in MICROUSD_A_TOKEN.items()))
        self.book.write(
            "charged", "ask", charged, handle=message_id, about=_subject(asked), limit=body["max_tokens"]
        )
        content = [{"type": "thinking", "thinking": "", "signature": "s"}]
        content += [{"type": "text", "text": said["text"]}] if said["text"] else []
        whole: dict[str, Any] = {
            "id": message_id,
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": content,
            "stop_reason": said["stop_reason"],
            "stop_sequence": None,
            "stop_details": {"type": "refusal", "category": None}
            if said["stop_reason"] == "refusal"
            else None,
            "usage": {
                **usage,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": usage["cache_creation_input_tokens"],
                    "ephemeral_1h_input_tokens": 0,
                },
                "service_tier": "standard",
            },
        }
        whole |= said.get("changes", {})
        kept = {name: value for name, value in whole.items() if name not in said.get("gone", [])}
        return document(kept, request_id="req_1")

    def _cached(self, system: Any) -> tuple[int, int]:
        """Return the tokens written to and read from the cache: of the marked start, if long."""
        marked = "".join(block["text"] for block in rows_of(system) if block.get("cache_control"))
        tokens = tokens_in(marked)
        if tokens < LEAST_CACHED_TOKENS:
            return 0, 0
        known = marked in self._seen
        self._seen.add(marked)
        return (0, tokens) if known else (tokens, 0)


def _subject(asked: str) -> str:
    """Return the topic of the words: the topic itself, or the concept that names it."""
    brief = brief_in(asked)
    return str(brief.get("topic") or brief.get("idea", {}).get("concept", ""))


def _wrong_in(body: dict[str, Any], headers: dict[str, str]) -> str | None:
    """Return what this version of the wire refuses."""
    if headers.get("anthropic-version") != VERSION:
        return "anthropic-version: unsupported"
    if not isinstance(body.get("max_tokens"), int):
        return "max_tokens: field required"
    if gone := {"temperature", "top_p", "top_k"} & set(body):
        return f"{sorted(gone)[0]}: no longer supported"
    if body.get("tool_choice", {}).get("type") in ("any", "tool"):
        return "tool_choice: cannot be forced with this model"
    if body["messages"][-1]["role"] != "user":
        return "messages: must end with a user message"
    return None


def _error(status: int, kind: str, message: str) -> Reply:
    return document(
        {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}, status
    )


if __name__ == "__main__":
    main(Anthropic)
