"""Looking after a home: doctor, logs, migrate, backup and restore, a second `up`."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

from tests.end_to_end.product import Product, until


def test_doctor_says_what_is_set_up(stack: Product) -> None:
    answer = stack.inside("doctor", "--json").json
    found = {finding["what"]: finding["ok"] for finding in answer["findings"]}
    assert answer["ok"]
    assert {"python", "ffmpeg", "temporal", "postgres", "home", "database", "worker"} <= set(found)
    assert (found["format asmr-craft"], found["format split-screen"]) == (True, None)
    assert "needs the split-screen recipe" in stack.inside("doctor").out


def test_doctor_sees_a_worker_that_is_frozen(stack: Product) -> None:
    os.kill(stack.pid("worker"), signal.SIGSTOP)
    try:
        found = stack.inside("doctor", "--json", code=1).json["findings"]
    finally:
        os.kill(stack.pid("worker"), signal.SIGCONT)
    (worker,) = [finding for finding in found if finding["what"] == "worker"]
    assert (worker["ok"], "is frozen" in worker["says"]) == (False, True)


def test_doctor_says_where_a_key_buys_nothing_for_want_of_prices(stack: Product) -> None:
    replicate = {"REPLICATE_API_TOKEN": "r8_none", "REPLICATE_API_URL": "http://127.0.0.1:9"}
    found = stack.inside("doctor", "--json", code=1, env=replicate).json["findings"]
    (prices,) = [finding for finding in found if finding["what"] == "prices of replicate"]
    assert not prices["ok"]
    assert "nothing is bought there" in prices["says"]
    assert "REELWRIGHT_PRICES" in prices["remedy"]


def test_logs_name_their_process_and_a_log_that_does_not_exist_is_told(stack: Product) -> None:
    said = stack.inside("logs", "worker").out
    assert said
    assert all(line.startswith("worker | ") for line in said.splitlines())
    assert "there is no log of 'nope'" in stack.inside("logs", "nope", code=2).line


def test_migrations_are_there_already(stack: Product) -> None:
    assert "nothing to do" in stack.inside("migrate").out


def test_a_second_up_says_who_has_the_home(stack: Product) -> None:
    refused = stack("up", code=2).line
    assert "already in use by process" in refused
    assert str(stack.home) in refused


def test_a_running_stack_is_backed_up_and_restored_into_another_home(
    stack: Product, fresh: Callable[..., Product], tmp_path: Path
) -> None:
    item_id = stack.waiting()
    archive = tmp_path / "backup.tar.gz"
    assert str(archive) in stack.inside("backup", str(archive)).out
    assert "already exists" in stack.inside("backup", str(archive), code=2).line
    assert "in use" in stack("restore", str(archive), code=2).line
    stack.inside("stop", item_id)
    other = fresh()
    assert "nothing is bought or posted before `reelwright resume`" in other("restore", str(archive)).out
    assert list((other.home / "content" / item_id / "cuts").glob("r1-*.mp4"))
    other.up()
    late = other.make("clay")
    until("a purchase is held back", lambda: HELD in troubles(other, late))
    other.inside("approve", item_id)
    until("the post is held back", lambda: HELD in troubles(other, item_id))
    assert (other.posts(item_id), other.submissions(late)) == (0, {})
    other.inside("reconcile", code=None)
    other.inside("unknowns")
    assert "restored from a backup of" in other.inside("resume").out
    other.until(item_id, "published")
    other.until(late, "waiting")
    assert other.bought_and_posted_once(item_id)
    remote_database_was_restored(other)


HELD = "paid calls and posts are stopped (restored from a backup of"


def remote_database_was_restored(product: Product) -> None:
    """Its provider did it: only a person can say so."""
    said = product.inside("migrate", "--restored").err
    assert "the database was restored from a backup: nothing is bought or posted" in said
    item_id = product.make("clay")
    line = "paid calls and posts are stopped (the database was restored from a backup; see `reconcile`"
    until("a purchase is held back", lambda: line in troubles(product, item_id))
    product.inside("resume")
    product.until(item_id, "waiting")


def troubles(product: Product, item_id: str) -> str:
    return json.dumps(product.inside("show", item_id, "--json").json.get("waits_for"))
