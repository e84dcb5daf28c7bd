"""Composes the offline writer's ideas."""

from random import Random
from typing import Any

from activities.offline.texts import prose
from activities.offline.texts.crafts import Craft, Step, crafts, with_place
from activities.offline.texts.dice import dice_of
from activities.offline.texts.revision_notes import RevisionNotes, read_revision_notes
from activities.writers.task import Mend, WritingTask
from schema.content.idea import Idea
from schema.text import one_line, shortened

_HOURS = {
    "morning": "at sunrise",
    "rain": "on a rainy day",
    "afternoon": "in late sun",
    "dusk": "at dusk",
    "night": "by lantern light",
    "snow": "in snow light",
    "noon": "at noon",
    "candle": "by candlelight",
    "golden": "in golden light",
}


def compose_idea(task: WritingTask[Idea], mend: Mend | None) -> Idea:
    """Return one idea that fits the task and repeats none of `made_before`."""
    topic, notes, scenes = task.data["topic"], task.data["notes"], task.data["scenes"]
    made_before = tuple(task.data["made_before"])
    dice = dice_of("idea", *["again"] * bool(mend), task.seed, topic or "", "|".join(made_before), notes)
    craft = _choose_craft(dice, f"{topic or ''} {notes}", made_before)
    wish = read_revision_notes(notes)
    light = wish.light or dice.choice(prose.LIGHTS)
    thing = dice.choice(craft.objects)
    steps = _choose_steps(dice, craft, scenes)
    beats = [craft.beat(step) for step in steps]
    beats += [_rest_beat(thing, turn) for turn in range(scenes - len(steps))]
    environment = f"{prose.capital(dice.choice(craft.environments))}, {craft.place}; {light}."
    title = _choose_title(dice, craft, thing, light, made_before)
    concept = _concept(dice, craft, thing, steps, scenes)
    instead = _instead(craft, topic)
    answer: dict[str, Any] = {
        "title": title,
        "concept": f"{concept} {instead}".strip()[:600],
        "caption": f"{instead}\n\n{_caption(dice, craft, thing)}".strip(),
        "cultural_context": craft.context,
        "environment": environment,
        "sound_concept": _sound_concept(craft, steps, wish),
        "beats": beats,
    }
    return task.accept(task.answer.model_validate(answer))


def _choose_craft(dice: Random, topic: str, made_before: tuple[str, ...]) -> Craft:
    """Return the craft nearest to the topic, if any; among equals one not shown lately."""
    near = [craft for craft in crafts() if craft.is_near(topic)] or list(crafts())
    points = [craft.answers(topic) if craft.is_near(topic) else 0 for craft in near]
    fitting = [craft for craft, scored in zip(near, points, strict=True) if scored == max(points)]
    recent = " ".join(made_before[: len(fitting) // 2])
    fresh = [craft for craft in fitting if not any(title in recent for title in craft.titles)]
    return dice.choice(fresh or fitting)


def _choose_steps(dice: Random, craft: Craft, scenes: int) -> list[Step]:
    """As many moments as there are scenes, in the order the work is done."""
    places = sorted(dice.sample(range(len(craft.steps)), min(scenes, len(craft.steps))))
    return [craft.steps[place] for place in places]


def _choose_title(dice: Random, craft: Craft, thing: str, light: str, made_before: tuple[str, ...]) -> str:
    """A title the account has not had; parts are counted only when a craft's own titles are used up."""
    taken = {title.casefold() for title in made_before}
    hour = next((hour for word, hour in _HOURS.items() if word in light), "in good light")
    pairs = [(title, other) for other in craft.objects for title in craft.titles]
    dice.shuffle(pairs)
    pairs.sort(key=lambda pair: pair[1] != thing)
    plain = [f"{title}: {prose.capital(prose.article(other))}" for title, other in pairs]
    timed = [f"{title}: {prose.capital(other)} {hour}" for title, other in pairs]
    candidates = [*plain, *timed] if dice.random() < 0.5 else [*timed, *plain]
    part = 2
    while True:
        for title in candidates:
            if len(title) <= 80 and title.casefold() not in taken:
                return title
        candidates = [f"{title}, Part {part}" for title in craft.titles]
        part += 1


def _concept(dice: Random, craft: Craft, thing: str, steps: list[Step], scenes: int) -> str:
    count = {1: "one scene", 2: "two scenes", 3: "three scenes"}.get(scenes, f"{scenes} scenes")
    maker = with_place(craft.maker, craft.place)
    opening = dice.choice(
        (
            f"In {count}, {prose.article(thing)} comes into being under the hands of {maker}.",
            f"{prose.capital(maker)} works on {prose.article(thing)}: {count}, no words.",
            f"A patient look at {craft.placed}: {prose.article(thing)}, {count}, and the sounds of the work.",
        )
    )
    last = f"{steps[-1].detail[0].lower()}{steps[-1].detail[1:]}"
    return f"{opening} We come closer with every cut, until this is all there is: {last}"


def _instead(craft: Craft, topic: str | None) -> str:
    """Say that another craft stands in for the topic; empty without a topic or with a near craft."""
    if not topic or craft.is_near(topic):
        return ""
    return f"(The offline stand-in knows no craft for “{shortened(one_line(topic), 120)}”: this is {craft.placed}.)"


def _caption(dice: Random, craft: Craft, thing: str) -> str:
    about = dice.choice(
        (
            f"{prose.capital(with_place(prose.article(thing), craft.place))}, made slowly.",
            f"{prose.capital(craft.placed)}, one gesture at a time.",
            f"This is {craft.placed}, and it takes as long as it takes.",
        )
    )
    invitation = dice.choice(
        (
            "Headphones on, and breathe out.",
            "Turn the sound up; this one is for the ears.",
            "Stay for the last second.",
            "Which sound would you fall asleep to?",
        )
    )
    tags = " ".join(f"#{tag}" for tag in (*craft.hashtags, "asmr", "handmade", "slowcraft"))
    return f"{about} {invitation}\n\n{craft.context}\n\n{tags}"


def _sound_concept(craft: Craft, steps: list[Step], wish: RevisionNotes) -> str:
    heard = "; ".join(dict.fromkeys(step.sound for step in steps[:3]))
    asked = f"; {wish.sound}" if wish.sound else ""
    return f"{prose.capital(heard)}; behind it {craft.ambience}{asked}. No music, no voice."[:400]


def _rest_beat(thing: str, turn: int) -> str:
    return (
        f"The finished {thing} rests in the light, and nothing moves.",
        f"The {thing} is turned once, slowly, so that the light runs over it.",
    )[turn % 2]
