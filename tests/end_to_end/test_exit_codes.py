"""Commands that wait for an item exit with how it ended, and say it as one JSON object."""

import json
import subprocess

from tests.end_to_end.product import Product
from tests.waiting import until


def ended(process: "subprocess.Popen[str]") -> tuple[int, dict[str, object], str]:
    """The exit code, the one JSON object on standard output, and what was told beside it."""
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return process.returncode, json.loads(out), err


def waiting_for(stack: Product, topic: str) -> str:
    """The item that a command has begun, once it waits for a person."""
    ask = "select item_id from item where plan ->> 'topic' = %s and state = 'waiting'"
    until(f"{topic} waits", lambda: stack.ask(ask, topic))
    return str(stack.ask(ask, topic)[0][0])


def test_waiting_commands_exit_with_how_the_item_ended(stack: Product) -> None:
    stack.inside("accounts", "add", "brief", "--review-hours", "0.002")
    stack.inside("accounts", "add", "thrifty", "--item-cap", "1.00")
    wait = ("make", "--wait", "--json", "--account")
    approved = stack.begin(*wait, "clay", "--topic", "to approve")
    rejected = stack.begin("demo", "--reject", "--json")
    expired = stack.begin(*wait, "brief", "--topic", "to forget")
    refused = stack.begin(*wait, "thrifty", "--topic", "to refuse")
    stopped = stack.begin(*wait, "clay", "--topic", "to stop")

    stack.inside("approve", waiting_for(stack, "to approve"))
    stack.inside("stop", waiting_for(stack, "to stop"))

    code, answer, _ = ended(approved)
    assert (code, answer["state"]) == (0, "published")
    assert set(answer) >= {"item_id", "state", "video", "posts", "cost_usd", "temporal_ui"}
    assert str(answer["video"]).endswith(f"content/{answer['item_id']}/final.mp4")
    assert answer["cost_usd"] == 1.5
    assert [(code, answer["state"]) for code, answer, _ in map(ended, (rejected, stopped))] == [
        (3, "rejected"),
        (6, "stopped"),
    ]
    code, answer, told = ended(expired)
    assert (code, answer["state"]) == (4, "expired")
    assert f"reelwright approve {answer['item_id']}" in told
    code, answer, told = ended(refused)
    assert (code, answer["state"], answer["cost_usd"]) == (5, "refused_by_cap", 0.0)
    assert "item:" in told
    assert "$1.50" in told
    assert "$1.00" in told


def test_a_demo_joins_the_stack_that_runs_and_leaves_it_running(stack: Product) -> None:
    worker = stack.pid("worker")
    answer = stack.inside("demo", "--approve", "--json", "--topic", "joined")
    assert answer.json["home"] == str(stack.home)
    assert answer.json["state"] == "published"
    assert answer.json["book"] == "simulated"
    assert "simulated dollars" in answer.err
    assert stack.bought_and_posted_once(answer.json["item_id"])
    assert stack.pid("worker") == worker


def test_a_review_cannot_be_asked_for_without_a_terminal(stack: Product) -> None:
    assert "--approve or --reject" in stack.inside("demo", code=2).line


def test_a_cap_that_does_not_hold_one_round_is_refused_before_the_item_begins(stack: Product) -> None:
    refused = stack.inside("make", "--account", "clay", "--cap", "0.10", code=2).line
    assert "--cap $0.10 simulated does not hold one round of asmr-craft, which costs at most $1.50" in refused
