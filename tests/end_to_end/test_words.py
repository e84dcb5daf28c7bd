"""A person's words, from the command line and through Temporal's own: what counts, and what changes nothing."""

import json
from pathlib import Path

import pytest

from tests.end_to_end.product import Product
from tests.waiting import until


def test_an_approved_item_is_published_once_and_says_so(stack: Product) -> None:
    item_id = stack.waiting("clay", "--topic", "a whistling kettle")
    assert "approved" in stack.inside("approve", item_id, "--as", "ada").out
    stack.until(item_id, "published")

    shown = stack.inside("show", item_id, "--json").json
    assert shown["state"] == "published"
    assert len(shown["takes"]) == 3
    assert [word["actor"] for word in shown["decisions"]] == ["ada"]
    (post,) = shown["posts"]
    assert (post["platform"], post["place"]) == ("folder", "folder/outbox:" + shown["account_id"])
    assert post["post_id"] != post["operation_id"]
    assert shown["cost_usd"] == 1.5
    assert stack.bought_and_posted_once(item_id)
    outbox = stack.home / "outbox" / item_id
    assert {"video.mp4", "post.json"} <= {path.name for path in outbox.iterdir()}

    again = stack.inside("approve", item_id, "--as", "bob").out
    assert "already approved by ada, at " in again
    assert "; the item is published, at " in again
    assert "make" not in again
    late = stack.inside("reject", item_id, "--as", "bob", code=1).line
    assert "not rejected: approved by ada, at " in late
    assert "is published" in late
    assert "already ended" in stack.inside("stop", item_id, code=2).line


def test_the_installations_caps_are_shown_and_set(stack: Product) -> None:
    assert stack.inside("caps", "--global", "5000").err == ""
    (in_all,) = [cap for cap in stack.inside("caps", "--json").json["caps"] if cap["scope"] == "global"]
    assert in_all["cap_usd"] == 5000.0
    assert in_all["left_usd"] == pytest.approx(5000.0 - in_all["spent_usd"] - in_all["reserved_usd"])
    assert "no cap" in stack.inside("caps", "--global", "none").out
    assert "is no amount" in stack.inside("caps", "--day", "much", code=2).line


def test_people_read_ids_and_links_in_full_and_a_receipt_with_every_operation(stack: Product) -> None:
    item_id = stack.waiting()
    assert item_id in stack.inside("items", "--account", "clay", "--state", "waiting").out
    shown = stack.inside("show", item_id).out
    assert f"workflows/content%2F{item_id}\n" in shown
    assert "state     waiting" in shown
    receipt = stack.inside("receipt", item_id, "--json").json
    assert receipt["cost_usd"] == 1.5
    assert receipt["book"] == "simulated"
    assert [operation["charged_usd"] for operation in receipt["operations"]] == [0.5] * 3
    assert "1/scene/3/1" in stack.inside("receipt", item_id).out
    assert item_id in {item["item_id"] for item in stack.inside("items", "--json").json["items"]}
    stack.inside("reject", item_id, "--reason", "too dark")
    stack.until(item_id, "rejected")
    assert "state     rejected (too dark)" in stack.inside("show", item_id).out
    assert stack.posts(item_id) == 0


def test_a_caption_waits_for_approve_which_temporals_own_command_can_give_without_input(
    stack: Product,
) -> None:
    item_id = stack.waiting()
    assert "new caption" in stack.inside("caption", item_id, "Clay, slowly.").out
    shown = "select 1 from review where item_id = %s and state = 'open' and text = 'Clay, slowly.'"
    until("it is on show", lambda: stack.ask(shown, item_id))
    stack("temporal", "workflow", "signal", "--name", "approve", "-w", f"content/{item_id}")
    stack.until(item_id, "published")
    post = json.loads((stack.home / "outbox" / item_id / "post.json").read_text())
    assert post["caption"] == "Clay, slowly."
    assert [word["actor"] for word in stack.inside("show", item_id, "--json").json["decisions"]][
        -1
    ] == "temporal-cli"


def test_a_malformed_word_changes_nothing_and_is_shown(stack: Product) -> None:
    item_id = stack.waiting()
    for name, given in (
        ("approve", '{"acto": 3}'),
        ("approve", "[1, 2]"),
        ("reject", "7"),
        ("revise", '""'),
        ("edit_caption", '{"caption": ""}'),
    ):
        signal = ("signal", "--name", name, "-w", f"content/{item_id}", "--input", given)
        stack("temporal", "workflow", *signal)
    last = "not understood, nothing was changed: edit_caption"
    until("the last word is shown", lambda: last in stack.inside("show", item_id).out)
    details = stack("temporal", "workflow", "metadata", "-w", f"content/{item_id}").out
    assert last in details
    assert "Waits for: **a person's decision**" in details
    shown = stack.inside("show", item_id, "--json").json
    assert (shown["state"], shown["decisions"]) == ("waiting", [])

    assert "stopping" in stack.inside("stop", item_id, "--as", "ada").out
    stack.until(item_id, "stopped")
    assert "stopped by ada" in stack.inside("show", item_id).out


def test_a_revise_that_does_not_fit_the_cap_leaves_the_item_in_review_until_the_cap_is_raised(
    stack: Product,
) -> None:
    item_id = stack.waiting()
    refused = stack.inside("revise", item_id, "--notes", "warmer light", code=1)
    assert "$1.50" in refused.line
    assert "$0.50" in refused.line
    assert stack.state(item_id) == "waiting"
    assert "revis" in stack.inside("revise", item_id, "--notes", "warmer light", "--raise-cap", "3.00").out
    until("the second round is on show", lambda: (item_id, 2) in on_show(stack))
    assert sorted(stack.submissions(item_id).values()) == [1] * 6
    stack.inside("approve", item_id)
    stack.until(item_id, "published")
    assert stack.posts(item_id) == 1


def on_show(stack: Product) -> list[tuple[str, int]]:
    """Items and rounds whose review is open."""
    found = stack.ask("select item_id, round from review where state = 'open'")
    return [(item_id, number) for item_id, number in found]


def test_an_item_whose_workflow_was_terminated_is_closed(stack: Product) -> None:
    item_id = stack.waiting()
    stack("temporal", "workflow", "terminate", "-w", f"content/{item_id}", "--reason", "a test")
    stack.inside("stop", item_id, "--as", "ada", code=None)  # or the sweep was quicker
    assert stack.state(item_id) == "stopped"
    assert (
        "no workflow in Temporal" in stack.inside("show", item_id).out
        or "ended in Temporal" in stack.inside("show", item_id).out
    )
    assert "already ended" in stack.inside("stop", item_id, code=2).line
    assert "there is no item" in stack.inside("stop", "nobody-20261120-abcdef", code=2).line


def test_what_an_approver_must_know_is_shown_in_one_place(stack: Product) -> None:
    item_id = stack.waiting("clay", "--topic", "a teapot's lid")
    shown = stack.inside("show", item_id, "--json").json
    assert shown["topic"] == "a teapot's lid"
    assert shown["round"] == 1
    assert shown["caption"]
    assert shown["review_ends"].startswith("20")
    assert shown["home"] == str(stack.home)
    card = shown["on_show"]
    assert (card["review_id"], card["gate"]) == (f"{item_id}/1/video/1", "video")
    assert (card["title"], card["text"]) == (shown["title"], shown["caption"])
    assert Path(card["files"]["video"]).read_bytes()[4:8] == b"ftyp"
    assert Path(card["poster"]).read_bytes()[:2] == b"\xff\xd8"
    assert (card["cost_usd"], card["round_price_usd"]) == (1.5, 1.5)
    (listed,) = [one for one in stack.inside("items", "--json").json["items"] if one["item_id"] == item_id]
    assert (listed["review_ends"], listed["round_price_usd"]) == (shown["review_ends"], 1.5)
    said = stack.inside("show", item_id).out
    for line in (
        "topic     a teapot's lid",
        "round     1",
        "until     20",
        f"decide    reelwright approve {item_id}",
        "another   one more round costs at most $",
    ):
        assert line in said
    assert " ".join(shown["caption"].split()) in " ".join(said.split())
    (told,) = [
        x
        for x in stack.inside("alerts", "--json").json["alerts"]
        if x["message_id"] == f"review/{item_id}/1/video"
    ]
    assert f"{item_id} waits for you until" in told["line"]
    stack.inside("stop", item_id)


def test_a_rejected_item_is_taken_up_again_free_of_charge(stack: Product) -> None:
    first = stack.waiting()
    stack.inside("reject", first)
    stack.until(first, "rejected")
    assert "not changed: rejected by" in stack.inside("caption", first, "Too late.", code=1).line
    begun = stack.inside("again", first, "--json").json
    second = begun["item_id"]
    stack.until(second, "waiting")
    assert begun["forerunner_id"] == first
    assert f"takes up {first}" in stack.inside("show", second).out
    assert f"as {second}" in stack.inside("again", first, code=2).line
    stack.inside("approve", second)
    stack.until(second, "published")
    assert stack.submissions(second) == {}
    assert (stack.posts(first), stack.posts(second)) == (0, 1)
    assert "wasted" not in stack.inside("receipt", first).out
    assert "is published" in stack.inside("again", second, code=2).line
