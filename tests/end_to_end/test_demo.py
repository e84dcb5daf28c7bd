"""The demo as a newcomer runs it: own stack, painting studio, a worker killed twice."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.activities.media.footage import look
from tests.end_to_end.product import Product
from tests.waiting import until


def processes_of(product: Product) -> list[psutil.Process]:
    """What still runs over the home."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("REELWRIGHT_HOME") == str(product.home):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_a_demo_whose_worker_is_killed_twice_buys_each_scene_once_and_posts_once(
    fresh: Callable[..., Product],
) -> None:
    product = fresh(painting=True)
    looms = ("--topic", "weaving on a loom")  # the scene that is painted most quickly
    answer = product("demo", "--crash", "--approve", "--json", *looms)
    assert set(answer.json) >= {"item_id", "state", "video", "posts", "cost_usd", "temporal_ui"}
    assert (answer.json["state"], answer.json["cost_usd"]) == ("published", 1.5)
    item_id = answer.json["item_id"]
    assert product.bought_and_posted_once(item_id)
    assert answer.err.count("--- killed the worker") == 2
    assert "nothing was bought twice, nothing was posted twice" in answer.err
    seen = look(Path(answer.json["video"]))
    assert (seen.width_px, seen.height_px, seen.pixel_format) == (720, 1280, "yuv420p")
    assert seen.picture_s == pytest.approx(15, abs=0.2)
    assert seen.loudness_lufs == pytest.approx(-14, abs=1)
    until("nothing is left of it", lambda: processes_of(product) == [])


@pytest.mark.parametrize("moment", ["postgres started", "worker started", "the scenes"])
def test_ctrl_c_ends_a_demo_with_its_stack_and_the_item_goes_on_later(
    fresh: Callable[..., Product], moment: str
) -> None:
    product = fresh()
    demo = product.begin("demo", "--approve")
    item = product.home / "content"
    marks = {
        "postgres started": lambda: (product.home / "run" / "postgres.pid").exists(),
        "worker started": lambda: (product.home / "run" / "worker.pid").exists(),
        "the scenes": lambda: item.exists() and any(item.iterdir()),
    }
    until(moment, marks[moment])
    os.killpg(demo.pid, signal.SIGINT)  # as a terminal does: to the whole group
    out, err = demo.communicate(timeout=60)
    assert (demo.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("reelwright: interrupted")
    until("nothing is left of it", lambda: processes_of(product) == [])
    if moment == "the scenes":
        (item_id,) = (path.name for path in item.iterdir())
        product.up()
        product.until(item_id, "waiting", "published")
        assert list(product.submissions(item_id).values()) == [1, 1, 1]
