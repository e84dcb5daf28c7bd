"""What can go wrong on the way out.

```
httpx.HTTPError
├── NotSent        proof: not one byte of the request was written
│   └── Forbidden  the address is not one we may speak to; repeating is no help
├── TooLarge       the answer is longer than we read
├── Unexpected     the vendor answered, and not as its documents say
└── (httpx's own)  a timeout, a reset, a cut: what happened is not known
```
"""

import httpx

_GONE = frozenset({403, 404, 410})


class NotSent(httpx.HTTPError):
    """Proof of no effect: the request was never written (reliability.md 1.5). Repeating may help."""


class Forbidden(NotSent):
    """Not an address we speak to: another origin, another scheme, or a private network."""

    lasts = True


class TooLarge(httpx.HTTPError):
    """The answer was longer than is read; the rest was left."""

    lasts = True


class Unexpected(httpx.HTTPError):
    """An answer that is not the documented one; `status` is its HTTP status."""

    def __init__(self, line: str, status: int) -> None:
        super().__init__(line)
        self.status = status

    @property
    def lasts(self) -> bool:
        """True where waiting is hardly any help: what is wanted is gone, or came and is something else."""
        return self.status in _GONE or 200 <= self.status < 300
