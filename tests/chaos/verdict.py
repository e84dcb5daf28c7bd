"""The verdict: what the other side counted, held against the promise. One line for each breach of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.chaos.evidence import Evidence, Row
from tests.chaos.figures import LOST, of, unclaimed

UNENDED = ("running", "waiting")
OPEN = ("reserved", "prepared", "sending", "unknown", "accepted")
NOT_MADE = ("failed", "cancelled")


@dataclass(frozen=True)
class Breach:
    """One thing that must not be."""

    rule: str
    line: str
    """Names the operation or the item."""

    def __str__(self) -> str:
        return f"{self.rule}: {self.line}"


RULES = (
    "double submission",
    "double charge",
    "spent without a reservation",
    "double post",
    "post without approval",
    "lost post",
    "lost approval",
    "over a cap",
    "lost item",
    "stuck item",
    "ledger differs from journal",
    "unknown outcome left",
    "reservation left open",
    "budget differs from its operations",
)


def judge(evidence: Evidence) -> list[Breach]:
    """Return every breach; none for a run in which all is right."""
    return [
        *_submissions(evidence),
        *_asks(evidence),
        *_posts(evidence),
        *_words(evidence),
        *_caps(evidence),
        *_items(evidence),
        *_ledger(evidence),
        *_open_ends(evidence),
        *_budgets(evidence),
    ]


def _submissions(evidence: Evidence) -> Iterator[Breach]:
    """A slot is bought once: another attempt may be sent only where the one before had no effect."""
    meant = evidence.operation_of_marker()
    known = {row["operation_id"] for row in evidence.operations}
    ended = {line["handle"]: line["effect"] for line in evidence.studio if line["effect"] in NOT_MADE}
    sent: dict[str, list[Row]] = defaultdict(list)
    for line in of(evidence.studio, "submitted"):
        sent[line["marker"]].append(line)
    made: dict[str, list[str]] = defaultdict(list)
    for marker, lines in sent.items():
        operation_id = meant.get(marker, f"marker {marker}")
        if len(lines) > 1:
            yield Breach("double submission", f"{operation_id} was sent {len(lines)} times")
        if operation_id not in known:
            yield Breach(
                "spent without a reservation", f"{operation_id} was sent, and the ledger does not know it"
            )
        if any(line["handle"] not in ended for line in lines):
            made[operation_id.rpartition("/")[0]].append(operation_id)
    for operation_ids in made.values():
        if len(operation_ids) > 1:
            yield Breach("double submission", f"{' and '.join(sorted(operation_ids))} were both made")
    charges = Counter(line["handle"] for line in of(evidence.studio, "charged"))
    for line in of(evidence.studio, "submitted"):
        if charges[line["handle"]] > 1:
            name = meant.get(line["marker"], line["handle"])
            yield Breach("double charge", f"{name} was charged {charges[line['handle']]} times")


def _asks(evidence: Evidence) -> Iterator[Breach]:
    """Each ask is sent once: an answer that no operation has belongs to one whose answer was lost."""
    asked = [row for row in evidence.operations if row["kind"] == "paid" and row["vendor"] == "anthropic"]
    for handle, times in Counter(line["handle"] for line in of(evidence.writer, "charged")).items():
        if times > 1:
            yield Breach("double charge", f"{handle} was charged {times} times")
    lost = Counter(row["item_id"] for row in asked if row["handle"] == LOST)
    for item_id, lines in _by_item(evidence, unclaimed(evidence)).items():
        if len(lines) > lost[item_id]:
            yield Breach(
                "double submission",
                f"{item_id} was written for {len(lines)} times beyond the ledger, with {lost[item_id]} answers lost",
            )


def _posts(evidence: Evidence) -> Iterator[Breach]:
    approved = {row["item_id"]: row["video_sha256"] for row in evidence.reviews if row["state"] == "approved"}
    posted = Counter(line["item_id"] for line in evidence.platform)
    for item_id, times in posted.items():
        if times > 1:
            yield Breach("double post", f"{item_id} was posted {times} times")
    for line in evidence.platform:
        if approved.get(line["item_id"]) != line["video_sha256"]:
            yield Breach("post without approval", f"{line['operation_id']} is not what was approved")
    for row in evidence.items:
        if row["state"] == "published" and not posted[row["item_id"]]:
            yield Breach("lost post", f"{row['item_id']} is published, and the platform does not have it")
        if row["state"] != "published" and posted[row["item_id"]]:
            yield Breach("lost post", f"{row['item_id']} is {row['state']}, and the platform has it")


def _words(evidence: Evidence) -> Iterator[Breach]:
    """What was answered as accepted is acted on, and of each review only one word is."""
    states = {row["item_id"]: row["state"] for row in evidence.items}
    posted = {line["item_id"] for line in evidence.platform}
    rounds = Counter(
        row["item_id"] for row in evidence.operations if "/prompts/" in row["slot"] and "/2/" in row["slot"]
    )
    shown = {row["review_id"] for row in evidence.reviews}
    winners: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for word in evidence.accepted:
        winners[word.review_id].add((word.kind, word.actor))
        item_id, stopped = word.item_id, states.get(word.item_id) == "stopped"
        after = f"{word.review_id.rpartition('/')[0]}/2"
        acted = {
            "approve": item_id in posted,
            "reject": states.get(item_id) == "rejected",
            "revise": rounds[item_id] > 0,
            "edit_caption": after in shown,
        }[word.kind]
        if not acted and not stopped:
            yield Breach(
                "lost approval",
                f"{word.kind} of {word.review_id} was accepted, and {item_id} is {states.get(item_id)}",
            )
    for review_id, words in winners.items():
        if len(words) > 1:
            yield Breach("lost approval", f"{review_id}: {len(words)} different words were accepted")


def _caps(evidence: Evidence) -> Iterator[Breach]:
    """Add up what the vendors charged, line by line, in any order of the journals."""
    accounts = {account.account_id: account for account in evidence.plan.accounts}
    days = sum(row["scope"].startswith("day:") for row in evidence.budgets)  # two, if it ran over midnight
    caps = {"day": evidence.plan.day_cap_microusd * days}
    caps |= {f"account-day:{name}": account.day_cap_microusd * days for name, account in accounts.items()}
    owners = {wanted.item_id: wanted.account_id for wanted in evidence.plan.items}
    caps |= {f"item:{item_id}": accounts[owner].item_cap_microusd for item_id, owner in owners.items()}
    running: Counter[str] = Counter()
    over: set[str] = set()
    for item_id, line in _charges(evidence):
        for scope in ("day", f"account-day:{owners.get(item_id, '')}", f"item:{item_id}"):
            running[scope] += line["amount_microusd"]
            if running[scope] > caps.get(scope, 0) and scope not in over:
                over.add(scope)
                yield Breach(
                    "over a cap",
                    f"{scope} stood at {running[scope]} of {caps.get(scope, 0)} after {line['handle']}",
                )


def _items(evidence: Evidence) -> Iterator[Breach]:
    known = {row["item_id"]: row for row in evidence.items}
    for wanted in evidence.plan.items:
        row = known.get(wanted.item_id)
        if row is None:
            yield Breach("lost item", f"{wanted.item_id} was asked for, and nobody knows it")
        elif row["state"] in UNENDED:
            yield Breach("stuck item", f"{wanted.item_id} is {row['state']}")
    for item_id in evidence.left_unfinished:
        if item_id in known and known[item_id]["state"] not in UNENDED:
            yield Breach("stuck item", f"{item_id} is {known[item_id]['state']}, and its workflow goes on")


def _ledger(evidence: Evidence) -> Iterator[Breach]:
    """Equal to the micro-dollar, operation by operation; a lost ask may stand for more than it was charged."""
    charged = {line["handle"]: line["amount_microusd"] for line in of(evidence.studio, "charged")}
    charged |= {line["handle"]: line["amount_microusd"] for line in of(evidence.writer, "charged")}
    claimed: set[str] = set()
    for row in evidence.operations:
        if row["kind"] != "paid" or row["state"] != "settled" or row["handle"] == LOST:
            continue
        handle = str(row["handle"]).rpartition("#")[2]
        claimed.add(handle)
        if charged.get(handle, 0) != row["charged_microusd"]:
            yield Breach(
                "ledger differs from journal",
                f"{row['operation_id']} is settled at {row['charged_microusd']}, "
                f"and {row['vendor']} charged {charged.get(handle, 0)}",
            )
    meant = evidence.operation_of_marker()
    held = {row["operation_id"]: row for row in evidence.operations if row["state"] in (*OPEN, "parked")}
    for line in of(evidence.studio, "charged"):
        operation_id = meant.get(line["marker"], f"marker {line['marker']}")
        if line["handle"] not in claimed and operation_id not in held:
            yield Breach(
                "ledger differs from journal",
                f"{operation_id} was charged {line['amount_microusd']}, and is not settled",
            )
    lost: Counter[str] = Counter()
    for row in evidence.operations:
        if row["handle"] == LOST:
            lost[row["item_id"]] += row["charged_microusd"]
    for item_id, lines in _by_item(evidence, unclaimed(evidence)).items():
        if (total := sum(line["amount_microusd"] for line in lines)) > lost[item_id]:
            yield Breach(
                "ledger differs from journal",
                f"{item_id} was written for at {total} that the ledger does not have; it set aside {lost[item_id]}",
            )


def _open_ends(evidence: Evidence) -> Iterator[Breach]:
    for row in evidence.operations:
        if row["state"] in ("sending", "unknown"):
            yield Breach("unknown outcome left", f"{row['operation_id']} is {row['state']} ({row['reason']})")
        elif row["state"] in OPEN:
            yield Breach("reservation left open", f"{row['operation_id']} is {row['state']}")


def _budgets(evidence: Evidence) -> Iterator[Breach]:
    """Within its cap at the end, and equal to the sum of its operations."""
    for budget in evidence.budgets:
        scope, cap = budget["scope"], budget["cap_microusd"]
        reserved, settled = budget["reserved_microusd"], budget["settled_microusd"]
        if cap is not None and reserved + settled > cap:
            yield Breach("over a cap", f"{scope} has committed {reserved + settled} of {cap}")
    held = sum(row["reserved_microusd"] for row in evidence.operations if row["state"] in (*OPEN, "parked"))
    spent = sum(row["charged_microusd"] or 0 for row in evidence.operations)
    for kind in ("day:", "account-day:", "item:", "global"):
        rows = [row for row in evidence.budgets if row["scope"].startswith(kind)]
        stands = (sum(row["reserved_microusd"] for row in rows), sum(row["settled_microusd"] for row in rows))
        if stands != (held, spent):
            yield Breach(
                "budget differs from its operations",
                f"{kind} holds {stands[0]} and spent {stands[1]}, its operations {held} and {spent}",
            )


def _charges(evidence: Evidence) -> Iterator[tuple[str, Row]]:
    """Yield every charge with the item it was for."""
    meant = evidence.operation_of_marker()
    for line in of(evidence.studio, "charged"):
        yield meant.get(line["marker"], "").partition("/")[0], line
    for item_id, lines in _by_item(evidence, of(evidence.writer, "charged")).items():
        for line in lines:
            yield item_id, line


def _by_item(evidence: Evidence, lines: Iterable[Row]) -> dict[str, list[Row]]:
    """Sort the writer's lines by the item they are about; an empty name for those about none of ours."""
    sorted_: dict[str, list[Row]] = defaultdict(list)
    ids = {wanted.item_id for wanted in evidence.plan.items}
    for line in lines:
        about = str(line["about"]).split()
        sorted_[next((word for word in about if word in ids), "")].append(line)
    return sorted_
