"""`./reelwright chaos`: whole items among kills, pauses, cuts and lies, and a verdict from the vendors' journals."""

import argparse
import asyncio
import json
import secrets
import signal
import sys
from pathlib import Path

from pydantic import JsonValue

from tests.chaos.run import Outcome, run
from tests.chaos.verdict import RULES


def main(arguments: list[str] | None = None) -> int:
    """Run it; return 0 where all is right, else 1."""
    parser = argparse.ArgumentParser(prog="reelwright chaos", description=__doc__)
    parser.add_argument("--items", type=int, default=20, help="how many items (20)")
    parser.add_argument("--seconds", type=float, default=60, help="how long the faults go on (60)")
    parser.add_argument("--seed", type=int, help="repeats the faults of an earlier run; drawn if not given")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--logs", type=Path, help="a folder to copy the workers' logs to")
    given = parser.parse_args(arguments)
    if given.items < 1 or given.seconds <= 0:
        parser.error("--items and --seconds must be above zero")
    seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    try:
        outcome = asyncio.run(run(given.items, given.seconds, seed, given.logs))
    except KeyboardInterrupt:
        sys.stderr.write(f"stopped; seed {seed}\n")
        return 130
    sys.stdout.write(json.dumps(outcome.document(), indent=2) + "\n" if given.json else in_words(outcome))
    return 1 if outcome.breaches else 0


def in_words(outcome: Outcome) -> str:
    """Return the verdict for a person."""
    shown = outcome.document()
    lines = [f"seed {outcome.seed}: {'all is right' if shown['right'] else 'NOT RIGHT'}"]
    lines += [
        f"  {name.replace('_', ' ')}: {_plain(value)}"
        for name, value in shown.items()
        if name not in ("seed", "right", "breaches")
    ]
    counted = {rule: sum(breach.rule == rule for breach in outcome.breaches) for rule in RULES}
    lines += [f"  {rule}: {count}" for rule, count in counted.items()]
    lines += [str(breach) for breach in outcome.breaches]
    return "\n".join(lines) + "\n"


def _plain(value: JsonValue) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items())
    return str(value)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # all that was started here ends with us
    sys.exit(main())
