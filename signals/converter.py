"""How payloads are read: by pydantic, and patiently where a person may have written them by hand."""

import json
from collections.abc import Sequence
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter


class PatientConverter(PydanticPayloadConverter):
    """Reads what has no type in any case: Temporal drops a signal whose input cannot be read, without a word.

    Only signals that people send by hand are declared without types (`signals/names.py`).
    """

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """Read each payload; one without a type that is no JSON is returned as bytes."""
        try:
            return super().from_payloads(payloads, type_hints)
        except Exception:  # whatever the payload is: a workflow then tells its sender what was wrong with it
            if type_hints:
                raise
            return [self._as_it_is(payload) for payload in payloads]

    def _as_it_is(self, payload: Payload) -> Any:
        try:
            return json.loads(payload.data)
        except ValueError:
            return payload.data


data_converter = DataConverter(payload_converter_class=PatientConverter)
"""Of every client, worker and replay of ours."""
