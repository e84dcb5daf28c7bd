"""The offline writer: ideas and prompts from curated material, with dice that start where the seed says."""

import hashlib
from random import Random

from activities.writers import prose
from activities.writers.crafts import Craft, Step, craft_of, crafts, with_place
from activities.writers.notes import Wish, read_wish
from activities.writers.port import Mend, Written
from schema.idea import Idea, IdeaBrief, PromptBrief
from schema.money import Book
from schema.scene import ScenePrompt, Storyboard
from schema.text import one_line, shortened


class OfflineWriter:
    """The Writer port without a model: the same brief always gives the same words."""

    @property
    def name(self) -> str:
        """The writer's name on receipts and in `idea.json`."""
        return "offline-writer"

    @property
    def model(self) -> str:
        """There is none."""
        return ""

    @property
    def book(self) -> Book:
        """Simulated dollars, and none of them."""
        return Book.SIMULATED

    def worst_case_microusd(self, brief: IdeaBrief | PromptBrief, mend: Mend | None = None) -> int:
        """Return nothing: it costs nothing."""
        return 0

    async def idea(self, brief: IdeaBrief, mend: Mend | None = None) -> Written[Idea]:
        """Write one idea that fits the brief and repeats none of `made_before`."""
        return Written(value=_idea(brief, turns=1 if mend else 0))

    async def storyboard(self, brief: PromptBrief, mend: Mend | None = None) -> Written[Storyboard]:
        """Write one prompt a scene, within the model's limit, answering the notes.

        Raises `ValueError` where the limit is too tight for the fewest words a prompt may have.
        """
        return Written(value=_storyboard(brief))


def _idea(brief: IdeaBrief, turns: int = 0) -> Idea:
    dice = _dice(
        "idea", *["again"] * turns, brief.seed, brief.topic or "", "|".join(brief.made_before), brief.notes
    )
    craft = _choose_craft(dice, f"{brief.topic or ''} {brief.notes}", brief.made_before)
    wish = read_wish(brief.notes)
    light = wish.light or dice.choice(prose.LIGHTS)
    thing = dice.choice(craft.objects)
    steps = _choose_steps(dice, craft, brief.scenes)
    beats = tuple(craft.beat(step) for step in steps)
    if brief.scenes > len(steps):
        beats += tuple(_rest_beat(thing, turn) for turn in range(brief.scenes - len(steps)))
    environment = f"{prose.capital(dice.choice(craft.environments))}, {craft.place}; {light}."
    title = _choose_title(dice, craft, thing, light, brief.made_before)
    concept = _concept(dice, craft, thing, steps, brief.scenes)
    instead = _instead(craft, brief.topic)
    return Idea(
        title=title,
        concept=f"{concept} {instead}".strip()[:600],
        caption=f"{instead}\n\n{_caption(dice, craft, thing)}".strip(),
        cultural_context=craft.context,
        environment=environment,
        sound_concept=_sound_concept(craft, steps, wish),
        beats=beats,
        seed=brief.seed,
    )


def _storyboard(brief: PromptBrief) -> Storyboard:
    idea, wish = brief.idea, read_wish(brief.notes)
    dice = _dice("prompts", idea.seed, idea.title, str(brief.round), brief.notes)
    craft = craft_of(idea)
    framings = prose.framings(brief.scenes, dice)
    if wish.framing is not None:
        framings[-1 if brief.scenes > 1 else 0] = wish.framing
    closings: list[str] = dice.sample(prose.CLOSINGS, len(prose.CLOSINGS))
    prompts = tuple(
        _prompt(dice, brief, craft, wish, scene, framing, closings)
        for scene, framing in enumerate(framings, start=1)
    )
    board = Storyboard(prompts=prompts, notes=brief.notes, remark=_understood(wish))
    return board.check(scenes=brief.scenes, max_chars=brief.max_chars)


def _understood(wish: Wish) -> str:
    """Say what of a reviewer's wish a stand-in can show."""
    if not wish.quoted:
        return ""
    took = [
        part
        for part in (wish.light, wish.framing and f"a {wish.framing} shot", wish.pace, wish.sound)
        if part
    ]
    if took:
        return f"the offline stand-in took from your notes: {'; '.join(took)}"
    return "the offline stand-in can change light, distance, camera and sound, and found none of them in your notes"


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


def _dice(*parts: object) -> Random:
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode(errors="replace")).digest()
    return Random(int.from_bytes(digest[:8], "big"))


def _choose_craft(dice: Random, topic: str, made_before: tuple[str, ...]) -> Craft:
    """The craft that answers the topic best, if any is near it; among equals, rather one that was not just shown."""
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
    """Say that another craft stands in for what was asked; empty where nothing was asked, or the craft is near it."""
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


def _sound_concept(craft: Craft, steps: list[Step], wish: Wish) -> str:
    heard = "; ".join(dict.fromkeys(step.sound for step in steps[:3]))
    asked = f"; {wish.sound}" if wish.sound else ""
    return f"{prose.capital(heard)}; behind it {craft.ambience}{asked}. No music, no voice."[:400]


def _rest_beat(thing: str, turn: int) -> str:
    return (
        f"The finished {thing} rests in the light, and nobody moves.",
        f"The {thing} is turned once, slowly, so that the light runs over it.",
    )[turn % 2]


def _prompt(
    dice: Random,
    brief: PromptBrief,
    craft: Craft | None,
    wish: Wish,
    scene: int,
    framing: str,
    closings: list[str],
) -> ScenePrompt:
    """One scene: where, who does what, what one sees near by, and what is heard."""
    idea = brief.idea
    beat = idea.beats[(scene - 1) % len(idea.beats)].strip().rstrip(".")
    step = (
        next((step for step in craft.steps if craft.beat(step).rstrip(".") == beat), None) if craft else None
    )
    where, _, usual_light = idea.environment.strip().rstrip(".").partition("; ")
    light = wish.light or usual_light or dice.choice(prose.LIGHTS)
    opening = dice.choice(prose.OPENINGS[framing]).format(where=f"{where[:1].lower()}{where[1:]}")
    camera = wish.pace or dice.choice(prose.CAMERAS[framing])
    heard = step.sound if step else idea.sound_concept.split(";")[0].strip().rstrip(".").lower()
    behind = craft.ambience if craft else "a quiet room"
    video = [f"{opening}.", f"{_short(beat, 170)}."]
    if wish.quoted:
        video.append(f"As asked: {wish.quoted}.")
    asked = "Light as asked: " if wish.light else ""
    video.append(f"{prose.capital(f'{asked}{light}')}, {camera}.")
    sound = f"{_short(heard, 120)}, {dice.choice(prose.LISTENING)}; {wish.sound or behind}"
    audio = [f"{prose.capital(sound)}.", dice.choice(prose.QUIET)]
    extras = [step.detail] if step else []
    textures = f"Textures: {craft.textures}." if craft else "Honest materials and worn tools fill the frame."
    extras += [textures, prose.STYLE, *(closings[(2 * scene + turn) % len(closings)] for turn in range(2))]
    return prose.fitted(scene, brief.max_chars, video=video, audio=audio, extras=extras)


def _short(text: str, chars: int) -> str:
    return text if len(text) <= chars else text[:chars].rsplit(" ", 1)[0].rstrip(",;")
