"""What a fake vendor does wrong: the n-th call of a kind, or some by a seed.

A lie is one JSON object:

- `call`: which call it spoils (`submit`, `status`, `result`, `cancel`, `listing`, `prices`, `media`, `job`, `record`,
  `ask`, `keys`, `webhook`: the last is told in `calling.py`).
- `kind`: `error` (an HTTP status), `silent`, `late`, `cut`, `reset`, `html`, `twice`, `body` (another body),
  `redirect`, `endless`.
- `acts`: whether the effect happens all the same. Every lie is told both ways.
- `after`, `times`: spare so many calls first, then spoil so many; `probability`: spoil by chance instead of each.
"""

import json
import random
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.vendors.wire import Reply, document

Kind = Literal[
    "error", "silent", "late", "cut", "reset", "html", "twice", "body", "redirect", "endless",
    "wrong key", "old", "early", "elsewhere",
]  # fmt: skip
NGINX = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"


@dataclass
class Lie:
    """One thing to do wrong."""

    call: str
    kind: Kind
    acts: bool = False
    after: int = 0
    times: int = 1
    probability: float = 1.0
    status: int = 500
    seconds: float = 0.5
    body: Any = field(default_factory=lambda: {"detail": "something went wrong"})
    headers: dict[str, str] = field(default_factory=dict[str, str])
    location: str = ""

    def disguise(self, truth: Reply | None) -> Reply:
        """Return what is said instead of the truth; None means that nothing was done."""
        honest = truth or document(self.body, self.status)
        match self.kind:
            case "error" | "body":
                return document(self.body, self.status, **self.headers)
            case "html":
                return Reply(self.status, NGINX, {"content-type": "text/html", **self.headers})
            case "redirect":
                return Reply(307, b"", {"location": self.location})
            case "silent" | "cut" | "reset" | "twice" | "endless":
                return Reply(honest.status, honest.body or b"{}", honest.headers, self.kind)
            case "late":
                return Reply(honest.status, honest.body, honest.headers, seconds=self.seconds)
            case "wrong key" | "old" | "early" | "elsewhere":
                raise ValueError(f"only a callback can be told as {self.kind!r}")


class Script:
    """The lies still to be told."""

    def __init__(self) -> None:
        self._lies: list[Lie] = []
        self._dice = random.Random(0)
        self.told = 0
        """How many lies were told so far."""

    def load(self, body: bytes) -> None:
        """Take new instructions; older ones are forgotten."""
        told = json.loads(body)
        self._lies = [Lie(**lie) for lie in told["lies"]]
        self._dice = random.Random(told.get("seed", 0))

    def next(self, call: str) -> Lie | None:
        """Return the lie for this call, if it is to be spoilt."""
        for lie in self._lies:
            if lie.call != call or not lie.times:
                continue
            if lie.after:
                lie.after -= 1
                continue
            if self._dice.random() >= lie.probability:
                continue
            lie.times -= 1
            self.told += 1
            return lie
        return None
