"""What an item costs at most, before anything of it is bought."""

from collections.abc import Sequence

from activities.buying.model_choice import choices_of
from activities.buying.writing import MOST_ASKS
from activities.writers.answer_schema import DEAREST
from activities.writers.idea_task import idea_task, longest_idea
from activities.writers.port import Writer
from activities.writers.prompts_task import prompts_task
from activities.writers.task import LONGEST_MEND
from schema.content.idea import REMEMBERED, IdeaBrief, PromptBrief
from schema.formats.format_file import FormatFile
from schema.items.account import MAX_VOICE
from schema.limits import MAX_TITLE, MAX_TOPIC
from schema.prices.price_table import PriceTable
from schema.purchases.quote import Quote
from schema.purchases.routing import SceneModel, Tier
from schema.reviews.review import MAX_NOTES


def quote(chosen: FormatFile, prices: Sequence[PriceTable], writer: Writer, tier: Tier = "standard") -> Quote:
    """Estimate the price of an item.

    Raises `Trouble` (`bad_format`) where no vendor offers its scenes at a known price.
    """
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
    """Return what idea and prompts of one round cost at most: every text at its full length."""
    scenes = chosen.scenes.count or 1
    tasks = (
        idea_task(
            IdeaBrief(
                book=first.book,
                format=chosen.name,
                account_voice=DEAREST * MAX_VOICE,
                topic=DEAREST * MAX_TOPIC,
                scenes=scenes,
                seed=0,
                made_before=(DEAREST * MAX_TITLE,) * REMEMBERED,
                notes=DEAREST * MAX_NOTES,
            )
        ),
        prompts_task(
            PromptBrief(
                book=first.book,
                format=chosen.name,
                idea=longest_idea(chosen),
                scenes=scenes,
                max_chars=first.max_prompt_chars,
                styles=tuple(sorted({style for rule in chosen.scenes.rules for style in rule.styles})),
                notes=DEAREST * MAX_NOTES,
            )
        ),
    )
    return sum(
        writer.worst_case_microusd(task) + (MOST_ASKS - 1) * writer.worst_case_microusd(task, LONGEST_MEND)
        for task in tasks
    )
