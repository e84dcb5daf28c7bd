"""The story of an item, changed as a hurried developer would: one more step in the middle of it."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.review_cut import Reviewing
    from schema.items.item import ItemRequest, ItemResult, ReviewRef
    from schema.items.plan import ItemPlan
    from workflows.content_item import ContentItem
    from workflows.item_run import ItemRun, Round
    from workflows.policies import quick


class _OneMoreStep(ContentItem):
    async def _remind_first(self, item: ItemPlan) -> None:
        await workflow.execute_activity_method(
            Reviewing.remind_reviewer,
            ReviewRef(item_id=item.item_id),
            **quick("one more step", item.waits.timeouts),
        )


@workflow.defn(name="ContentItem")
class ChangedWithoutMarker(_OneMoreStep):
    """Breaks items that are running."""

    @workflow.init
    def __init__(self, request: ItemRequest) -> None:
        super().__init__(request)

    @workflow.run
    async def run(self, request: ItemRequest) -> ItemResult:
        return await super().run(request)

    async def _first_round(self, run: ItemRun) -> Round:
        await self._remind_first(run.plan)
        return await super()._first_round(run)


@workflow.defn(name="ContentItem")
class ChangedWithMarker(_OneMoreStep):
    """Lets running items go on as they began."""

    @workflow.init
    def __init__(self, request: ItemRequest) -> None:
        super().__init__(request)

    @workflow.run
    async def run(self, request: ItemRequest) -> ItemResult:
        return await super().run(request)

    async def _first_round(self, run: ItemRun) -> Round:
        if workflow.patched("remind-first"):
            await self._remind_first(run.plan)
        return await super()._first_round(run)
