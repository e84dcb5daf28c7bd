"""An item survives any kill: nothing is bought twice, nothing is posted twice."""

import os
import signal
from collections.abc import Callable

import psutil
import pytest

from tests.end_to_end.product import Product
from tests.waiting import until


def ordered(product: Product, item_id: str) -> Callable[[], bool]:
    """Whether scenes of the item have been ordered."""
    return lambda: bool(product.submissions(item_id))


@pytest.mark.parametrize("victim", ["temporal", "postgres"])
def test_an_item_survives_the_sudden_end_of_a_server(stack: Product, victim: str) -> None:
    item_id = stack.make()
    until("a scene is ordered", ordered(stack, item_id))
    stack.kill(victim)
    stack.until(item_id, "waiting")
    until("the stack is whole again", lambda: (stack.home / "run" / "worker.ready").exists())
    stack.kill(victim)  # now while the review waits
    until("the word is taken", lambda: stack("approve", item_id, code=None).code == 0)
    stack.until(item_id, "published")
    assert stack.bought_and_posted_once(item_id)


def test_a_word_is_stored_while_temporal_is_away_and_heard_when_it_is_back(stack: Product) -> None:
    item_id = stack.waiting()
    server = stack.pid("temporal")
    os.kill(server, signal.SIGSTOP)
    try:
        assert "approved" in stack("approve", item_id).out
        assert "waiting" in stack.inside("items").out
        refused = stack("stop", item_id, code=1)
        assert "Temporal" in refused.line
        assert "try again" in refused.line
    finally:
        os.kill(server, signal.SIGCONT)
    stack.until(item_id, "published")
    assert stack.bought_and_posted_once(item_id)


def test_a_command_says_in_one_line_that_postgresql_is_away(stack: Product) -> None:
    item_id = stack.waiting()
    server = stack.pid("postgres")
    os.kill(server, signal.SIGSTOP)
    try:
        refused = stack("approve", item_id, code=1)
    finally:
        os.kill(server, signal.SIGCONT)
    assert "PostgreSQL does not answer" in refused.line
    assert stack.state(item_id) == "waiting"
    stack.inside("reject", item_id)
    stack.until(item_id, "rejected")


def test_an_item_goes_on_when_everything_was_killed_at_once_and_is_started_again(
    fresh: Callable[..., Product],
) -> None:
    product = fresh(
        REELWRIGHT_PAUSE_POINT="fetch.stored"
    )  # the worker stops there: a scene is half brought home
    product.up()
    product.inside("accounts", "add", "clay")
    item_id = product.make()
    worker = psutil.Process(product.pid("worker"))
    until("the worker is in the middle of a scene", lambda: worker.status() == psutil.STATUS_STOPPED)
    children = [worker, *(psutil.Process(product.pid(name)) for name in ("temporal", "postgres"))]
    assert product.stop(signal.SIGKILL) == -signal.SIGKILL
    until("nothing is left", lambda: not any(child.is_running() for child in children))
    assert "./reelwright up" in product("approve", item_id, code=1).line
    product.extra = {}
    product.up()
    product.until(item_id, "waiting")
    product("approve", item_id)
    product.until(item_id, "published")
    assert product.bought_and_posted_once(item_id)
