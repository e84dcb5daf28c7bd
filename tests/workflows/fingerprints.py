"""The commands that each story gives to Temporal, as its text has them: `python -m tests.workflows.fingerprints`.

A history replays only where the same commands come in the same order. So the calls that make commands, in the order of
the text of each function, are kept in `fingerprints.json`: a change of them is meant, or the test finds it.
"""

import ast
import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVING = ROOT / "workflows" / "serving"
"""A room without stories: what it calls is no command."""
BASELINE = Path(__file__).with_name("fingerprints.json")
NAMED = {
    "execute_activity_method", "start_activity_method", "execute_activity", "start_activity",
    "execute_local_activity", "start_local_activity", "execute_child_workflow", "start_child_workflow", "patched",
    "deprecate_patch",
}  # fmt: skip
"""Calls that make a command, and whose first argument says which."""
BARE = {
    "continue_as_new",
    "sleep",
    "wait_condition",
    "upsert_search_attributes",
    "upsert_memo",
    "uuid4",
    "random",
}
"""Those that say nothing of the kind."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def fingerprints() -> dict[str, list[str]]:
    """Return the commands of all stories, by file and function."""
    return {
        f"{file.relative_to(ROOT)}::{name}": commands
        for file in sorted((ROOT / "workflows").rglob("*.py"))
        if SERVING not in file.parents
        for name, commands in commands_in(file.read_text(encoding="utf-8")).items()
    }


def commands_in(text: str) -> dict[str, list[str]]:
    """Return the commands of each function that gives any, in the order of the text."""
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, Function)]
    told = {function.name: _commands_of(function) for function in functions}
    return {name: commands for name, commands in told.items() if commands}


def _commands_of(function: Function) -> list[str]:
    inside = [node for node in ast.walk(function) if isinstance(node, Function) and node is not function]
    elsewhere = {node for inner in inside for node in ast.walk(inner)}
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and node not in elsewhere]
    in_order = sorted(calls, key=lambda call: (call.lineno, call.col_offset))
    return [command for call in in_order if (command := _command(call))]


def _command(call: ast.Call) -> str:
    """Return what a call asks of Temporal; empty for every other call."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    timed = " with a timeout" if any(keyword.arg == "timeout" for keyword in call.keywords) else ""
    if called in NAMED:
        return f"{called} {ast.unparse(call.args[0])}"
    return f"{called}{timed}" if called in BARE else ""


if __name__ == "__main__":
    BASELINE.write_text(json.dumps(fingerprints(), indent=1) + "\n", encoding="utf-8")
