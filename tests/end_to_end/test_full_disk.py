"""A full disk, imitated by a limit on files: the item waits, says so, and goes on."""

import os
import resource
from collections.abc import Callable
from pathlib import Path

from tests.end_to_end.product import Product
from tests.waiting import until

LITTLE_BYTES = 20_000
"""Enough for notes and short texts, too little for any clip."""


def allow(pid: int, size_bytes: int) -> None:
    """Limit how long a file a process, and what it starts from now on, may write."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))


def test_an_item_waits_for_room_says_so_and_goes_on_without_buying_again(
    fresh: Callable[..., Product],
) -> None:
    product = fresh()
    product.up()
    product.inside("accounts", "add", "clay")
    os.truncate(product.home / "logs" / "worker.log", 0)  # a log is a file, too
    worker = product.pid("worker")
    allow(worker, LITTLE_BYTES)
    item_id = product.make()
    said = "there is no room left on the disk"
    until("it is shown why", lambda: said in product.inside("show", item_id).out)
    assert said in product("temporal", "workflow", "describe", "-w", f"content/{item_id}").out
    assert product.state(item_id) == "running"
    allow(worker, resource.RLIM_INFINITY)
    product.until(item_id, "waiting")
    product.inside("approve", item_id)
    product.until(item_id, "published")
    assert product.bought_and_posted_once(item_id)


def test_a_command_that_finds_no_room_says_so_in_one_line(stack: Product, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LITTLE_BYTES, before[1]))
    try:
        refused = stack.inside("backup", str(tmp_path / "backup.tar.gz"), code=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "is there room on the disk" in refused.line
    assert not list(tmp_path.glob("backup*"))
