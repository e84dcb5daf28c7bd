"""`python -m signals.doors`: the doors as a process of their own."""

import argparse
import asyncio
import signal
import socket
import sys

if __name__ == "__main__":  # while modules load, Ctrl-C ends the process without a traceback
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

import structlog

from activities.runtime.process_log import set_up_logs
from schema.failure import Trouble
from schema.settings import load_settings
from signals.doors.host import serve
from signals.doors.registry import DOORS


def main(argv: list[str] | None = None) -> int:
    """Serve on this machine alone, unless `--host` says otherwise; return the exit code."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    settings = load_settings()
    parser = argparse.ArgumentParser(prog="doors", description="The doors.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=settings.doors_port)
    given = parser.parse_args(argv)
    set_up_logs(settings)
    try:
        with socket.create_server((given.host, given.port)) as listening:
            asyncio.run(serve(settings, listening, DOORS))
    except KeyboardInterrupt:
        return 130
    except Trouble as trouble:
        structlog.get_logger().error(str(trouble), fault=trouble.fault)
        return 1
    except OSError as error:
        structlog.get_logger().error(f"{given.host}:{given.port} cannot be used: {error.strerror}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
