"""The keys of an item's files: the one place that spells them."""

SCRATCH = "cache/scratch"
"""The folder of half-made files, with one folder an item below it."""
_HASH_CHARS = 12
"""Of a cut's SHA-256: enough to tell the cuts of one round apart."""


def item_folder(item_id: str) -> str:
    """Return the folder of everything that belongs to an item."""
    return f"content/{item_id}"


def idea(item_id: str) -> str:
    """Return the key of the idea, which the writer wrote."""
    return f"{item_folder(item_id)}/idea.json"


def prompts(item_id: str) -> str:
    """Return the key of the prompts of the newest round."""
    return f"{item_folder(item_id)}/prompts.json"


def writers_answer(item_id: str, round_number: int, step: str, number: int) -> str:
    """Return the key of what a writer answered to one paid call; `step` is `idea` or `prompts`."""
    return f"{item_folder(item_id)}/asks/r{round_number}-{step}-{number}.json"


def raw_folder(item_id: str) -> str:
    """Return the folder of the clips that an item is made of."""
    return f"{item_folder(item_id)}/raw"


def take(item_id: str, round_number: int, scene: int) -> str:
    """Return the key of a bought clip that was checked."""
    return f"{raw_folder(item_id)}/r{round_number}-s{scene}.mp4"


def brought(item_id: str, name: str) -> str:
    """Return the key of a person's own file; `name` is its role, e.g. `own-01` or `intro`."""
    return f"{raw_folder(item_id)}/{name}.brought"


def final_video(item_id: str) -> str:
    """Return the key of the finished video."""
    return f"{item_folder(item_id)}/final.mp4"


def final_thumbnail(item_id: str) -> str:
    """Return the key of the finished video's thumbnail."""
    return f"{item_folder(item_id)}/thumbnail.jpg"


def final_metadata(item_id: str) -> str:
    """Return the key of what is told of the finished video, and of how its item ended."""
    return f"{item_folder(item_id)}/metadata.json"
