"""What is counted of a run: by the vendors, by the platform, and by the ledger."""

from collections import Counter
from collections.abc import Iterable

from tests.chaos.evidence import Evidence, Row

LOST = "lost"
"""The handle of an ask whose answer nobody has: charged in full, by rule."""


def figures(evidence: Evidence) -> dict[str, object]:
    """Return what was counted, for people and machines."""
    operations = evidence.operations
    paid = [row for row in operations if row["kind"] == "paid"]
    lost = [row for row in paid if row["handle"] == LOST]
    return {
        "items": dict(sorted(Counter(row["state"] for row in evidence.items).items())),
        "submissions": dict(Counter(line["vendor"] for line in of(evidence.studio, "submitted"))),
        "clips_charged": len(of(evidence.studio, "charged")),
        "asks_charged": len(of(evidence.writer, "charged")),
        "posts": len(evidence.platform),
        "words_accepted": len(evidence.accepted),
        "charged_by_vendors_microusd": _sum(evidence.studio) + _sum(evidence.writer),
        "settled_in_ledger_microusd": sum(row["charged_microusd"] or 0 for row in paid),
        "charged_in_full_for_lost_answers_microusd": sum(row["charged_microusd"] for row in lost)
        - sum(line["amount_microusd"] for line in unclaimed(evidence)),
        "day_cap_microusd": evidence.plan.day_cap_microusd,
        "unknown_outcomes": sum(row["was_unknown"] for row in operations),
        "unknown_resolved": sum(
            row["was_unknown"] and row["state"] in ("settled", "released") for row in operations
        ),
        "parked": sum(row["state"] == "parked" for row in operations),
    }


def unclaimed(evidence: Evidence) -> list[Row]:
    """Return the writer's charges that no operation has as its own."""
    claimed = {row["handle"] for row in evidence.operations}
    return [line for line in of(evidence.writer, "charged") if line["handle"] not in claimed]


def of(lines: Iterable[Row], effect: str) -> list[Row]:
    """Return the lines about one kind of effect."""
    return [line for line in lines if line["effect"] == effect]


def _sum(lines: Iterable[Row]) -> int:
    return sum(line["amount_microusd"] for line in lines)
