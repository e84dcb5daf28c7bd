"""What every writer must keep, whoever wrote the words. A new one joins by one line in `IMPLEMENTATIONS`."""

from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from activities.offline.offline_writer import OfflineWriter
from activities.writers.idea_task import idea_task
from activities.writers.prompts_task import prompts_task
from activities.writers.task import Mend
from schema.content.idea import Idea, PromptBrief
from schema.money import Book
from tests.activities.writers.vendors import WRITERS, PaidWriter, assert_fits, idea_brief


@dataclass
class Implementation:
    """A writer, and what its vendor says it charged."""

    writer: OfflineWriter | PaidWriter
    charged_microusd: Callable[[], int]


@contextmanager
def _offline(_: Path) -> Generator[Implementation]:
    yield Implementation(OfflineWriter(), lambda: 0)


def _paid(name: str) -> Callable[[Path], AbstractContextManager[Implementation]]:
    @contextmanager
    def made(folder: Path) -> Generator[Implementation]:
        with WRITERS[name](folder) as vendor:
            yield Implementation(vendor.writer, vendor.charged_microusd)

    return made


IMPLEMENTATIONS: dict[str, Callable[[Path], AbstractContextManager[Implementation]]] = {
    "offline": _offline,
    **{name: _paid(name) for name in WRITERS},
}
MEND = Mend(text="no", problem="it was no idea")


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
async def made(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Implementation]:
    with IMPLEMENTATIONS[request.param](tmp_path / "vendor") as implementation:
        yield implementation
        if not isinstance(implementation.writer, OfflineWriter):
            await implementation.writer.aclose()


def prompt_brief(idea: Idea, **changes: object) -> PromptBrief:
    """A brief for the prompts of an idea of three scenes."""
    fields = {
        "book": "simulated",
        "format": "asmr-craft",
        "idea": idea,
        "round": 1,
        "scenes": 3,
        "max_chars": 800,
    }
    return PromptBrief.model_validate(fields | changes)


async def test_an_idea_has_a_beat_for_each_scene_and_is_new(made: Implementation) -> None:
    brief = idea_brief()
    written = await made.writer.write(idea_task(brief))
    assert len(written.value.beats) == brief.scenes
    assert written.value.seed == brief.seed
    assert written.value.title.casefold() not in {title.casefold() for title in brief.made_before}


async def test_prompts_fit_the_scenes_and_the_model(made: Implementation) -> None:
    idea = (await made.writer.write(idea_task(idea_brief()))).value
    board = (await made.writer.write(prompts_task(prompt_brief(idea)))).value
    assert_fits(board, scenes=3, max_chars=800)
    assert len({prompt.text for prompt in board.prompts}) == 3


async def test_notes_are_kept_with_what_answers_them(made: Implementation) -> None:
    idea = (await made.writer.write(idea_task(idea_brief()))).value
    written = await made.writer.write(prompts_task(prompt_brief(idea, notes="warmer light", round=2)))
    assert written.value.notes == "warmer light"


async def test_what_is_charged_is_what_the_vendor_counted_and_never_above_the_worst_case(
    made: Implementation,
) -> None:
    idea_written = await made.writer.write(idea_task(idea_brief()))
    board_brief = prompt_brief(idea_written.value)
    board_written = await made.writer.write(prompts_task(board_brief))
    mended = await made.writer.write(idea_task(idea_brief()), MEND)
    charged = [one.charged_microusd for one in (idea_written, board_written, mended)]
    worst = [
        made.writer.worst_case_microusd(idea_task(idea_brief())),
        made.writer.worst_case_microusd(prompts_task(board_brief)),
        made.writer.worst_case_microusd(idea_task(idea_brief()), MEND),
    ]
    assert sum(charged) == made.charged_microusd()
    assert all(paid <= most for paid, most in zip(charged, worst, strict=True))


async def test_a_mended_answer_is_as_good_as_a_first_one(made: Implementation) -> None:
    first = (await made.writer.write(idea_task(idea_brief()))).value
    board = (await made.writer.write(prompts_task(prompt_brief(first)), MEND)).value
    assert len((await made.writer.write(idea_task(idea_brief()), MEND)).value.beats) == 3
    assert_fits(board, scenes=3, max_chars=800)


async def test_a_writer_says_its_name_its_model_and_its_book(made: Implementation) -> None:
    assert made.writer.name
    assert made.writer.book in Book
    assert bool(made.writer.model) is (made.writer.book is Book.USD)
