"""The review in a terminal: each choice of the menu, and Ctrl-C at any moment."""

import re
import time

from tests.end_to_end.product import Product
from tests.end_to_end.terminal import CTRL_C, CTRL_D, Terminal


def item_in(text: str) -> str:
    """The id of the item that was shown."""
    found = re.search(r"demo-\d{8}-[a-z2-7]{6}", text)
    assert found, text
    return found[0]


def test_a_person_looks_edits_the_caption_and_approves(stack: Product) -> None:
    with Terminal(stack, "demo", "--topic", "seen in a terminal") as terminal:
        item_id = item_in(terminal.reads("/cuts/r1-"))
        assert "[p]lay  [a]pprove  [r]eject  [c]aption  re[v]ise" in terminal.reads(" > ")
        terminal.types("x")
        assert "one of p, a, r, c, v" in terminal.reads(" > ")
        terminal.types("p")
        assert "/cuts/r1-" in terminal.reads(" > ")
        terminal.types("c")
        terminal.reads("the new caption > ")
        terminal.types("A caption of my own.")
        terminal.reads("the new caption is on show")
        assert "A caption of my own." in terminal.reads(" > ")
        terminal.types("a")
        terminal.reads(f"{item_id}: published")
        terminal.reads(f"receipt of {item_id}: $1.50 simulated")
        assert terminal.ends() == 0
    assert stack.bought_and_posted_once(item_id)
    assert "A caption of my own." in (stack.home / "outbox" / item_id / "post.json").read_text()


def test_a_revise_says_beforehand_what_fits_and_raises_the_cap_where_the_person_says_so(
    stack: Product,
) -> None:
    with Terminal(stack, "demo") as terminal:
        item_id = item_in(terminal.reads("/cuts/r1-"))
        said = "costs at most $1.50 simulated; this item's cap of $2.00 simulated has $0.50 simulated left"
        assert said in terminal.reads(" > ")
        terminal.types("v")
        assert "raise this item's cap to $3.00 simulated? (y/N)" in terminal.reads(" > ")
        terminal.types("")
        assert "[p]lay" in terminal.reads(" > ")
        terminal.types("v")
        terminal.reads(" > ")
        terminal.types("y")
        assert "what should be different" in terminal.reads(" > ")
        terminal.types("warmer light")
        terminal.reads("revised by ")
        terminal.reads("/cuts/r2-")
        assert "has $0.00 simulated left" in terminal.reads(" > ")
        terminal.types("r")
        terminal.reads("why")
        terminal.types("not today")
        terminal.reads("rejected")
        shown = terminal.reads(f"{item_id}: rejected")
        assert terminal.ends() == 3
    assert "✗ review" in shown
    assert "✓ compose" in shown
    assert "✓ review" not in shown
    assert "✓ publish" not in shown
    word = next(
        one for one in stack("show", item_id, "--json").json["decisions"] if one["kind"] == "raise_cap"
    )
    assert word["notes"] == "this item's cap is $3.00 simulated now"


def test_the_end_of_the_input_in_the_menu_says_that_the_item_waits(stack: Product) -> None:
    with Terminal(stack, "demo") as terminal:
        item_id = item_in(terminal.reads("/cuts/r1-"))
        terminal.reads(" > ")
        terminal.types(CTRL_D)
        terminal.reads(f"{item_id} waits for `reelwright approve`")
        assert terminal.ends() == 1
    assert stack.state(item_id) == "waiting"


def test_ctrl_c_in_the_menu_leaves_the_item_waiting_and_the_stack_running(stack: Product) -> None:
    with Terminal(stack, "demo") as terminal:
        item_id = item_in(terminal.reads("/cuts/r1-"))
        terminal.reads(" > ")
        terminal.types(CTRL_C)
        begun = time.monotonic()
        assert terminal.ends() == 130
        assert time.monotonic() - begun < 20
        assert "interrupted; what was begun goes on" in terminal.shown
        assert "Traceback" not in terminal.shown
    assert stack.state(item_id) == "waiting"
    stack.inside("reject", item_id)
    stack.until(item_id, "rejected")


def test_ctrl_c_while_scenes_are_made_is_one_line(stack: Product) -> None:
    with Terminal(stack, "demo") as terminal:
        item_id = item_in(terminal.reads("Temporal UI"))
        terminal.types(CTRL_C)
        assert terminal.ends() == 130
        assert "interrupted" in terminal.shown
        assert "Traceback" not in terminal.shown
    stack.until(item_id, "waiting")
    stack.inside("stop", item_id)
    stack.until(item_id, "stopped")
