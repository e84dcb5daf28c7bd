"""A server that means harm: `python -m tests.vendors.hostile --folder F`. The path says what it does.

It writes down every request it gets, with the headers it was sent, so that a test can see what leaked.
"""

import json

from tests.vendors.vendor import FakeVendor, main
from tests.vendors.wire import Manner, Reply, Request, document

CLIP = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 64
_MANNERS: dict[str, Manner] = {"cut": "cut", "silent": "silent", "reset": "reset", "endless": "endless"}


class Hostile(FakeVendor):
    """Answers each path in its own bad way."""

    def call_of(self, request: Request) -> str:
        return request.path.strip("/")

    async def answer(self, call: str, request: Request) -> Reply:
        self.book.write("asked", call, headers=request.headers, body=request.body.decode("latin-1"))
        if manner := _MANNERS.get(call):
            return Reply(200, CLIP, manner=manner)
        match call:
            case "go":
                return Reply(int(request.query.get("status", "302")), b"", {"location": request.query["to"]})
            case "loop":
                return Reply(302, b"", {"location": "/loop"})
            case "gzip":
                return Reply(200, b"\x1f\x8b", {"content-encoding": "gzip"})
            case "cookie":
                return document({}, set_cookie="canary=1; Path=/")
            case "clip.mp4":
                return Reply(200, CLIP, {"content-type": "video/mp4"})
            case "list":
                return Reply(200, b"[]")
            case "html":
                return Reply(200, b"<html>")
            case "echo":
                said = json.dumps(
                    {"detail": f"bad key {request.headers.get('authorization')}\x1b[31m\n{'a' * 900} b"}
                )
                return Reply(401, said.encode())
            case _:
                return document({"ok": True})


if __name__ == "__main__":
    main(Hostile)
