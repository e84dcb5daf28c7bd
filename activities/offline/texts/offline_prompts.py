"""Composes the offline writer's prompts."""

from random import Random
from typing import Any

from activities.offline.texts import prose
from activities.offline.texts.crafts import Craft, craft_of
from activities.offline.texts.dice import dice_of
from activities.offline.texts.revision_notes import RevisionNotes, read_revision_notes
from activities.writers.task import Mend, WritingTask
from schema.content.idea import Idea
from schema.content.scene import Storyboard


def compose_prompts(task: WritingTask[Storyboard], _: Mend | None) -> Storyboard:
    """Return one prompt a scene, within the model's limit, answering the notes.

    Raises `ValueError` where the limit is too tight for the fewest words a prompt may have.
    """
    idea = Idea.model_validate({**task.data["idea"], "caption": "", "seed": task.seed})
    notes, scenes = task.data["notes"], task.data["scenes"]
    notes = read_revision_notes(notes)
    dice = dice_of("prompts", task.seed, idea.title, str(task.data["round"]), notes)
    craft = craft_of(idea)
    framings = prose.framings(scenes, dice)
    if notes.framing is not None:
        framings[-1 if scenes > 1 else 0] = notes.framing
    closings: list[str] = dice.sample(prose.CLOSINGS, len(prose.CLOSINGS))
    prompts = [
        _prompt(dice, task.data["max_chars"], idea, craft, notes, scene, framing, closings)
        for scene, framing in enumerate(framings, start=1)
    ]
    storyboard = task.accept(task.answer.model_validate({"prompts": prompts}))
    return storyboard.model_copy(update={"remark": _understood(notes)})


def _understood(notes: RevisionNotes) -> str:
    """Say what of a reviewer's notes a stand-in can show."""
    if not notes.quoted:
        return ""
    took = [
        part
        for part in (notes.light, notes.framing and f"a {notes.framing} shot", notes.pace, notes.sound)
        if part
    ]
    if took:
        return f"the offline stand-in took from your notes: {'; '.join(took)}"
    return "the offline stand-in can change light, distance, camera and sound, and found none of them in your notes"


def _prompt(
    dice: Random,
    max_chars: int,
    idea: Idea,
    craft: Craft | None,
    notes: RevisionNotes,
    scene: int,
    framing: str,
    closings: list[str],
) -> dict[str, Any]:
    """One scene: where, who does what, what one sees near by, and what is heard."""
    beat = idea.beats[(scene - 1) % len(idea.beats)].strip().rstrip(".")
    step = (
        next((step for step in craft.steps if craft.beat(step).rstrip(".") == beat), None) if craft else None
    )
    where, _, usual_light = idea.environment.strip().rstrip(".").partition("; ")
    light = notes.light or usual_light or dice.choice(prose.LIGHTS)
    opening = dice.choice(prose.OPENINGS[framing]).format(where=f"{where[:1].lower()}{where[1:]}")
    camera = notes.pace or dice.choice(prose.CAMERAS[framing])
    heard = step.sound if step else idea.sound_concept.split(";")[0].strip().rstrip(".").lower()
    behind = craft.ambience if craft else "a quiet room"
    video = [f"{opening}.", f"{_short(beat, 170)}."]
    if notes.quoted:
        video.append(f"As asked: {notes.quoted}.")
    asked = "Light as asked: " if notes.light else ""
    video.append(f"{prose.capital(f'{asked}{light}')}, {camera}.")
    sound = f"{_short(heard, 120)}, {dice.choice(prose.LISTENING)}; {notes.sound or behind}"
    audio = [f"{prose.capital(sound)}.", dice.choice(prose.QUIET)]
    extras = [step.detail] if step else []
    textures = f"Textures: {craft.textures}." if craft else "Honest materials and worn tools fill the frame."
    extras += [textures, prose.STYLE, *(closings[(2 * scene + turn) % len(closings)] for turn in range(2))]
    return prose.fitted(scene, max_chars, video=video, audio=audio, extras=extras)


def _short(text: str, chars: int) -> str:
    return text if len(text) <= chars else text[:chars].rsplit(" ", 1)[0].rstrip(",;")
