"""What needs a checkout: the tests, the benchmarks and the proof by chance."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from starter.console.context import USAGE, fail
from starter.stack.environment import LIBPQ, TEMPORAL, environment, unheard

BENCHMARKS = ("workflow", "compose", "waiting", "ledger")
AT_A_TIME = ("-m", "not alone", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")
"""How most tests run, three at a time, since they mostly wait for servers; each process has servers of its own."""
ALONE = ("-m", "alone")
"""Those that measure time; only the files that have some are read."""
QUICK = ("-m", "not alone and not server and not slow", "-n", "2", "--dist", "loadfile")
"""Those that need no server and little time: under a minute on two cores."""
_CHECKS = (("ruff", "format", "--check", "."), ("ruff", "check", "."), ("pyright",))
"""Before all tests; the quick ones do without the last, which takes half a minute."""


def run_tests(arguments: list[str]) -> int:
    """Check formatting, lint and types, then run the tests; the slowest ten are shown.

    `--quick` runs only what needs no server, without types. `--mutants` tests the tests instead: each seeded bug must
    make them fail.
    """
    if "--mutants" in arguments:
        names = [word for word in arguments if word != "--mutants"]
        return _run([sys.executable, "-m", "tests.mutants", *names])
    quick = "--quick" in arguments
    arguments = [word for word in arguments if word != "--quick"]
    if quick or not arguments:
        for task in _CHECKS[:-1] if quick else _CHECKS:
            sys.stderr.write(f"$ {' '.join(task)}\n")
            if code := _run([_program(task[0]), *task[1:]]):
                return code
    whole = [AT_A_TIME, (*ALONE, *_files_alone())]
    parts = [[*QUICK, *arguments]] if quick else [arguments] if arguments else whole
    command = [sys.executable, "-m", "pytest", "--durations=10"]
    codes = [_run([*command, *part]) for part in parts]
    return next(filter(None, codes), 0)


def run_benchmark(name: str, arguments: list[str]) -> int:
    """Run one benchmark."""
    if name not in BENCHMARKS:
        fail(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}", USAGE)
    return _run([sys.executable, "-m", f"tests.benchmarks.{name}", *arguments])


def run_chaos(arguments: list[str]) -> int:
    """Run items among faults; 0 where the vendors' journals say that all is right."""
    return _run([sys.executable, "-m", "tests.chaos", *arguments])


def _run(command: list[str]) -> int:
    """Run a command in the checkout to its end; it starts servers of its own."""
    process = subprocess.Popen(command, cwd=_root(), env=environment(unheard(LIBPQ, TEMPORAL)))
    while True:
        with contextlib.suppress(KeyboardInterrupt):  # it has heard the same, and cleans up
            return process.wait()


def _root() -> Path:
    root = Path(__file__).resolve().parents[2]
    if not (root / "tests").is_dir():
        fail("this needs a checkout of the project, with its tests", USAGE)
    return root


def _files_alone() -> list[str]:
    """Return the test files with a test that runs alone: reading all files takes ten seconds."""
    files = sorted((_root() / "tests").rglob("test_*.py"))
    return [str(file.relative_to(_root())) for file in files if "mark.alone" in file.read_text("utf-8")]


def _program(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    return str(beside) if os.access(beside, os.X_OK) else name
