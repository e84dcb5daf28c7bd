"""A vendor that misbehaves, as a process: `python -m tests.activities.offline.rude_server MANNER` prints its port."""

import socket
import sys

ANSWERS = {
    "server-error": b"HTTP/1.1 500 Oh no\r\ncontent-length: 0\r\n\r\n",
    "gateway": b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\n<html",
    "no-json": b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>",
    "no-handle": b'HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{"status":"ok"}',
    "a-list": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "redirect": b"HTTP/1.1 307 Over There\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n",
    "conflict": b"HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n",
    "not-found": b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
    "refusal": b'HTTP/1.1 422 No\r\ncontent-length: 24\r\n\r\n{"detail":"not that one"}',
    "busy": b"HTTP/1.1 429 Slow Down\r\ncontent-length: 0\r\n\r\n",
    "hangs-up": b"",
    "half": b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{",
}


def main(manner: str) -> None:
    """Answer every request in one manner; `silent` takes it and says nothing. Each is told on stdout."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        sys.stdout.write(f"{door.getsockname()[1]}\n")
        sys.stdout.flush()
        kept: list[socket.socket] = []
        while True:
            caller, _ = door.accept()
            caller.recv(65_536)
            sys.stdout.write("asked\n")
            sys.stdout.flush()
            if manner == "silent":
                kept.append(caller)
                continue
            caller.sendall(ANSWERS[manner])
            caller.close()


if __name__ == "__main__":
    main(sys.argv[1])
