"""What a dead supervisor left running is ended, and nothing else is."""

import os
import subprocess
from pathlib import Path

from starter.stack.home import Home, Version
from starter.stack.leftovers import end_leftovers


def test_only_groups_of_this_home_are_ended(folder: Path) -> None:
    home = Home(folder)
    home.settle(Version.ours(1))
    ours = _sleeper(folder)
    others = {"studio": _sleeper(folder / "elsewhere"), "postgres": _sleeper(folder)}
    home.pid_file("worker").write_text(f"{ours.pid}\n")
    for name, process in others.items():
        home.pid_file(name).write_text(f"{process.pid}\n")
    home.pid_file("page").write_text("not a number\n")
    home.pid_file("supervisor").write_text(f"{os.getpgid(0)}\n")
    (home.run / "worker.ready").write_text(str(ours.pid))
    try:
        assert end_leftovers(home) == ["worker"]
        ours.wait(5)
        assert [process.poll() for process in others.values()] == [None, None]
        assert list(home.run.iterdir()) == []
    finally:
        for process in others.values():
            process.kill()
            process.wait()


def _sleeper(home: Path) -> subprocess.Popen[bytes]:
    """A process in a group of its own that belongs to a home by its environment."""
    return subprocess.Popen(
        ["sleep", "600"], process_group=0, env={**os.environ, "REELWRIGHT_HOME": str(home)}
    )
