"""A format file says nothing that no code acts on."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from schema.formats.format_file import FormatFile, Scenes, format_names, load_format
from schema.formats.instruction import InstructionFile
from schema.purchases.routing import Rule

ROOT = Path(__file__).parents[2]
FILES = [
    file for room in ("schema", "activities", "workflows", "starter") for file in (ROOT / room).rglob("*.py")
]


def documents(document: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield document
    for field in document.model_fields.values():
        shape: Any = field.annotation
        if isinstance(shape, type) and issubclass(shape, BaseModel):
            yield from documents(shape)


FIELDS = [
    (document, name)
    for document in (*documents(FormatFile), Rule, InstructionFile)
    for name in document.model_fields
    if (document, name) not in ((InstructionFile, "version"), (Scenes, "duration_s"))
]


@pytest.mark.parametrize(("document", "name"), FIELDS, ids=lambda one: getattr(one, "__name__", one))
def test_code_reads_each_field_that_people_write(document: type[BaseModel], name: str) -> None:
    read = re.compile(rf"\.{name}\b")
    assert any(read.search(file.read_text(encoding="utf-8")) for file in FILES), f"{document.__name__}.{name}"


@pytest.mark.parametrize("name", format_names())
def test_every_format_can_be_read(name: str) -> None:
    assert load_format(name)[0].name == name
