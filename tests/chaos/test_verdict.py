"""The verdict can fail: each way of breaking the promise is found in a spoilt journal, and named."""

from collections.abc import Callable

import pytest

from tests.chaos.evidence import Evidence, marker_of
from tests.chaos.figures import figures
from tests.chaos.people import Accepted
from tests.chaos.scenery import (
    ASK_MICROUSD,
    ITEM,
    REFUSED,
    REVISED,
    SCENE_MICROUSD,
    WORST_ASK_MICROUSD,
    add_up,
    line_of,
    operation,
    right,
)
from tests.chaos.verdict import RULES, judge

SCENE = f"{ITEM}/1/scene/2/1"
FAILED = f"{ITEM}/1/scene/1/1"
Spoil = Callable[[Evidence], None]


def test_a_run_in_which_all_is_right_has_no_breach() -> None:
    evidence = right()
    assert judge(evidence) == []
    shown = figures(evidence)
    assert shown["items"] == {"published": 2, "refused_by_cap": 1}
    assert shown["submissions"] == {"fal": 10}
    assert (shown["clips_charged"], shown["asks_charged"], shown["posts"]) == (9, 4, 2)
    assert shown["charged_by_vendors_microusd"] == 9 * SCENE_MICROUSD + 4 * ASK_MICROUSD
    assert shown["charged_in_full_for_lost_answers_microusd"] == WORST_ASK_MICROUSD - ASK_MICROUSD


def sent_twice(evidence: Evidence) -> None:
    line = line_of(evidence, SCENE, "submitted")
    evidence.studio += [line | {"handle": "again"}, line | {"effect": "cancelled", "handle": "again"}]


def sent_again_after_it_was_made(evidence: Evidence) -> None:
    line_of(evidence, FAILED, "failed")["effect"] = "charged"


def sent_by_nobody(evidence: Evidence) -> None:
    marker = str(marker_of(f"{REFUSED}/1/scene/1/1"))
    evidence.studio.append({"effect": "submitted", "marker": marker, "handle": "stray", "amount_microusd": 0})


def asked_beyond_the_ledger(evidence: Evidence) -> None:
    evidence.writer.append(evidence.writer[2] | {"handle": "msg-stray"})


def charged_twice(evidence: Evidence) -> None:
    evidence.studio.append(line_of(evidence, SCENE, "charged"))


def words_charged_twice(evidence: Evidence) -> None:
    evidence.writer.append(evidence.writer[1])


def posted_twice(evidence: Evidence) -> None:
    evidence.platform.append(evidence.platform[0])


def posted_unseen(evidence: Evidence) -> None:
    evidence.platform[0]["video_sha256"] = "another file"


def post_missing(evidence: Evidence) -> None:
    del evidence.platform[0]


def approval_ignored(evidence: Evidence) -> None:
    evidence.items[0]["state"] = "expired"
    del evidence.platform[0]


def rejection_ignored(evidence: Evidence) -> None:
    evidence.accepted = [Accepted(ITEM, f"{ITEM}/1/1", "reject", "bea")]


def revision_ignored(evidence: Evidence) -> None:
    evidence.accepted = [Accepted(ITEM, f"{ITEM}/1/1", "revise", "ada")]


def two_words_accepted(evidence: Evidence) -> None:
    evidence.accepted = [*evidence.accepted, Accepted(ITEM, f"{ITEM}/1/1", "approve", "bea")]


def a_cent_over_the_day(evidence: Evidence) -> None:
    evidence.plan.day_cap_microusd = 9 * SCENE_MICROUSD


def over_the_account(evidence: Evidence) -> None:
    account = evidence.plan.accounts[0]
    evidence.plan.accounts = [account.model_copy(update={"day_cap_microusd": 9 * SCENE_MICROUSD})]


def over_the_item(evidence: Evidence) -> None:
    account = evidence.plan.accounts[0]
    evidence.plan.accounts = [account.model_copy(update={"item_cap_microusd": 3 * SCENE_MICROUSD})]


def committed_over_the_cap(evidence: Evidence) -> None:
    evidence.budgets[1]["cap_microusd"] = 1


def forgotten(evidence: Evidence) -> None:
    evidence.items = [row for row in evidence.items if row["item_id"] != REFUSED]


def waits_for_ever(evidence: Evidence) -> None:
    evidence.items[2] |= {"state": "running"}


def settled_too_low(evidence: Evidence) -> None:
    operation(evidence, SCENE)["charged_microusd"] -= 1
    add_up(evidence)


def released_though_charged(evidence: Evidence) -> None:
    operation(evidence, SCENE).update(state="released", charged_microusd=0)
    add_up(evidence)


def lost_answers_too_cheap(evidence: Evidence) -> None:
    operation(evidence, f"{ITEM}/1/idea/1/1")["charged_microusd"] = ASK_MICROUSD - 1
    add_up(evidence)


def never_found_out(evidence: Evidence) -> None:
    operation(evidence, SCENE)["state"] = "unknown"


def left_reserved(evidence: Evidence) -> None:
    operation(evidence, FAILED)["state"] = "reserved"


def budget_drifted(evidence: Evidence) -> None:
    evidence.budgets[1]["settled_microusd"] += 1


CASES: list[tuple[Spoil, str, str]] = [
    (sent_twice, "double submission", f"{SCENE} was sent 2 times"),
    (sent_again_after_it_was_made, "double submission", f"{FAILED} and {ITEM}/1/scene/1/2 were both made"),
    (sent_by_nobody, "spent without a reservation", f"{REFUSED}/1/scene/1/1 was sent"),
    (asked_beyond_the_ledger, "double submission", f"{REVISED} was written for 1 times beyond the ledger"),
    (charged_twice, "double charge", f"{SCENE} was charged 2 times"),
    (words_charged_twice, "double charge", f"msg-{ITEM}/1/idea/2 was charged 2 times"),
    (posted_twice, "double post", f"{ITEM} was posted 2 times"),
    (
        posted_unseen,
        "post without approval",
        f"{ITEM}/1/publish/folder/outbox:craft0/1 is not what was approved",
    ),
    (post_missing, "lost post", f"{ITEM} is published, and the platform does not have it"),
    (approval_ignored, "lost approval", f"approve of {ITEM}/1/1 was accepted, and {ITEM} is expired"),
    (rejection_ignored, "lost approval", f"reject of {ITEM}/1/1 was accepted"),
    (revision_ignored, "lost approval", f"revise of {ITEM}/1/1 was accepted"),
    (two_words_accepted, "lost approval", f"{ITEM}/1/1: 2 different words were accepted"),
    (a_cent_over_the_day, "over a cap", "day stood at"),
    (over_the_account, "over a cap", "account-day:craft0 stood at"),
    (over_the_item, "over a cap", f"item:{ITEM} stood at"),
    (committed_over_the_cap, "over a cap", "day:2026-11-20 has committed"),
    (forgotten, "lost item", f"{REFUSED} was asked for"),
    (waits_for_ever, "stuck item", f"{REFUSED} is running"),
    (settled_too_low, "ledger differs from journal", f"{SCENE} is settled at 499999, and fal charged 500000"),
    (
        released_though_charged,
        "ledger differs from journal",
        f"{SCENE} was charged 500000, and is not settled",
    ),
    (lost_answers_too_cheap, "ledger differs from journal", f"{ITEM} was written for at 400"),
    (never_found_out, "unknown outcome left", f"{SCENE} is unknown"),
    (left_reserved, "reservation left open", f"{FAILED} is reserved"),
    (budget_drifted, "budget differs from its operations", "day: holds 0 and spent"),
]


@pytest.mark.parametrize(("spoil", "rule", "line"), CASES, ids=lambda case: getattr(case, "__name__", ""))
def test_a_broken_promise_is_named(spoil: Spoil, rule: str, line: str) -> None:
    evidence = right()
    spoil(evidence)
    assert [breach for breach in judge(evidence) if breach.rule == rule and breach.line.startswith(line)]


def test_every_rule_is_seen_to_break() -> None:
    assert {rule for _, rule, _ in CASES} == set(RULES)
