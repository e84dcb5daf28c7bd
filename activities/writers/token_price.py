"""What a task costs at a model that is paid by tokens: before it is asked, and after it answered."""

from typing import Any

from activities.writers.model_answer import Said
from activities.writers.task import Mend, WritingTask
from schema.prices.price_table import PricePerToken

_OVERHEAD_TOKENS = 2_000
"""For what a service adds to a request of its own, to hold the answer to its shape."""


def output_limit(price: PricePerToken, task: WritingTask[Any]) -> int:
    """Return the output limit to send: that of the longest answer, and never more than the price list's.

    Thinking counts as output, so a model that always thinks gets all that the price list allows.
    """
    if price.thinking == "always":
        return price.max_output_tokens
    return min(price.max_output_tokens, task.answer_bytes)


def worst_case_microusd(price: PricePerToken, task: WritingTask[Any], mend: Mend | None = None) -> int:
    """Return the price of as many tokens as the ask has bytes, and of all the output that is allowed.

    Raises `ValueError` for an ask of a length without a known price.
    """
    return price.worst_case_microusd(task.sent_bytes(mend) + _OVERHEAD_TOKENS, output_limit(price, task))


def charged_microusd(price: PricePerToken, said: Said, task: WritingTask[Any], mend: Mend | None) -> int:
    """Return what the tokens cost; the worst case where the answer does not say how many there were."""
    return price.cost_microusd(said.tokens) if said.tokens else worst_case_microusd(price, task, mend)
