"""Ends what a dead supervisor left running: on Linux the kernel has done it already, elsewhere it has not."""

import contextlib
import os
import signal
from pathlib import Path

import psutil

from starter.stack.home import Home


def end_leftovers(home: Home) -> list[str]:
    """Kill the groups of the children written down in `run/`; returns the names of those that still ran.

    To be called by the home's new owner. A process is ours when its group is the one written down and its
    environment names this home; numbers that now belong to others are left alone. PostgreSQL, whose mark lies in
    its data folder, is ended by `postgres.end_leftover`.
    """
    ended: list[str] = []
    for mark in sorted(home.run.glob("*.pid")):
        group = _written(mark)
        if group is not None and group != os.getpgid(0) and mark.stem != "postgres":
            members = [process for process in psutil.process_iter() if _is_ours(process, group, home.folder)]
            for process in members:
                with contextlib.suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL)
            if members:
                psutil.wait_procs(members, timeout=3)
                ended.append(mark.stem)
        mark.unlink(missing_ok=True)
    (home.run / "worker.ready").unlink(missing_ok=True)
    return ended


def _written(mark: Path) -> int | None:
    try:
        return int(mark.read_text())
    except (OSError, ValueError):
        return None


def _is_ours(process: psutil.Process, group: int, home: Path) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        return os.getpgid(process.pid) == group and process.environ().get("REELWRIGHT_HOME") == str(home)
    return False
