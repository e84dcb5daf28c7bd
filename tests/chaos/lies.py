"""What the vendors do wrong by chance: every lie is told both ways, with the effect having happened and without."""

from typing import Any

MANY = 1_000_000
SLOW_S = 1.0
BUSY: tuple[dict[str, Any], ...] = (
    {"kind": "error", "status": 429, "headers": {"retry-after": "1"}},
    {"kind": "error", "status": 429},
)
LOST: tuple[dict[str, Any], ...] = tuple(
    {**manner, "acts": acts}
    for acts in (True, False)
    for manner in (
        {"kind": "reset"},
        {"kind": "silent"},
        {"kind": "error", "status": 500},
        {"kind": "error", "status": 503},
        {"kind": "html", "status": 502},
        {"kind": "html", "status": 200},
    )
)
GARBLED: tuple[dict[str, Any], ...] = (
    {"kind": "cut", "acts": True},
    {"kind": "twice", "acts": True},
    {"kind": "late", "acts": True, "seconds": SLOW_S},
)
READ: tuple[dict[str, Any], ...] = (
    {"kind": "error", "status": 500},
    {"kind": "html", "status": 502},
    {"kind": "html", "status": 200},
    {"kind": "cut", "acts": True},
    {"kind": "reset"},
    {"kind": "silent"},
    {"kind": "late", "acts": True, "seconds": SLOW_S},
)
"""Of a call that changes nothing."""


def of_a_studio(name: str, share: float) -> list[dict[str, Any]]:
    """Return the lies of a studio that spoils this share of orders, and half of readings."""
    return [
        *_shared("submit", share, BUSY + LOST + GARBLED),
        *_shared("status", share / 2, READ),
        *_shared("result", share / 2, (*READ, _NO_RUNNER)),
        *_shared("listing", share / 2, READ),
        *_shared("media", share / 2, (*READ, {"kind": "error", "status": 410})),
        *_shared("job", share / 2, (_FREE_FAILURES[name],)),
        *_shared("record", share / 4, (_ANOTHER_PROMPT,)),
    ]


def of_the_writer(share: float) -> list[dict[str, Any]]:
    """Return the lies of a writer that spoils this share of its answers."""
    overloaded = {"kind": "error", "status": 529, "body": _OVERLOADED}
    unfit = (
        {"kind": "body", "body": {"text": "no"}},
        {"kind": "body", "body": {"stop_reason": "max_tokens"}},
    )
    return [
        *_shared("ask", share, (*BUSY, overloaded, *LOST, *GARBLED)),
        *_shared("answer", share / 4, unfit),
    ]


def _shared(call: str, share: float, lies: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    each = share / len(lies)
    return [{"call": call, "times": MANY, "probability": each, **lie} for lie in lies]


_FREE_FAILURES: dict[str, dict[str, Any]] = {
    "fal": {
        "kind": "body",
        "status": 500,
        "body": {
            "detail": [{"loc": ["body"], "msg": "the model fell over", "type": "internal_server_error"}]
        },
    },
    "replicate": {"kind": "body", "body": {"status": "aborted", "error": "it waited too long"}},
}
"""How a job ends that was made for nothing and is not charged, at each studio."""
_NO_RUNNER: dict[str, Any] = {
    "kind": "error",
    "status": 503,
    "body": {"detail": "no runner", "error_type": "runner_connection_error"},
}
"""What fal says of itself while it cannot show a result: nothing about the job, which may be made and billed."""
_ANOTHER_PROMPT: dict[str, Any] = {
    "kind": "body",
    "body": {"prompt": "what the vendor's own model made of it"},
}
"""What a listing shows of an order; where its answer is lost too, only a person can say whether it is ours."""
_OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
