"""An unmarked change of what a story asks of Temporal fails here, with what to do about it."""

import json

from tests.workflows import fingerprints

REMEDY = """the commands of a story have changed, and items that wait replay them.
From 0.1.0 on: put the change behind `workflow.patched("what-it-is")`, so that items that are running go on as they
began. Before 0.1.0, or with the marker in place: record the histories anew (`rm tests/histories/*.json`, then
`.venv/bin/python -m tests.histories.record`), and take the new commands over with
`.venv/bin/python -m tests.workflows.fingerprints`; the difference:
"""


def test_the_commands_of_each_story_are_those_that_were_meant() -> None:
    meant = json.loads(fingerprints.BASELINE.read_text(encoding="utf-8"))
    found = fingerprints.fingerprints()
    changed = {
        name: (meant.get(name), found.get(name))
        for name in sorted(meant.keys() | found.keys())
        if meant.get(name) != found.get(name)
    }
    assert not changed, REMEDY + "\n".join(f"{name}: {old} -> {new}" for name, (old, new) in changed.items())


def test_a_step_that_is_added_moved_or_timed_is_another_fingerprint() -> None:
    one, two = "await workflow.execute_activity_method(A.one, x)", "await workflow.sleep(y)"
    waits, timed = "await workflow.wait_condition(z)", "await workflow.wait_condition(z, timeout=y)"
    stories = ([one], [one, two], [two, one], [waits], [timed])
    told = [fingerprints.commands_in("async def story():\n " + "\n ".join(story)) for story in stories]
    assert all(told.count(one_of) == 1 for one_of in told)
    assert told[1] == {"story": ["execute_activity_method A.one", "sleep"]}


def test_what_an_inner_function_asks_is_its_own() -> None:
    text = "def outer():\n g(x)\n def inner():\n  workflow.sleep(y)"
    assert fingerprints.commands_in(text) == {"inner": ["sleep"]}
