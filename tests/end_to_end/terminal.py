"""A person at a terminal: a command in a pseudo terminal, what it shows, and what is typed."""

import os
import pty
import re
import select
import subprocess
import time
from types import TracebackType

from tests.end_to_end.product import PROGRAM, Product

PATIENCE_S = 60.0

CTRL_C = "\x03"
CTRL_D = "\x04"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\r")


class Terminal:
    """Runs one command; use as `with`."""

    def __init__(self, product: Product, *words: str) -> None:
        self._ours, theirs = pty.openpty()
        environment = product.environment | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
        self.process = subprocess.Popen(
            [PROGRAM, *words],
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            # the pseudo terminal has to be the controlling one, or Ctrl-C is just a letter
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),
        )
        os.close(theirs)
        self.shown = ""
        """All that was shown so far, without colours and movements."""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)

    def reads(self, text: str) -> str:
        """Wait until something new is shown; returns what came up to it, and forgets that."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.shown:
            assert time.monotonic() < deadline, f"waited for {text!r}; was shown:\n{self.shown}"
            assert self._more(), f"ended before {text!r}; was shown:\n{self.shown}"
        before, _, self.shown = self.shown.partition(text)
        return before

    def types(self, text: str) -> None:
        """Type something; a control character works at once, all else with Enter."""
        os.write(self._ours, text.encode() if text in (CTRL_C, CTRL_D) else f"{text}\n".encode())

    def ends(self, seconds: float = PATIENCE_S) -> int:
        """Wait for the end; returns the exit code."""
        deadline = time.monotonic() + seconds
        while self._more():
            assert time.monotonic() < deadline, f"does not end; was shown:\n{self.shown}"
        return self.process.wait(timeout=max(0.1, deadline - time.monotonic()))

    def _more(self) -> bool:
        """Take what is shown next; False at its end."""
        ended = self.process.poll() is not None  # asked first: what was written before the end is still read
        if select.select([self._ours], [], [], 0.2)[0]:
            try:
                block = os.read(self._ours, 65_536)
            except OSError:  # Linux says EIO where the other side is closed
                return False
            self.shown += _CONTROL.sub("", block.decode(errors="replace"))
            return bool(block)
        return not ended
