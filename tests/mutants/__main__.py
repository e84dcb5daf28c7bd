"""Put each seeded bug into a copy of the checkout and see the tests fail: `python -m tests.mutants [NAME ...]`.

The exit code is 0 only where the tests pass without a bug and fail with each of them. What is judged is the copy of
what git knows and of what is changed but not committed yet.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.mutant import Mutant
from tests.mutants.seeded import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 2
"""Bugs, each in a copy of its own: most of these tests wait for servers."""
FAILED = 1
"""pytest's exit code for tests that ran and failed; any other says nothing about the tests."""


def main(argv: Sequence[str]) -> int:
    """Judge the tests; prints one line a bug."""
    parser = argparse.ArgumentParser(prog="mutants", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="parts of names; all bugs by default")
    wished = parser.parse_args(argv)
    chosen = [one for one in MUTANTS if not wished.names or any(part in one.name for part in wished.names)]
    with tempfile.TemporaryDirectory(prefix="rw-mutants-") as folder, ThreadPoolExecutor(AT_ONCE) as threads:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(AT_ONCE):
            copies.put(_copy_to(Path(folder) / f"checkout-{number}"))
        tests = sorted({test for mutant in chosen for test in mutant.noticed_by})
        passed = _run(Path(folder) / "checkout-0", tests, "--quiet")
        if passed.returncode:
            _tell(f"{passed.stdout[-2_000:]}\nthe tests do not pass as they are; nothing was judged")
            return 1
        noticed = sum(threads.map(_is_noticed, repeat(copies), chosen))
    _tell(f"{noticed} of {len(chosen)} seeded bugs were noticed")
    return 0 if chosen and noticed == len(chosen) else 1


def _is_noticed(copies: "SimpleQueue[Path]", mutant: Mutant) -> bool:
    copy = copies.get()
    try:
        return _is_noticed_in(copy, mutant)
    finally:
        copies.put(copy)


def _is_noticed_in(copy: Path, mutant: Mutant) -> bool:
    file = copy / mutant.file
    whole = file.read_text(encoding="utf-8")
    began = time.monotonic()
    file.write_text(changed(whole, mutant), encoding="utf-8")
    try:
        code = _run(copy, mutant.noticed_by, "--exitfirst", "--quiet").returncode
    finally:
        file.write_text(whole, encoding="utf-8")
    word = "noticed " if code == FAILED else "SURVIVED" if code == 0 else f"BROKEN {code}"
    _tell(f"{word} {time.monotonic() - began:5.1f} s  it {mutant.name}  ({mutant.file})")
    return code == FAILED


def changed(text: str, mutant: Mutant) -> str:
    """Return a file with the bug in it. Raises `ValueError` where the file no longer reads as the bug expects."""
    if text.count(mutant.old) != 1:
        raise ValueError(
            f"{mutant.file} has {mutant.old!r} {text.count(mutant.old)} times: write {mutant.name!r} anew"
        )
    return text.replace(mutant.old, mutant.new)


def _copy_to(folder: Path) -> Path:
    known = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")
    for name in filter(None, map(os.fsdecode, known)):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def _run(copy: Path, tests: Sequence[str], *flags: str) -> "subprocess.CompletedProcess[str]":
    """Run tests in the copy; its own code comes before the checkout's."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "--no-header",
            *flags,
            *tests,
        ],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
