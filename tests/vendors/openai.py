"""A fake server of chat completions, as a process: OpenAI with a price, or one's own machine without.

Facts: `obeys` (whether the shape is honoured, or prose comes around it), `tells_usage`, `limit_field`.
A lie on the call `answer` changes what is said: kind `body` with any of `text`, `refusal`, `finish_reason`, `usage`,
`form` (one of `chat_forms.py`).
"""

import json
import math
import uuid
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.vendors.chat_forms import FORMS
from tests.vendors.vendor import FakeVendor, main
from tests.vendors.wire import Reply, Request, document, fields_of
from tests.vendors.words import answer_to, tokens_in

KEY = "canary-openai-key"
MODEL = "gpt-6-luna"
_IN, _OUT = Fraction(1, 10), Fraction(1, 2)


class OpenAi(FakeVendor):
    """One project."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.facts = {"obeys": True, "tells_usage": True, "limit_field": "max_completion_tokens"}

    def call_of(self, request: Request) -> str:
        """Name the kind of call."""
        return {"/v1/chat/completions": "ask", "/v1/models": "models"}.get(request.path, "other")

    async def answer(self, call: str, request: Request) -> Reply:
        """Write, and charge for it."""
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _error(
                401, "invalid_api_key", f"Incorrect API key provided: {request.headers.get('authorization')}"
            )
        if call == "models":
            return document({"object": "list", "data": [{"id": MODEL, "object": "model"}]})
        body = request.fields()
        if call == "other" or body.get("model") != MODEL:
            return _error(404, "model_not_found", "no such model")
        if not isinstance(body.get(self.facts["limit_field"]), int):
            return _error(400, "missing", f"{self.facts['limit_field']} is required")
        shape = body["response_format"]["json_schema"]["schema"]
        if not _strict(shape):
            return _error(400, "invalid_schema", "every property must be required, and no others allowed")
        text = answer_to(body["messages"][-1]["content"], shape)
        usage: dict[str, Any] = {
            "prompt_tokens": tokens_in(json.dumps(body)),
            "completion_tokens": tokens_in(text),
        }
        said: dict[str, Any] = {
            "text": text if self.facts["obeys"] else f"Sure!\n```json\n{text}\n```",
            "refusal": None,
            "finish_reason": "stop",
        }
        if lie := self.script.next("answer"):
            said |= {name: value for name, value in lie.body.items() if name != "usage"}
            usage |= lie.body.get("usage", {})
        answer_id = f"chatcmpl-{uuid.uuid4().hex[:20]}"
        charged = math.ceil(_IN * usage["prompt_tokens"] + _OUT * usage["completion_tokens"])
        limit = body[self.facts["limit_field"]]
        self.book.write("charged", "ask", charged, handle=answer_id, limit=limit)
        message = {"role": "assistant", "content": said["text"], "refusal": said["refusal"]}
        choice = {"index": 0, "message": message, "finish_reason": said["finish_reason"]}
        told = {"usage": usage} if self.facts["tells_usage"] else {}
        whole = {"id": answer_id, "object": "chat.completion", "model": MODEL, "choices": [choice], **told}
        return FORMS[said["form"]](whole) if "form" in said else document(whole)


def _strict(shape: Any) -> bool:
    """True where a schema is as the strict mode wants it, all the way down."""
    fields = fields_of(shape)
    if not fields:
        return True
    inner: list[Any] = [*fields.get("properties", {}).values(), fields.get("items")]
    closed = fields.get("type") != "object" or (
        fields.get("additionalProperties") is False
        and set(fields.get("required", [])) == set(fields["properties"])
    )
    return closed and all(_strict(part) for part in inner)


def _error(status: int, code: str, message: str) -> Reply:
    return document(
        {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}, status
    )


if __name__ == "__main__":
    main(OpenAi)
