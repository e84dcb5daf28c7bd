"""The sandbox of workflows: entered for what they do, and for nothing that our converter does not need."""

from pathlib import Path
from typing import Any

import pytest
from temporalio.converter import WorkflowSerializationContext
from temporalio.worker import WorkflowInstance
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.store.database import Database
from signals.converter import data_converter
from tests.house import open_house
from tests.services import TemporalServer
from workflows.serving.sandbox import Sandbox


def test_our_converter_does_the_same_whatever_the_context() -> None:
    context = WorkflowSerializationContext(namespace="default", workflow_id="content/demo")
    assert data_converter.payload_codec is None
    assert data_converter.external_storage is None
    assert data_converter.with_context(context).payload_codec is None


def test_the_sandbox_is_entered_for_activations_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[str] = []

    class Counting:
        def __getattr__(self, name: str) -> Any:
            def call(*_: object) -> str:
                entered.append(name)
                return name

            return call

    def create(*_: object) -> Counting:
        return Counting()

    monkeypatch.setattr(SandboxedWorkflowRunner, "create_instance", create)
    details: Any = None
    instance: WorkflowInstance = Sandbox().create_instance(details)
    assert instance.get_serialization_context(None) is None
    assert instance.get_external_store_context(None).target is None
    assert entered == []
    activation: Any = None
    told: list[Any] = [instance.activate(activation), instance.get_info(), instance.get_thread_id()]
    assert told == entered == ["activate", "get_info", "get_thread_id"]


async def test_the_worker_runs_its_workflows_in_it(
    temporal: TemporalServer, database: Database, tmp_path: Path
) -> None:
    async with open_house(temporal.address, database, tmp_path) as house:
        await house.leave()
        served: list[Any] = [worker.config(active_config=True) for worker in house.serve()]
        assert [isinstance(one["workflow_runner"], Sandbox) for one in served if one["workflows"]] == [True]
