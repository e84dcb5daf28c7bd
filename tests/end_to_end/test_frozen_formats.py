"""A format file that is edited while an item waits changes later items, never the one that waits."""

import shutil
from collections.abc import Callable
from pathlib import Path

import schema
from tests.end_to_end.product import Product
from tests.waiting import until


def test_an_item_ends_by_its_own_snapshot_of_a_format_that_was_edited(
    fresh: Callable[..., Product], tmp_path: Path
) -> None:
    ours = tmp_path / "schema"
    shutil.copytree(Path(schema.__path__[0]), ours, ignore=shutil.ignore_patterns("__pycache__"))
    product = fresh(PYTHONPATH=str(tmp_path))
    product.up()
    product.inside("accounts", "add", "clay", "--item-cap", "5")
    item_id = product.waiting()

    file = ours / "formats" / "asmr-craft.yaml"
    edited = (
        file.read_text().replace("count: 3", "count: 1").replace("can_be_made: true", "can_be_made: false")
    )
    assert edited.count("count: 1") == edited.count("can_be_made: false") == 1
    file.write_text(edited + "missing: everything\n")
    killed = product.pid("worker")
    product.kill("worker")  # so that nothing is remembered
    ready = product.home / "run" / "worker.ready"
    until("another worker works", lambda: ready.exists() and ready.read_text() not in ("", str(killed)))

    assert "cannot be made yet: it needs everything" in product("make", "--account", "clay", code=2).line
    product("revise", item_id, "--notes", "warmer light")
    second = "select 1 from review where item_id = %s and round = 2 and state = 'open'"
    until("the second round is on show", lambda: product.ask(second, item_id))
    assert sorted(product.submissions(item_id).values()) == [1] * 6
    product("approve", item_id)
    product.until(item_id, "published")
