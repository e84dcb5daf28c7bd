"""The supervisor's line to its guardian, which ends the children's groups when the supervisor dies."""

import contextlib
import subprocess
import sys
from pathlib import Path
from types import TracebackType

_GUARDIAN = Path(__file__).with_name("guardian.py")


class GuardianLink:
    """Use as `with`: the guardian lives as long as we do, or as long as the block."""

    def __init__(self) -> None:
        self._popen: subprocess.Popen[str] | None = None

    def __enter__(self) -> "GuardianLink":
        self._popen = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARDIAN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            process_group=0,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        popen, self._popen = self._popen, None
        if popen is not None and popen.stdin is not None:
            with contextlib.suppress(OSError):
                popen.stdin.close()
            popen.wait()

    def watch(self, pid: int, *, server: bool) -> None:
        """From now on this child's group ends with us; a `server` is asked to, and given time."""
        self._tell(f"+{pid} {'server' if server else 'group'}\n")

    def forget(self, pid: int) -> None:
        """This child has ended; its number belongs to others now."""
        self._tell(f"-{pid}\n")

    def _tell(self, line: str) -> None:
        if self._popen is not None and self._popen.stdin is not None:
            with contextlib.suppress(OSError):  # a guardian that was killed is missed only if we die, too
                self._popen.stdin.write(line)
                self._popen.stdin.flush()
