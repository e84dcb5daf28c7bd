"""What an item costs at most, before anything of it is bought."""

from collections.abc import Sequence

from activities.asks import MOST_ASKS
from activities.choices import choices_of
from activities.writers.port import Mend, Writer
from schema.format import Format
from schema.idea import REMEMBERED, Idea, IdeaBrief, PromptBrief
from schema.price import PriceTable
from schema.quote import Quote
from schema.routing import SceneModel, Tier

_LONG = "word " * 400
"""As long a note, topic or answer as people and models write."""


def quote(chosen: Format, prices: Sequence[PriceTable], writer: Writer, tier: Tier = "standard") -> Quote:
    """Reckon the price of an item. Raises `Trouble` (`bad_format`) where nobody offers its scenes at a known price."""
    choices = choices_of(chosen, prices, tier)
    first, *others = [model for choice in reversed(choices) for model in choice.models]
    scenes = chosen.scenes.count or 1
    return Quote(
        format=chosen.name,
        book=first.book,
        scenes=scenes,
        first=first,
        others=tuple(others),
        writer=writer.name,
        round_microusd=scenes * max(model.price_microusd for model in (first, *others)),
        words_microusd=words_price_microusd(chosen, first, writer),
        max_revisions=chosen.max_revisions,
    )


def words_price_microusd(chosen: Format, first: SceneModel, writer: Writer) -> int:
    """Return what idea and prompts of one round cost at most, reckoned for the longest brief there may be."""
    scenes = chosen.scenes.count or 1
    idea = Idea(
        title="t" * 80,
        concept=_LONG[:600],
        caption=_LONG[:2_000],
        cultural_context=_LONG[:600],
        environment=_LONG[:400],
        sound_concept=_LONG[:400],
        beats=(_LONG[:200],) * scenes,
        seed=0,
    )
    briefs = (
        IdeaBrief(
            book=first.book,
            format=chosen.name,
            account_voice=_LONG[:500],
            topic=_LONG[:200],
            scenes=scenes,
            seed=0,
            made_before=("t" * 80,) * REMEMBERED,
            notes=_LONG,
        ),
        PromptBrief(
            book=first.book,
            format=chosen.name,
            idea=idea,
            scenes=scenes,
            max_chars=first.max_prompt_chars,
            notes=_LONG,
        ),
    )
    mend = Mend(text=_LONG * 5, problem=_LONG)
    return sum(
        writer.worst_case_microusd(brief) + (MOST_ASKS - 1) * writer.worst_case_microusd(brief, mend)
        for brief in briefs
    )
