"""What an item waits for and why it ended is shown where it is watched, within seconds."""

import json
import os
import resource
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from tests.end_to_end.product import Product
from tests.end_to_end.test_full_disk import LITTLE_BYTES, allow
from tests.waiting import until

WITHIN_S = 5.0


class Watched:
    """An item that is made and watched without a terminal: one line a change."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.lines: list[tuple[float, str]] = []
        """Each line, with the moment at which it came."""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self.lines.append((time.monotonic(), line.strip()))

    def reads(self, text: str, seconds: float = 60) -> float:
        """Wait for a line; return the moment at which it came."""
        deadline = time.monotonic() + seconds
        while True:
            ended = not self.reader.is_alive()  # asked first: what was written before the end is still read
            found = next((at for at, line in self.lines if text in line), None)
            if found is not None:
                return found
            assert not ended, f"ended before {text!r}:\n{self.lines}"
            assert time.monotonic() < deadline, f"waited for {text!r}:\n{self.lines}"
            time.sleep(0.05)


@contextmanager
def watched(stack: Product, *words: str) -> Generator[Watched]:
    process = stack.begin("make", "--account", "clay", "--wait", *words)
    item = Watched(process)
    try:
        yield item
    finally:
        process.kill()
        process.wait()
        item.reader.join()
        for pipe in (process.stdout, process.stderr):
            assert pipe
            pipe.close()


@pytest.mark.alone
def test_a_stop_of_paid_calls_is_said_at_once_and_is_no_traceback_in_the_log(stack: Product) -> None:
    log = stack.home / "logs" / "worker.log"
    before = log.read_text().count("Traceback")
    stack.inside("pause", "--reason", "looking into it")
    try:
        with watched(stack) as item:
            made = item.reads("in the Temporal UI")
            assert item.reads("waits: paid calls are stopped") - made < WITHIN_S
            assert sum("waits:" in line for _, line in item.lines) == 1  # not once a try
            begun = stack.inside("make", "--account", "clay")
            assert "paid calls are stopped (root: looking into it)" in begun.err
            assert "paid calls are stopped (root: looking into it)" in stack.inside("items").err
    finally:
        stack.inside("resume")
    assert log.read_text().count("Traceback") == before


@pytest.mark.alone
def test_a_full_disk_is_said_at_once(fresh: Callable[..., Product]) -> None:
    product = fresh()
    product.up()
    product.inside("accounts", "add", "clay")
    os.truncate(product.home / "logs" / "worker.log", 0)
    allow(product.pid("worker"), LITTLE_BYTES)
    try:
        with watched(product) as item:
            made = item.reads("scenes ")
            assert item.reads("waits: there is no room left on the disk") - made < WITHIN_S
    finally:
        allow(product.pid("worker"), resource.RLIM_INFINITY)


@pytest.mark.alone
def test_a_worker_that_is_gone_or_stands_still_is_said(fresh: Callable[..., Product]) -> None:
    product = fresh()
    product.up()
    product.inside("accounts", "add", "clay")
    with watched(product) as item:
        item.reads("review", 90)
        worker = product.pid("worker")
        os.kill(worker, 19)  # SIGSTOP
        try:
            stood_still = time.monotonic()
            assert item.reads("waits: the worker does not answer") - stood_still < WITHIN_S
        finally:
            os.kill(worker, 18)  # SIGCONT


@pytest.mark.parametrize("sent", ['"a\\u0000b"', '"\\ud800"', '{"caption": "x", "actor": "\\u0007"}'])
def test_a_word_that_cannot_be_stored_is_answered_at_once_and_holds_up_nothing(
    stack: Product, sent: str
) -> None:
    item_id = stack.waiting()
    begun = time.monotonic()
    signal = ("signal", "--name", "edit_caption", "--input", sent, "-w", f"content/{item_id}")
    stack("temporal", "workflow", *signal)
    until("it is answered", lambda: "nothing was changed" in last_word(stack, item_id))
    assert time.monotonic() - begun < WITHIN_S + 5  # three starts of a command among them
    assert "approved" in stack.inside("approve", item_id).out
    stack.until(item_id, "published")


def last_word(stack: Product, item_id: str) -> str:
    return json.dumps(stack.inside("show", item_id, "--json").json["last_word"])
