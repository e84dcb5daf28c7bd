"""Evidence of a small run in which all is right, for tests that spoil it."""

from schema.items.account import Account
from tests.chaos.evidence import Evidence, Row, marker_of
from tests.chaos.people import Accepted, Plan, Wanted

ITEM, REVISED, REFUSED = (f"craft0-20261120-{tail}" for tail in ("aaaaaa", "bbbbbb", "cccccc"))
SCENE_MICROUSD, ASK_MICROUSD, WORST_ASK_MICROUSD = 500_000, 400, 4_000
ITEM_CAP_MICROUSD = 4_000_000


def right() -> Evidence:
    """Return three items: one published, one revised and then published, and one that a cap refused.

    The first item lost one answer of its writer, and had one scene that failed and was ordered again.
    """
    evidence = Evidence(
        plan=Plan(
            items=[Wanted(item_id, "craft0", "approve", 0) for item_id in (ITEM, REVISED, REFUSED)],
            accounts=[
                Account(
                    account_id="craft0",
                    title="Craft",
                    item_cap_microusd=ITEM_CAP_MICROUSD,
                    day_cap_microusd=4_520_000,
                )
            ],
            day_cap_microusd=4_510_000,
        ),
        studio=[], writer=[], platform=[], items=[], operations=[], budgets=[], reviews=[],
        accepted=[
            Accepted(ITEM, f"{ITEM}/1/1", "approve", "ada"),
            Accepted(REVISED, f"{REVISED}/1/1", "revise", "ada"),
            Accepted(REVISED, f"{REVISED}/2/1", "edit_caption", "ada"),
            Accepted(REVISED, f"{REVISED}/2/2", "approve", "ada"),
        ],
    )  # fmt: skip
    _ask(evidence, f"{ITEM}/1/idea/1", lost=True)
    _ask(evidence, f"{ITEM}/1/idea/2")
    _scene(evidence, f"{ITEM}/1/scene/1/1", fails=True)
    for scene in ("1/2", "2/1", "3/1"):
        _scene(evidence, f"{ITEM}/1/scene/{scene}")
    _ask(evidence, f"{REVISED}/1/idea/1")
    _ask(evidence, f"{REVISED}/2/prompts/1")
    for scene in ("1/scene/1/1", "1/scene/2/1", "1/scene/3/1", "2/scene/1/1", "2/scene/2/1", "2/scene/3/1"):
        _scene(evidence, f"{REVISED}/{scene}")
    _end(evidence, ITEM, "published", "1/1")
    _end(evidence, REVISED, "published", "2/2")
    evidence.reviews += [
        _review(REVISED, "1/1", "revised"),
        _review(REVISED, "2/1", "replaced"),
    ]
    _end(evidence, REFUSED, "refused_by_cap")
    add_up(evidence)
    return evidence


def add_up(evidence: Evidence) -> None:
    """Write the budgets that follow from the operations."""
    spent = sum(row["charged_microusd"] or 0 for row in evidence.operations)
    evidence.budgets = [
        {"scope": scope, "cap_microusd": None, "reserved_microusd": 0, "settled_microusd": spent}
        for scope in ("account-day:craft0:2026-11-20", "day:2026-11-20", "global", "item:all of them")
    ]


def operation(evidence: Evidence, operation_id: str) -> Row:
    """Return the ledger's row of an operation."""
    return next(row for row in evidence.operations if row["operation_id"] == operation_id)


def line_of(evidence: Evidence, operation_id: str, effect: str) -> Row:
    """Return the studio's line about an operation."""
    marker = str(marker_of(operation_id))
    return next(line for line in evidence.studio if (line["marker"], line["effect"]) == (marker, effect))


def _scene(evidence: Evidence, operation_id: str, *, fails: bool = False) -> None:
    marker, handle = str(marker_of(operation_id)), f"request-{operation_id}"
    charged = 0 if fails else SCENE_MICROUSD
    for effect, amount in (("submitted", 0), ("failed" if fails else "charged", charged)):
        evidence.studio.append(
            {"vendor": "fal", "effect": effect, "marker": marker, "handle": handle, "amount_microusd": amount}
        )
    _operation(evidence, operation_id, "fal", SCENE_MICROUSD, charged, f"fal-ai/wan#{handle}", released=fails)


def _ask(evidence: Evidence, slot: str, *, lost: bool = False) -> None:
    handle, item_id = f"msg-{slot}", slot.partition("/")[0]
    evidence.writer.append(
        {
            "effect": "charged", "marker": "ask", "handle": handle, "about": f"Bowl {item_id} x",
            "amount_microusd": ASK_MICROUSD,
        }
    )  # fmt: skip
    charged = WORST_ASK_MICROUSD if lost else ASK_MICROUSD
    _operation(evidence, f"{slot}/1", "anthropic", WORST_ASK_MICROUSD, charged, "lost" if lost else handle)


def _operation(
    evidence: Evidence,
    operation_id: str,
    vendor: str,
    reserved: int,
    charged: int,
    handle: str,
    *,
    kind: str = "paid",
    released: bool = False,
) -> None:
    slot, _, attempt = operation_id.rpartition("/")
    evidence.operations.append(
        {
            "operation_id": operation_id, "slot": slot, "attempt": int(attempt), "kind": kind,
            "item_id": slot.partition("/")[0], "account_id": "craft0", "vendor": vendor,
            "state": "released" if released else "settled", "reserved_microusd": reserved,
            "charged_microusd": charged, "handle": handle, "reason": "", "was_unknown": handle == "lost",
        }
    )  # fmt: skip


def _end(evidence: Evidence, item_id: str, state: str, approved: str = "") -> None:
    evidence.items.append({"item_id": item_id, "account_id": "craft0", "state": state, "reason": ""})
    if not approved:
        return
    evidence.reviews.append(_review(item_id, approved, "approved"))
    operation_id = f"{item_id}/{approved[0]}/publish/folder/outbox:craft0/1"
    _operation(
        evidence, operation_id, "folder/outbox:craft0", 0, 0, f"file:///outbox/{item_id}", kind="publish"
    )
    evidence.platform.append(
        {
            "event": "posted",
            "item_id": item_id,
            "operation_id": operation_id,
            "video_sha256": f"sha-{item_id}/{approved}",
        }
    )


def _review(item_id: str, place: str, state: str) -> Row:
    round_, _, revision = place.partition("/")
    return {
        "review_id": f"{item_id}/{place}", "item_id": item_id, "round": int(round_), "revision": int(revision),
        "video_sha256": f"sha-{item_id}/{place}", "state": state,
    }  # fmt: skip
