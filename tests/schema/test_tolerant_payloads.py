"""What was written decodes for ever: rules of writing hold where an answer is read, not where a payload is."""

import pytest

from schema.content.idea import Idea
from schema.content.scene import ScenePrompt, Storyboard

SHORT: dict[str, object] = {
    "title": "",
    "concept": "x",
    "caption": "",
    "cultural_context": "",
    "environment": "",
    "sound_concept": "",
    "beats": [],
    "seed": 1,
}
LONG: dict[str, object] = {**{name: "x" * 10_000 for name in SHORT}, "beats": ["x" * 10_000] * 30, "seed": 1}


@pytest.mark.parametrize("fields", [SHORT, LONG], ids=["short", "long"])
def test_an_idea_of_any_length_decodes(fields: dict[str, object]) -> None:
    idea = Idea.model_validate({**fields, "mood": "of a later version"})
    assert Idea.model_validate_json(idea.model_dump_json()) == idea


@pytest.mark.parametrize("video", ["", "word", "word " * 500])
def test_prompts_of_any_length_and_number_decode(video: str) -> None:
    prompt = ScenePrompt(scene=0, video=video, audio="")
    board = Storyboard.model_validate_json(Storyboard(prompts=(prompt, prompt)).model_dump_json())
    assert board.prompts == (prompt, prompt)
