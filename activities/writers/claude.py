"""Claude, by its makers' client, carried by our own way out (providers.md 4)."""

from typing import Any, TypeVar

import httpx
import httpx2
from anthropic import AnthropicError, APIStatusError, AsyncAnthropic, omit

from activities.outbound.answer import Answer
from activities.outbound.client import USUAL, Bounds, Outbound
from activities.outbound.errors import NotSent, Unexpected
from activities.outbound.key_question import ask_with_key
from activities.outbound.origins import origin_of
from activities.outbound.refusals import not_sent, refusal_of
from activities.writers import token_price
from activities.writers.model_answer import Said, count, fields, id_of, rows, text, written
from activities.writers.port import Written
from activities.writers.task import Mend, WritingTask
from schema.money import Book
from schema.payload import Payload
from schema.prices.price_table import PriceTable, Tokens
from schema.vendors.key_finding import KeyFinding

T = TypeVar("T", bound=Payload)
BASE_URL = "https://api.anthropic.com"
_OVERLOADED = 529
_SPENT = frozenset({"enforced_spend_limit_reached", "contract_spend_limit_reached"})
"""Codes of a 429 that lasts until a person has paid or the month has ended (providers.md 4.8)."""


class AnthropicWriter:
    """The Writer port at Anthropic. Its own retries are off: the ledger decides what is asked again."""

    def __init__(
        self, key: str, prices: PriceTable, model: str, *, base_url: str = BASE_URL, bounds: Bounds = USUAL
    ) -> None:
        """Take the key, which is sent to this address and to no other.

        Raises `ValueError` for a model without a known price, and for an address that must not be spoken to.
        """
        self._prices = prices
        self._model = model
        self._price = prices.words(model)
        self._key = key
        self._base_url = base_url.rstrip("/")
        self._outbound = Outbound([origin_of(base_url)], secrets=[key], bounds=bounds)
        self._client = AsyncAnthropic(
            api_key=key,
            base_url=base_url,
            max_retries=0,
            timeout=bounds.call.total_seconds(),
            open_telemetry=False,
            http_client=httpx2.AsyncClient(
                transport=_Carried(self._outbound), trust_env=False, follow_redirects=False
            ),
        )

    async def aclose(self) -> None:
        """Close what is open."""
        await self._client.close()
        await self._outbound.aclose()

    @property
    def name(self) -> str:
        """The writer's name on receipts."""
        return self._prices.vendor

    @property
    def model(self) -> str:
        """The model behind it."""
        return self._model

    @property
    def book(self) -> Book:
        """Real dollars."""
        return self._prices.book

    async def check_key(self) -> KeyFinding:
        """Ask which models there are."""
        version = str(self._client.default_headers["anthropic-version"])
        headers = {"x-api-key": self._key, "anthropic-version": version}
        return await ask_with_key(self._outbound, self.name, f"{self._base_url}/v1/models?limit=1", headers)

    def worst_case_microusd(self, task: WritingTask[Any], mend: Mend | None = None) -> int:
        """Return the most that one such ask may cost."""
        return token_price.worst_case_microusd(self._price, task, mend)

    async def write(self, task: WritingTask[T], mend: Mend | None = None) -> Written[T]:
        """Write one text. Sent once."""
        said = await self._ask(task, mend)
        charged = token_price.charged_microusd(self._price, said, task, mend)
        return await written(said, charged, self._model, task.read)

    async def _ask(self, task: WritingTask[Any], mend: Mend | None) -> Said:
        """Return one answer; see the port for what it raises. Its makers' types are left out: they want every field."""
        try:
            raw = await self._client.messages.with_raw_response.create(
                model=self._model,
                max_tokens=token_price.output_limit(self._price, task),
                system=[{"type": "text", "text": task.fixed, "cache_control": {"type": "ephemeral"}}],
                messages=[{"role": "user", "content": task.asked(mend)}],
                output_config={"format": {"type": "json_schema", "schema": task.shape}},
                service_tier="standard_only",
                thinking={"type": "disabled"} if self._price.thinking == "disabled" else omit,
            )
        except AnthropicError as error:
            raise self._told(error) from None  # the makers' errors quote all that was answered
        response = raw.http_response
        answer = Answer(response.status_code, dict(response.headers), response.content, (self._key,))
        if (said := _said_in(answer)) is None:
            raise Unexpected(f"it answered without a message: {answer.in_short()}", answer.status)
        return said

    def _told(self, error: AnthropicError) -> Exception:
        """Return an error of the makers' client in words of ours."""
        if isinstance(error, APIStatusError):
            answer = Answer(
                error.status_code,
                {name.lower(): value for name, value in error.response.headers.items()},
                error.response.content,
                (self._key,),
            )
            refusal = refusal_of(answer, "anthropic", overloaded=_OVERLOADED, spent=_SPENT)
            return refusal or answer.fail()
        carried = _carried_in(error)
        if isinstance(carried, NotSent):
            return not_sent(carried)
        return carried or Unexpected(f"an answer that cannot be read: {type(error).__name__}", 200)


class _Carried(httpx2.AsyncBaseTransport):
    """Hands the makers' requests to our own way out."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        content = await request.aread()
        dropped = ("host", "accept-encoding", "connection", "content-length")
        headers = {name: value for name, value in request.headers.items() if name.lower() not in dropped}
        answer = await self._outbound.carry(request.method, str(request.url), content, headers)
        return httpx2.Response(
            answer.status, headers=dict(answer.headers), content=answer.body, request=request
        )


def _said_in(answer: Answer) -> Said | None:
    """Return what a message says (providers.md 4.4); None for what is no message. Only its blocks of text count."""
    message = answer.document() if answer.is_document() else {}
    if "content" not in message:
        return None
    blocks = [fields(block) for block in rows(message["content"])]
    return Said(
        text="".join(text(block.get("text")) for block in blocks if block.get("type") == "text"),
        ending=text(message.get("stop_reason"))[:60],
        vendors_id=id_of(message.get("id")),
        tokens=_tokens_of(fields(message.get("usage"))),
    )


def _tokens_of(usage: dict[str, Any]) -> Tokens | None:
    """Return the tokens used; input without the cache's. None if the answer does not say."""
    sent, output = count(usage.get("input_tokens")), count(usage.get("output_tokens"))
    if sent is None or output is None:
        return None
    stored = count(usage.get("cache_creation_input_tokens")) or 0
    for_an_hour = count(fields(usage.get("cache_creation")).get("ephemeral_1h_input_tokens")) or 0
    return Tokens(
        input=sent,
        output=output,
        cache_write=max(stored - for_an_hour, 0),
        cache_write_1h=for_an_hour,
        cache_read=count(usage.get("cache_read_input_tokens")) or 0,
    )


def _carried_in(error: BaseException | None) -> httpx.HTTPError | None:
    """Find what our own way out raised, which the makers' client wraps in an error of its own."""
    while error is not None and not isinstance(error, httpx.HTTPError):
        error = error.__cause__
    return error
