"""When an answer to a paid call proves that nothing was done, and when it proves nothing."""

from datetime import timedelta

from activities.outbound.answer import Answer
from activities.outbound.errors import Forbidden, NotSent
from schema.failure import NoEffect

BUSY = timedelta(seconds=5)
"""How long to wait where a busy vendor does not say."""
_FOR_GOOD = {
    400: "refused the request",
    401: "did not accept our key",
    402: "says that there is no credit left",
    403: "did not allow it: the account is locked or has no credit left",
    404: "does not know what was asked for",
    413: "found the request too large",
    422: "refused the request",
}
_OUR_ACCOUNT = frozenset({401, 402, 403})


def not_sent(error: NotSent) -> NoEffect:
    """Return the proof that lies in a request that was never written."""
    return NoEffect(str(error), repeatable=not isinstance(error, Forbidden))


def refusal_of(
    answer: Answer, vendor: str, *, overloaded: int | None = None, spent: frozenset[str] = frozenset()
) -> NoEffect | None:
    """Return the proof of no effect in a documented refusal; None where the answer proves nothing.

    A refusal for good counts only in the vendor's own words, a JSON object: a page by something between us and the
    vendor says nothing of what the vendor did. 408, 409, a 5xx, a redirect and a 2xx are never proof, but for the one
    status `overloaded` that a vendor documents as such. `spent` are codes of a 429 that does not pass by itself.
    """
    busy = answer.status == 429 or (answer.status == overloaded and answer.is_document())
    if busy and spent & answer.codes():
        line = f"{vendor} has no credit left for us: {answer.words()}"
        return NoEffect(line, repeatable=False, our_account=True)
    if busy:
        return NoEffect(
            f"{vendor} is busy: {answer.words()}", repeatable=True, after=answer.retry_after(BUSY)
        )
    if answer.status in _FOR_GOOD and answer.is_document():
        line = f"{vendor} {_FOR_GOOD[answer.status]}: {answer.words()}"
        return NoEffect(line, repeatable=False, our_account=answer.status in _OUR_ACCOUNT)
    return None
