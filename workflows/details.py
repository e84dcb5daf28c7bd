"""What a person reads who opens an item in the Temporal UI: where it stands, what it cost, what it waits for."""

from schema.item import Stage
from schema.money import in_words
from schema.progress import Progress

_WAITS_FOR = {
    Stage.OPEN: "being opened",
    Stage.IDEA: "an idea is being written",
    Stage.PROMPTS: "the prompts are being written",
    Stage.SCENES: "the scenes are being made",
    Stage.COMPOSE: "the cut is being composed",
    Stage.REVIEW: "**a person's decision**: signal `approve`, `reject`, `revise` or `edit_caption`",
    Stage.PUBLISH: "it is being posted",
    Stage.DONE: "nothing, it has ended",
}


def as_markdown(progress: Progress) -> str:
    """Return the details as a few lines of Markdown."""
    lines = [
        f"**{progress.title or progress.item_id}** — {progress.stage}, round {progress.round}",
        f"Waits for: {_WAITS_FOR[progress.stage]}",
        f"Cost so far: {in_words(progress.cost_microusd, progress.book)}; "
        f"one more round at most: {in_words(progress.round_price_microusd, progress.book)}",
    ]
    if progress.scenes:
        lines.append("Scenes: " + ", ".join(f"{scene.scene} {scene.state}" for scene in progress.scenes))
    if progress.review_id:
        lines.append(f"On show: `{progress.review_id}`, `{progress.video_key}`")
        lines.append(f"Caption: {progress.caption}")
    if progress.last_word:
        lines.append(f"Last word: {progress.last_word}")
    return "\n\n".join(lines)
