"""Any server that speaks OpenAI's chat completions: OpenAI itself, or Ollama and vLLM on one's own machine."""

from typing import Any, Final, Literal, TypeVar

import httpx

from activities.outbound.answer import Answer
from activities.outbound.cleaning import cleaned
from activities.outbound.client import USUAL, Bounds, Outbound
from activities.outbound.errors import NotSent, Unexpected
from activities.outbound.key_question import ask_with_key
from activities.outbound.origins import origin_of
from activities.outbound.refusals import not_sent, refusal_of
from activities.writers import token_price
from activities.writers.chat_completions import read_chat
from activities.writers.model_answer import Said, written
from activities.writers.port import Unfit, Written
from activities.writers.task import Mend, WritingTask
from schema.failure import NoEffect
from schema.money import Book
from schema.payload import Payload
from schema.prices.price_table import PricePerToken
from schema.vendors.key_finding import KeyFinding

T = TypeVar("T", bound=Payload)
BASE_URL = "https://api.openai.com/v1"
_SPENT = frozenset({"insufficient_quota"})
_MOST_TOKENS_UNPRICED = 6_000
"""The output limit where no price list names one."""
_PASSING = frozenset({408, 425, 429})
_SERVER: Final = " (OPENAI_BASE_URL names the server, usually up to /v1, and OPENAI_MODEL the model)"
_KEY: Final = " (OPENAI_API_KEY is the key)"
_REMEDIES: Final = {400: _SERVER, 401: _KEY, 403: _KEY, 404: _SERVER, 422: _SERVER}


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
        """Take the key, which is sent to this address only; a local server accepts any.

        `limit_field` is how the output limit is called: local servers say `max_tokens`. Raises `ValueError` for an
        address that must not be spoken to.
        """
        self._name = name
        self._model = model
        self._price = price
        self._base_url = base_url.rstrip("/")
        self._where = name if base_url == BASE_URL else f"the server at {cleaned(self._base_url, [key])}"
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

    def worst_case_microusd(self, task: WritingTask[Any], mend: Mend | None = None) -> int:
        """Return the most that one such ask may cost; 0 where nothing is charged."""
        return token_price.worst_case_microusd(self._price, task, mend) if self._price else 0

    async def write(self, task: WritingTask[T], mend: Mend | None = None) -> Written[T]:
        """Write one text. Sent once."""
        said = await self._ask(task, mend)
        charged = token_price.charged_microusd(self._price, said, task, mend) if self._price else 0
        return await written(said, charged, self._model, task.read)

    async def _ask(self, task: WritingTask[Any], mend: Mend | None) -> Said:
        """Return one answer; see the port for what it raises.

        A server that charges nothing has no answers to be lost: what else went wrong there is `Unfit`, and its asks
        are counted like those of an answer that cannot be used.
        """
        price = self._price
        body = {
            "model": self._model,
            "messages": [
                {"role": "system", "content": task.fixed},
                {"role": "user", "content": task.asked(mend)},
            ],
            self._limit_field: token_price.output_limit(price, task) if price else _MOST_TOKENS_UNPRICED,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": task.shape},
            },
        }
        try:
            answer = await self._outbound.call("POST", f"{self._base_url}/chat/completions", body=body)
            return self._read(answer)
        except NotSent as error:
            proof = not_sent(error)
            raise NoEffect(f"{self._where}: {proof}", repeatable=proof.repeatable) from error
        except httpx.HTTPError as error:
            if self._price is not None:
                raise
            slow = isinstance(error, httpx.TimeoutException)
            remedy = " (REELWRIGHT_TIMINGS__ASK gives it longer)" if slow else _SERVER
            raise Unfit(
                f"{self._where}: {str(error) or 'the connection broke'}{remedy}",
                text="",
                charged_microusd=0,
                vendors_id="",
                mendable=not slow,
            ) from error

    def _read(self, answer: Answer) -> Said:
        """Return what was said. Raises `NoEffect` on proof of it, and `Unexpected` for what is no answer to an ask."""
        if refusal := refusal_of(answer, self._where, spent=_SPENT):
            remedy = _REMEDIES.get(answer.status, "")
            raise NoEffect(
                f"{refusal}{remedy}",
                repeatable=refusal.repeatable,
                after=refusal.after,
                our_account=refusal.our_account,
            )
        if not answer.ok and self._price is None:
            passes = answer.status >= 500 or answer.status in _PASSING
            line = f"{self._where} answered HTTP {answer.status}: {answer.in_short()}"
            raise NoEffect(line if passes else f"{line}{_SERVER}", repeatable=passes)
        said = read_chat(answer) if answer.ok else None
        if said is None:
            raise Unexpected(f"HTTP {answer.status} without a message: {answer.in_short()}", answer.status)
        return said
