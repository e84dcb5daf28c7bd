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


def fetched(item_id: str, round_number: int, scene: int) -> str:
    """Return the key of a bought clip that was fetched and not checked yet."""
    return f"{raw_folder(item_id)}/r{round_number}-s{scene}.fetched"


def take(item_id: str, round_number: int, scene: int) -> str:
    """Return the key of a bought clip that was checked."""
    return f"{raw_folder(item_id)}/r{round_number}-s{scene}.mp4"


def brought(item_id: str, name: str) -> str:
    """Return the key of a person's own file; `name` is its role, e.g. `own-01` or `intro`."""
    return f"{raw_folder(item_id)}/{name}.brought"


def cut(item_id: str, round_number: int, sha256: str) -> str:
    """Return the key of one round's cut; with the hash of its bytes, no other cut replaces it."""
    return f"{item_folder(item_id)}/cuts/r{round_number}-{sha256[:_HASH_CHARS]}.mp4"


def thumbnail_of(cut_key: str) -> str:
    """Return the key of a cut's thumbnail, which lies beside it."""
    return f"{cut_key.removesuffix('.mp4')}.jpg"


def metadata_of(cut_key: str) -> str:
    """Return the key of what is told of a cut, which lies beside it."""
    return f"{cut_key.removesuffix('.mp4')}.json"


def final_video(item_id: str) -> str:
    """Return the key of the published video."""
    return f"{item_folder(item_id)}/final.mp4"


def final_thumbnail(item_id: str) -> str:
    """Return the key of the published video's thumbnail."""
    return f"{item_folder(item_id)}/thumbnail.jpg"


def final_metadata(item_id: str) -> str:
    """Return the key of what is told of an ended item, and of its published video where there is one."""
    return f"{item_folder(item_id)}/metadata.json"
