"""Which real writer is configured: the one whose key is set. Only the worker asks this."""

from typing import TYPE_CHECKING

from activities.outbound.client import Bounds
from activities.writers import openai_compatible
from activities.writers.openai_compatible import OpenAiCompatibleWriter
from schema.prices.price_table import prices_of
from schema.settings import Settings, usable

if TYPE_CHECKING:
    from activities.writers.claude import AnthropicWriter


def real_writer(settings: Settings) -> "AnthropicWriter | OpenAiCompatibleWriter | None":
    """Build the writer whose key is set, Claude first. Raises `Trouble` for a setting that cannot be."""
    keys, bounds = settings.vendors, Bounds(call=settings.timings.ask)
    if keys.anthropic_api_key:
        with usable("ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL or ANTHROPIC_MODEL"):
            from activities.writers import claude

            address = keys.anthropic_base_url or claude.BASE_URL
            key, prices = keys.anthropic_api_key.get_secret_value(), prices_of("anthropic", settings.prices)
            return claude.AnthropicWriter(key, prices, keys.anthropic_model, base_url=address, bounds=bounds)
    if keys.openai_model and (keys.openai_api_key or keys.openai_base_url):
        with usable("OPENAI_API_KEY, OPENAI_BASE_URL or OPENAI_MODEL"):
            return _chat_writer(settings, keys.openai_model, bounds)
    return None


def _chat_writer(settings: Settings, model: str, bounds: Bounds) -> OpenAiCompatibleWriter:
    """A model needs a known price; one without costs nothing on this very machine, where running it is free."""
    keys, prices = settings.vendors, prices_of("openai", settings.prices)
    address = keys.openai_base_url or openai_compatible.BASE_URL
    key = keys.openai_api_key.get_secret_value() if keys.openai_api_key else "own-machine"
    if address.startswith("http://") and model not in prices.models:
        return OpenAiCompatibleWriter(
            key, model, None, name="own-machine", base_url=address, limit_field="max_tokens", bounds=bounds
        )
    return OpenAiCompatibleWriter(key, model, prices.words(model), base_url=address, bounds=bounds)
