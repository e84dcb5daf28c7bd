"""What an item costs at most, before anything of it is bought."""

from collections.abc import Sequence

from activities.buying.model_choice import choices_of
from activities.buying.purchases import most_by_name, scenes_from
from activities.buying.writing import MOST_ASKS
from activities.writers.brief_limits import longest_brief
from activities.writers.idea_task import idea_task, longest_idea
from activities.writers.port import Writer
from activities.writers.prompts_task import prompts_task
from activities.writers.task import LONGEST_MEND
from schema.content.idea import IdeaBrief, PromptBrief
from schema.formats.format_file import FormatFile
from schema.prices.price_table import PriceTable
from schema.purchases.quote import Quote
from schema.purchases.routing import SceneModel, Tier


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
        most_by_name=most_by_name(scenes_from(choices, scenes), words_price_microusd(chosen, first, writer)),
        max_revisions=chosen.max_revisions,
    )


def words_price_microusd(chosen: FormatFile, first: SceneModel, writer: Writer) -> int:
    """Return what idea and prompts of one round cost at most: every text at its full length."""
    scenes = chosen.scenes.count or 1
    tasks = (
        idea_task(longest_brief(IdeaBrief, book=first.book, format=chosen.name, scenes=scenes, seed=0)),
        prompts_task(
            longest_brief(
                PromptBrief,
                book=first.book,
                format=chosen.name,
                idea=longest_idea(chosen),
                scenes=scenes,
                max_chars=first.max_prompt_chars,
                round=1 + chosen.max_revisions,
                styles=tuple(sorted({style for rule in chosen.scenes.rules for style in rule.styles})),
            )
        ),
    )
    return sum(
        writer.worst_case_microusd(task) + (MOST_ASKS - 1) * writer.worst_case_microusd(task, LONGEST_MEND)
        for task in tasks
    )
