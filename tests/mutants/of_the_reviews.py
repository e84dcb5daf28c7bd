"""Seeded bugs of subjects on show, of approvals, and of the budgets that a decision buys from."""

from tests.mutants.mutant import Mutant

GUARDS = "tests/activities/ledger/test_post_guards.py"

MUTANTS = (
    Mutant(
        "posts what was not approved exactly so",
        "activities/reviews/approvals.py",
        '    if row is None or row["state"] != "approved" or row["content_sha256"] != approval.content_sha256:',
        "    if row is None:",
        ("tests/activities/reviews/test_approvals.py",),
    ),
    Mutant(
        "posts in a place that nobody approved",
        "activities/reviews/approvals.py",
        '    if operation.vendor not in row["places"]:',
        "    if False:",
        (GUARDS,),
    ),
    Mutant(
        "looks for a hold before it has the item",
        "activities/reviews/approvals.py",
        '    cursor = await connection.execute(\n        """\n        select review.state',
        '    early = await connection.execute("select reason from hold where item_id = %s", [operation.item_id])\n'
        "    if await early.fetchone() is None:\n"
        "        return\n"
        '    cursor = await connection.execute(\n        """\n        select review.state',
        (GUARDS,),
    ),
    Mutant(
        "approves a file by its bytes alone, whatever it is to the subject",
        "schema/reviews/subject.py",
        "        files = [[artifact.role, artifact.key, artifact.sha256]",
        "        files = [[artifact.sha256]",
        ("tests/schema/reviews/test_subject.py",),
    ),
    Mutant(
        "keeps a raised cap although the round did not fit",
        "activities/reviews/arbiter.py",
        "        try:\n            async with connection.transaction():\n",
        "        try:\n            if True:\n",
        ("tests/activities/reviews/test_revising.py",),
    ),
    Mutant(
        "takes a yes to the script for a yes to the video",
        "activities/reviews/review_rows.py",
        "where item_id = %s and gate = %s and state = 'approved'",
        "where item_id = %s and %s <> '' and state = 'approved'",
        ("tests/activities/reviews/test_subjects.py",),
    ),
    Mutant(
        "lets a ledger without reviews post",
        "activities/ledger/claiming.py",
        '    """Refuse every post: of a ledger that was handed no reviews."""\n',
        '    """Refuse every post: of a ledger that was handed no reviews."""\n    return\n',
        ("tests/activities/reviews/test_approvals.py",),
    ),
    Mutant(
        "holds an item only to its account's cap of the day",
        "activities/ledger/scopes.py",
        "        own_cap_microusd=limits.day_cap_microusd if limits else None,\n",
        "",
        ("tests/activities/ledger/test_scopes.py",),
    ),
    Mutant(
        "lets a plan's cap lower what a person has raised",
        "activities/ledger/scopes.py",
        ", first_cap_stays=True)",
        ")",
        ("tests/activities/ledger/test_scopes.py", "tests/activities/reviews/test_revising.py"),
    ),
    Mutant(
        "buys the scenes of a round whose script is still to be approved",
        "activities/buying/purchases.py",
        "    if shown in way and Stage.SCENES in way[way.index(shown) :]:\n",
        "    if False:\n",
        ("tests/activities/reviews/test_revising.py",),
    ),
    Mutant(
        "says of an approved script that it is being posted",
        "activities/store/item_rows.py",
        " and shown.gate = 'video' then 'publish'",
        " then 'publish'",
        ("tests/workflows/test_gates.py",),
    ),
    Mutant(
        "puts an edited caption in the place of a script",
        "activities/reviews/arbiter.py",
        "        if word.caption and review.subject.gate not in CAPTIONED:\n",
        "        if False:\n",
        ("tests/workflows/test_gates.py",),
    ),
)
