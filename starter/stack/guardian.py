"""Outlives the supervisor by a moment: when it dies, whatever way, its children's whole groups are ended.

Run as a script by `guardian_link.py`, never imported. The parent-death signal reaches children on Linux only, and never
grandchildren, such as the ffmpeg of a worker; this reaches them all. Reads one line per change from the supervisor,
`+PID KIND` or `-PID`; the end of input is the supervisor's end.
"""

import contextlib
import os
import signal
import sys
import time

SERVER = "server"
"""A child that is asked to end with SIGINT and given time: PostgreSQL, whose own children have groups of their own."""
_PATIENCE_S = 10.0


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    kinds: dict[int, str] = {}
    for line in sys.stdin:
        pid, _, kind = line[1:].strip().partition(" ")
        if line.startswith("+"):
            kinds[int(pid)] = kind
        else:
            kinds.pop(int(pid), None)
    servers = [pid for pid, kind in kinds.items() if kind == SERVER]
    for pid in kinds:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if pid in servers:
                os.kill(pid, signal.SIGINT)
            else:
                os.killpg(pid, signal.SIGKILL)
    deadline = time.monotonic() + _PATIENCE_S
    while servers and time.monotonic() < deadline:
        servers = [pid for pid in servers if _is_there(pid)]
        time.sleep(0.05)
    for pid in servers:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGQUIT)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


main()
