"""The offline writer: valid, varied, the same for the same brief, and obedient to topic, history and notes."""

import re
from itertools import pairwise
from typing import Any

import pytest

from activities.offline.offline_writer import OfflineWriter
from activities.offline.painting.brief import read_order
from activities.offline.painting.order import PaintingOrder
from activities.offline.texts.crafts import Craft, crafts, with_place
from activities.writers.idea_task import idea_task
from activities.writers.port import Writer
from activities.writers.prompts_task import prompts_task
from activities.writers.task import Mend
from schema.content.idea import Idea, IdeaBrief, PromptBrief
from schema.content.scene import Storyboard
from schema.money import Book
from tests.activities.writers.vendors import assert_fits

WRITER: Writer = OfflineWriter()


async def idea(seed: int = 1, scenes: int = 3, **changes: Any) -> Idea:
    brief = IdeaBrief(
        book=Book.SIMULATED, format="asmr-craft", account_voice="calm", scenes=scenes, seed=seed, **changes
    )
    return (await WRITER.write(idea_task(brief))).value


async def board(subject: Idea, scenes: int = 3, max_chars: int = 800, **changes: Any) -> Storyboard:
    fields = {"book": "simulated", "format": "asmr-craft", "idea": subject, "round": 1}
    brief = PromptBrief.model_validate(fields | {"scenes": scenes, "max_chars": max_chars} | changes)
    return (await WRITER.write(prompts_task(brief))).value


async def test_five_hundred_seeds_give_valid_ideas_and_prompts_of_one_to_six_scenes() -> None:
    titles: list[str] = []
    for seed in range(500):
        scenes = seed % 6 + 1
        subject = await idea(seed, scenes)
        titles.append(subject.title)
        assert len(subject.beats) == scenes
        storyboard = await board(subject, scenes)
        assert_fits(storyboard, scenes=scenes, max_chars=800)
        texts = [prompt.text for prompt in storyboard.prompts]
        assert len(set(texts)) == scenes
        for text in texts:
            assert not re.search(
                r"  |\.\.|,,| \.| ,|;\.|\{|\}|\bNone\b|\b[Aa] [aeio]\w|\b[Aa]n [bcdfgjklmpqrstvwz]", text
            ), text
            assert text.endswith(".")
    assert len(set(titles)) > 300


async def test_the_same_brief_gives_the_same_words() -> None:
    first, second = await idea(7, topic="silk"), await idea(7, topic="silk")
    assert first == second
    assert await board(first) == await board(second)


async def test_a_mended_idea_is_another_one() -> None:
    task = idea_task(
        IdeaBrief(book=Book.SIMULATED, format="asmr-craft", account_voice="calm", scenes=3, seed=7)
    )
    first = (await WRITER.write(task)).value
    assert (await WRITER.write(task, Mend(text="no", problem="told before"))).value.title != first.title


async def test_no_title_returns_while_it_is_in_the_history_even_with_one_topic() -> None:
    made: list[str] = []
    for seed in range(160):
        subject = await idea(seed, topic="kintsugi", made_before=tuple(reversed(made)))
        assert subject.title.casefold() not in {title.casefold() for title in made}
        assert len(subject.title) <= 80
        made.append(subject.title)


async def test_neighbouring_days_show_different_crafts() -> None:
    made: list[str] = []
    contexts: list[str] = []
    for seed in range(24):
        subject = await idea(seed, made_before=tuple(reversed(made)))
        made.append(subject.title)
        contexts.append(subject.cultural_context)
    assert all(one != other for one, other in pairwise(contexts))
    assert len(set(contexts)) > 12


@pytest.mark.parametrize(
    ("topic", "place"),
    [
        ("a Venetian glass goblet", "Murano"),
        ("indigo from Japan", "Tokushima"),
        ("carve a wooden spoon", "Telemark"),
        ("Ghanaian kente cloth", "Ghana"),
        ("beeswax candles for winter evenings", "Black Forest"),
        ("black pottery from Oaxaca", "Oaxac"),
        ("Persian miniature", "Isfahan"),
    ],
)
async def test_a_topic_steers_the_choice_and_shows(topic: str, place: str) -> None:
    for seed in range(5):
        subject = await idea(seed, topic=topic)
        assert place in subject.environment + subject.cultural_context
        assert "stand-in" not in subject.caption


@pytest.mark.parametrize(
    "topic",
    ["lace", "felt boots", "quantum zeppelins", "new shoes", "a slow morning", "Our bakery opens on Monday"],
)
async def test_a_topic_that_no_craft_is_near_is_said_to_be_stood_in_for(topic: str) -> None:
    for seed in range(20):
        subject = await idea(seed, topic=topic)
        craft = next(craft for craft in crafts() if craft.context == subject.cultural_context)
        said = f"(The offline stand-in knows no craft for “{topic}”: this is {craft.placed}.)"
        assert subject.caption.startswith(f"{said}\n\n")
        assert said in subject.concept


@pytest.mark.parametrize(
    "topic", [None, "kintsugi", "x" * 200, "under pause 2", "a\x1b[31mb\x07\ud800\n\nc\u2028d"]
)
async def test_a_caption_reads_well_and_can_be_stored_whatever_the_topic(topic: str | None) -> None:
    for seed in range(60):
        subject = await idea(seed, topic=topic)
        for part in (subject.caption.replace("\n", ""), subject.concept, subject.title):
            assert part.isprintable()
            part.encode()
        assert subject.title not in subject.caption
        assert not re.search(
            r"  |\.\.|,,| \.| ,|\bNone\b|\b[Aa] [aeio]\w|\b[Aa]n [bcdfgjklmpqrstvwz]", subject.caption
        )


@pytest.mark.parametrize("craft", crafts(), ids=lambda craft: craft.name)
def test_no_place_is_named_twice_in_one_breath(craft: Craft) -> None:
    for phrase in (craft.placed, with_place(craft.maker, craft.place)):
        names = re.findall(r"[A-ZÀ-Þ]\w{3,}", phrase)
        assert not any(one != other and one.startswith(other) for one in names for other in names)
        assert len(names) == len(set(names))
        assert craft.place.split(", ")[-1] in phrase


async def test_the_stand_in_says_what_of_the_notes_it_took() -> None:
    subject = await idea(11)
    assert (await board(subject)).remark == ""
    took = await board(subject, round=2, notes="Warmer light, and slower")
    assert took.remark == (
        "the offline stand-in took from your notes: warm golden light from low on the left; "
        "an almost motionless camera, very slow push-in"
    )
    assert "found none of them" in (await board(subject, round=2, notes="more emotion")).remark


async def test_notes_are_quoted_and_change_light_distance_pace_and_sound() -> None:
    subject = await idea(11)
    before = await board(subject)
    after = await board(
        subject, round=2, notes="Warmer light please, closer to the hands, slower, and more rain."
    )
    assert after.notes
    for old, new in zip(before.prompts, after.prompts, strict=True):
        assert "As asked: Warmer light please, closer to the hands, slower, and more rain." in new.video
        assert "Light as asked: warm golden light" in new.video
        assert "almost motionless camera" in new.video
        assert "soft rain outside" in new.audio
        assert old.video != new.video
    assert any("Close" in prompt.video for prompt in after.prompts)


@pytest.mark.parametrize(
    "notes", ["x" * 5_000, "word " * 900, "\x00\x1b[31m\n\n", "«ночь» 夜 🌙", "{where} %s Audio: .", "..."]
)
async def test_any_notes_give_valid_prompts(notes: str) -> None:
    for seed in range(12):
        subject = await idea(seed, notes=notes)
        assert_fits(await board(subject, notes=notes), scenes=3, max_chars=800)


async def test_prompts_keep_to_a_tighter_limit() -> None:
    for seed in range(60):
        assert_fits(await board(await idea(seed), max_chars=620), scenes=3, max_chars=620)


async def test_a_limit_that_cannot_be_kept_is_told() -> None:
    with pytest.raises(ValueError, match="limit of 120"):
        await board(await idea(1), max_chars=120)


async def test_an_idea_of_somebody_else_gets_prompts_too() -> None:
    foreign = Idea(
        title="Robots fold laundry",
        concept="A robot folds laundry with great care, three times over.",
        caption="Fold",
        cultural_context="A made-up place.",
        environment="a laundry room at night",
        sound_concept="soft servo hum",
        beats=("A robot lifts a towel.",),
        seed=4,
    )
    storyboard = await board(foreign)
    assert all("A robot lifts a towel." in prompt.video for prompt in storyboard.prompts)


async def test_the_first_scene_is_wide_and_the_next_come_closer() -> None:
    for seed in range(40):
        framings = [
            read_order(
                PaintingOrder(
                    prompt=prompt.text, duration=5, resolution="720p", aspect_ratio="9:16", look="a"
                )
            ).framing
            for prompt in (await board(await idea(seed))).prompts
        ]
        assert framings == ["wide", "close", "detail"]


def test_the_material_holds_crafts_of_many_places() -> None:
    assert len(crafts()) >= 24
    assert len({craft.name for craft in crafts()}) == len(crafts())
    assert len({craft.place.split(", ")[-1] for craft in crafts()}) >= 18
    titles = [title for craft in crafts() for title in craft.titles]
    assert len(set(titles)) == len(titles)
