"""How fake vendors call back: signed as the real ones sign, sent until somebody says 200, and spoilt on request.

A lie on the call `webhook`: `silent` (never sent), `late`, `twice`, `cut` (half the body, signed whole), `wrong key`,
`old` and `early` (signed so many `seconds` ago, or from now), `elsewhere` (sent to `location` instead).
"""

import asyncio
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from tests.vendors.lies import Lie

Sign = Callable[[bytes, int, bool], dict[str, str]]
"""Body, time in seconds, and whether with the right key; gives the headers."""
Note = Callable[[int], None]
"""Is told the status of each delivery; 0 where nobody answered."""
_TRIES = 3


async def call_back(url: str, body: bytes, sign: Sign, lie: Lie | None, note: Note) -> None:
    """Deliver one callback, at least once."""
    kind = lie.kind if lie else ""
    if lie is None:
        sent, to, signed_at, times = body, url, 0, 1
    else:
        if kind == "silent":
            return
        if kind == "late":
            await asyncio.sleep(lie.seconds)
        sent = body[: len(body) // 2] if kind == "cut" else body
        to = lie.location if kind == "elsewhere" else url
        signed_at = {"old": -int(lie.seconds), "early": int(lie.seconds)}.get(kind, 0)
        times = 2 if kind == "twice" else 1
    for _ in range(times):
        for _ in range(_TRIES):
            headers = sign(body, int(time.time()) + signed_at, kind != "wrong key")
            status = await asyncio.to_thread(_post, to, sent, headers)
            note(status)
            if 200 <= status < 300:
                break
            await asyncio.sleep(0.2)


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(url, body, {"content-type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0
