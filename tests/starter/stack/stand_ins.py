"""Stand-ins for our own processes, and a supervisor to run them, as programs of their own.

`python stand_ins.py worker` polls nothing but says that it does; `studio PORT` answers /health;
`up HOME` is a whole stack in the foreground, as `./reelwright up` is.
"""

import asyncio
import http.server
import os
import subprocess
import sys
import time
from pathlib import Path

from schema.failure import Trouble
from schema.settings import load_settings
from starter.stack.keeper import Child, Event
from starter.stack.stack_addresses import Addresses
from starter.stack.supervisor import Blueprint
from starter.stack.up import answers_http, up, wrote_pid

SCRIPT = str(Path(__file__).resolve())


def blueprint(migrate: tuple[str, ...] | None = None) -> Blueprint:
    return Blueprint(children=children, schema_number=1, migrate=migrate)


def children(addresses: Addresses) -> list[Child]:
    port = addresses.ports["studio"]
    return [
        Child(
            "studio",
            (sys.executable, SCRIPT, "studio", str(port)),
            ready=answers_http(f"http://127.0.0.1:{port}/health"),
        ),
        Child(
            "worker",
            (sys.executable, SCRIPT, "worker"),
            ready=wrote_pid(addresses.home / "run" / "worker.ready"),
        ),
    ]


def worker() -> None:
    helper = subprocess.Popen(["sleep", "600"])  # what a worker starts dies with it: its ffmpeg, say
    home = Path(os.environ["REELWRIGHT_HOME"])
    (home / "helper.pid").write_text(str(helper.pid))
    (home / "run" / "worker.ready").write_text(str(os.getpid()))
    time.sleep(600)


def studio(port: int) -> None:
    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

    http.server.HTTPServer(("127.0.0.1", port), Health).serve_forever()


def supervise(home: Path) -> None:
    def tell(event: Event) -> None:
        print(f"{event.kind} {event.name} {event.pid}", flush=True)  # noqa: T201

    try:
        asyncio.run(up(load_settings(home), blueprint(), tell))
    except Trouble as trouble:
        sys.exit(str(trouble))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["worker"]:
            worker()
        case ["studio", port]:
            studio(int(port))
        case ["up", folder]:
            supervise(Path(folder))
        case _:
            sys.exit("worker, studio PORT or up HOME")
