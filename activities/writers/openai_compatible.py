"""Any server that speaks OpenAI's chat completions: OpenAI itself, or Ollama and vLLM on one's own machine."""

from typing import Any, Literal, cast

from activities.outbound.answer import Answer
from activities.outbound.client import USUAL, Bounds, Outbound
from activities.outbound.errors import NotSent, Unexpected
from activities.outbound.keys import ask_with_key
from activities.outbound.origins import origin_of
from activities.outbound.refusals import not_sent, refusal_of
from activities.writers.drafts import asked, fixed, read_idea, read_storyboard, shape_of
from activities.writers.port import Mend, Unfit, Written
from schema.idea import Idea, IdeaBrief, PromptBrief
from schema.key import KeyFinding
from schema.money import Book
from schema.price import PricePerToken, Tokens
from schema.scene import Storyboard

BASE_URL = "https://api.openai.com/v1"
_SPENT = frozenset({"insufficient_quota"})
_OVERHEAD_TOKENS = 2_000
_MOST_TOKENS_UNPRICED = 6_000
"""The output limit where no price list names one."""


class OpenAiCompatibleWriter:
    """The Writer port over `POST {base}/chat/completions` (providers.md 5).

    Without a price the server is one's own and nothing is charged. With one, an answer that does not say what it used
    is charged at the worst case.
    """

    def __init__(
        self,
        key: str,
        model: str,
        price: PricePerToken | None,
        *,
        name: str = "openai",
        base_url: str = BASE_URL,
        limit_field: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens",
        bounds: Bounds = USUAL,
    ) -> None:
        """Take the key, which is sent to this address and to no other; a local server takes any word for one.

        `limit_field` is how the output limit is called: local servers say `max_tokens`. Raises `ValueError` for an
        address that must not be spoken to.
        """
        self._name = name
        self._model = model
        self._price = price
        self._base_url = base_url.rstrip("/")
        self._limit_field = limit_field
        self._outbound = Outbound(
            [origin_of(base_url)], headers={"Authorization": f"Bearer {key}"}, secrets=[key], bounds=bounds
        )

    async def aclose(self) -> None:
        """Close what is open."""
        await self._outbound.aclose()

    @property
    def name(self) -> str:
        """The writer's name on receipts."""
        return self._name

    @property
    def model(self) -> str:
        """The model behind it."""
        return self._model

    @property
    def book(self) -> Book:
        """Real dollars, where there are any."""
        return Book.USD

    async def check_key(self) -> KeyFinding:
        """Ask which models there are."""
        return await ask_with_key(self._outbound, self.name, f"{self._base_url}/models")

    def worst_case_microusd(self, brief: IdeaBrief | PromptBrief, mend: Mend | None = None) -> int:
        """Return the price of as many tokens as the ask has bytes (there are never more), and of all the output."""
        if self._price is None:
            return 0
        words = f"{fixed(brief)}{asked(brief, mend)}{shape_of(brief)}"
        return self._price.worst_case_microusd(len(words.encode()) + _OVERHEAD_TOKENS)

    async def idea(self, brief: IdeaBrief, mend: Mend | None = None) -> Written[Idea]:
        """Write one idea. Sent once."""
        text, charged, answer_id = await self._ask(brief, mend)
        try:
            return Written(value=read_idea(text, brief), charged_microusd=charged, vendors_id=answer_id)
        except ValueError as error:
            raise Unfit(str(error), text=text, charged_microusd=charged, vendors_id=answer_id) from error

    async def storyboard(self, brief: PromptBrief, mend: Mend | None = None) -> Written[Storyboard]:
        """Write the prompts of a round. Sent once."""
        text, charged, answer_id = await self._ask(brief, mend)
        try:
            return Written(value=read_storyboard(text, brief), charged_microusd=charged, vendors_id=answer_id)
        except ValueError as error:
            raise Unfit(str(error), text=text, charged_microusd=charged, vendors_id=answer_id) from error

    async def _ask(self, brief: IdeaBrief | PromptBrief, mend: Mend | None) -> tuple[str, int, str]:
        """Return text, charge and id of one answer; see the port for what it raises."""
        body = {
            "model": self._model,
            "messages": [
                {"role": "system", "content": fixed(brief)},
                {"role": "user", "content": asked(brief, mend)},
            ],
            self._limit_field: self._price.max_output_tokens if self._price else _MOST_TOKENS_UNPRICED,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": shape_of(brief)},
            },
        }
        try:
            answer = await self._outbound.call("POST", f"{self._base_url}/chat/completions", body=body)
        except NotSent as error:
            raise not_sent(error) from error
        if refusal := refusal_of(answer, self._name, spent=_SPENT):
            raise refusal
        if not answer.ok:
            raise answer.fail()
        return self._read(answer, self.worst_case_microusd(brief, mend))

    def _read(self, answer: Answer, worst_case_microusd: int) -> tuple[str, int, str]:
        document = answer.document()
        answer_id = document.get("id")
        choice = _first(document.get("choices"))
        message = _fields(choice.get("message"))
        if not isinstance(answer_id, str) or not message:
            raise Unexpected("an answer without an id and a message", answer.status)
        charged = self._charged(_fields(document.get("usage")), worst_case_microusd)
        text = message.get("content")
        text = text if isinstance(text, str) else ""
        if message.get("refusal") or choice.get("finish_reason") == "content_filter":
            problem, mendable = f"{self._model} refused to write it", False
        elif choice.get("finish_reason") == "length":
            problem, mendable = "the answer was cut at its limit: be shorter", True
        elif choice.get("finish_reason") == "stop":
            return text, charged, answer_id
        else:
            problem, mendable = f"{self._model} stopped early", False
        raise Unfit(problem, text=text, charged_microusd=charged, vendors_id=answer_id, mendable=mendable)

    def _charged(self, usage: dict[str, Any], worst_case_microusd: int) -> int:
        """Return what the tokens cost; the prompt's count holds the cached ones too."""
        if self._price is None:
            return 0
        prompt, written = usage.get("prompt_tokens"), usage.get("completion_tokens")
        if not isinstance(prompt, int) or not isinstance(written, int) or min(prompt, written) < 0:
            return worst_case_microusd
        cached = _fields(usage.get("prompt_tokens_details")).get("cached_tokens")
        cached = min(cached, prompt) if isinstance(cached, int) and cached > 0 else 0
        return self._price.cost_microusd(Tokens(input=prompt - cached, output=written, cache_read=cached))


def _fields(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _first(value: Any) -> dict[str, Any]:
    rows = cast("list[Any]", value) if isinstance(value, list) else []
    return _fields(rows[0]) if rows else {}
