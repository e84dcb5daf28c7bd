"""What an item costs at most, before anything of it is bought."""

from collections.abc import Sequence

from activities.asks import MOST_ASKS
from activities.choices import choices_of
from activities.writers.port import MOST_PROBLEM, MOST_TEXT, Mend, Writer
from schema.account import MAX_VOICE
from schema.format import FormatFile
from schema.idea import MAX_BEAT, REMEMBERED, Idea, IdeaBrief, PromptBrief
from schema.limits import MAX_CAPTION, MAX_TITLE, MAX_TOPIC
from schema.price import PriceTable
from schema.quote import Quote
from schema.review import MAX_NOTES
from schema.routing import SceneModel, Tier

_DEAREST = "\x01"
"""It takes most bytes in an ask, where it is escaped: six; an emoji, the dearest that can be stored, takes four."""


def quote(chosen: FormatFile, prices: Sequence[PriceTable], writer: Writer, tier: Tier = "standard") -> Quote:
    """Reckon the price of an item. Raises `Trouble` (`bad_format`) where nobody offers its scenes at a known price."""
    choices = choices_of(chosen, prices, tier)
    first, *others = [model for choice in reversed(choices) for model in choice.models]
    scenes = chosen.scenes.count or 1
    return Quote(
        format=chosen.name,
        tier=tier,
        book=first.book,
        scenes=scenes,
        first=first,
        others=tuple(others),
        writer=writer.name,
        round_microusd=scenes * max(model.price_microusd for model in (first, *others)),
        words_microusd=words_price_microusd(chosen, first, writer),
        max_revisions=chosen.max_revisions,
    )


def words_price_microusd(chosen: FormatFile, first: SceneModel, writer: Writer) -> int:
    """Return what idea and prompts of one round cost at most: every text as long, and as dear, as it may be."""
    scenes = chosen.scenes.count or 1
    idea = Idea(
        title=_DEAREST * MAX_TITLE,
        concept=_DEAREST * 600,
        caption=_DEAREST * MAX_CAPTION,
        cultural_context=_DEAREST * 600,
        environment=_DEAREST * 400,
        sound_concept=_DEAREST * 400,
        beats=(_DEAREST * MAX_BEAT,) * scenes,
        seed=0,
    )
    briefs = (
        IdeaBrief(
            book=first.book,
            format=chosen.name,
            account_voice=_DEAREST * MAX_VOICE,
            topic=_DEAREST * MAX_TOPIC,
            scenes=scenes,
            seed=0,
            made_before=(_DEAREST * MAX_TITLE,) * REMEMBERED,
            notes=_DEAREST * MAX_NOTES,
        ),
        PromptBrief(
            book=first.book,
            format=chosen.name,
            idea=idea,
            scenes=scenes,
            max_chars=first.max_prompt_chars,
            styles=tuple(sorted({style for rule in chosen.scenes.rules for style in rule.styles})),
            notes=_DEAREST * MAX_NOTES,
        ),
    )
    mend = Mend(text=_DEAREST * MOST_TEXT, problem=_DEAREST * MOST_PROBLEM)
    return sum(
        writer.worst_case_microusd(brief) + (MOST_ASKS - 1) * writer.worst_case_microusd(brief, mend)
        for brief in briefs
    )
