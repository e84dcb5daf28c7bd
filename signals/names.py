"""Names on the wire. They live in running workflows, so changing one is a migration.

Who sends what: a person sends `approve`, `reject`, `revise`, `edit_caption` and `stop` by hand, from the Temporal UI
or the `temporal` command, with or without input. A door without a database sends the update `decide` and gets an
answer. A door with one stores the row first and then sends `decided`, a hint that a row is there to be read.
A second word after the first that counted changes nothing, and is answered with who decided and when.
"""

APPROVE = "approve"
REJECT = "reject"
REVISE = "revise"
EDIT_CAPTION = "edit_caption"
STOP = "stop"
DECIDED = "decided"

DECIDE = "decide"
"""The update: takes a `Word`, answers with a `Verdict`."""

PROGRESS = "progress"
"""The query: answers with a `Progress`."""


def workflow_id(item_id: str) -> str:
    """Return the id of an item's workflow: a second start meets the first."""
    return f"content/{item_id}"
