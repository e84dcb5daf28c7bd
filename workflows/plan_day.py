"""A schedule's planner: starts the account's item of the day, and lets it go."""

from temporalio import workflow
from temporalio.common import SearchAttributeKey, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from activities.plan_item import Planning
    from schema import queues
    from schema.items.daily_plan import DailyPlan, Planned, PlanRequest
    from schema.items.plan import ActivityTimeouts
    from signals.names import workflow_id
    from workflows.attributes import at_start, can_be_searched
    from workflows.content_item import ContentItem
    from workflows.policies import quick

_NOMINAL = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")


@workflow.defn(name="PlanDay")
class PlanDay:
    """Starts one item as an abandoned child, so that its long review does not make the schedule skip tomorrow."""

    @workflow.run
    async def run(self, plan: DailyPlan) -> Planned:
        nominal = workflow.info().typed_search_attributes.get(_NOMINAL, workflow.info().start_time)
        item = await workflow.execute_activity_method(
            Planning.plan_item,
            PlanRequest(plan=plan, nominal=nominal),
            **quick(f"name the item of {plan.account_id}", ActivityTimeouts()),
        )
        try:
            await workflow.start_child_workflow(
                ContentItem.run,
                item,
                id=workflow_id(item.item_id),
                task_queue=queues.CONTROL,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=at_start(plan.account_id, plan.format) if can_be_searched() else None,
                static_summary=f"{plan.format} for {plan.account_id}",
            )
        except WorkflowAlreadyStartedError:
            return Planned(item_id=item.item_id, started=False)
        return Planned(item_id=item.item_id, started=True)
