"""A server on one's own machine, where asking is free: every answer ends, by name, and few asks are made."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from activities.store.database import Database
from activities.writers.openai_compatible import OpenAiCompatibleWriter
from schema.failure import Fault, Trouble
from tests.activities.offline.studio_process import free_port
from tests.activities.writers.vendors import QUICK, Author
from tests.vendors import chat_forms, openai
from tests.vendors.process import VendorProcess, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorProcess]:
    with running("tests.vendors.openai", tmp_path_factory.mktemp("vendor")) as process:
        process.set(limit_field="max_tokens", tells_usage=False)
        yield process


def writer_at(url: str) -> OpenAiCompatibleWriter:
    return OpenAiCompatibleWriter(
        openai.KEY,
        openai.MODEL,
        None,
        name="own-machine",
        base_url=f"{url}/v1",
        limit_field="max_tokens",
        bounds=QUICK,
    )


@pytest.fixture
async def author(database: Database, server: VendorProcess, tmp_path: Path) -> AsyncIterator[Author]:
    writer = writer_at(server.url)
    yield await Author.of(database, writer, tmp_path / "home")
    await writer.aclose()


async def trouble_of(author: Author) -> tuple[Trouble, float]:
    """What the activity says, and how many seconds it took."""
    began = time.monotonic()
    with pytest.raises(Trouble) as told:
        await author.idea()
    return told.value, time.monotonic() - began


@pytest.mark.parametrize("form", ["no id", "finish eos", "stream", "thoughts inside", "only as thoughts"])
async def test_a_usual_answer_of_a_local_server_is_used_at_once(
    author: Author, server: VendorProcess, form: str
) -> None:
    before = server.count("charged")
    server.lie({"call": "answer", "kind": "body", "body": {"form": form}})
    assert (await author.idea()).title
    assert server.count("charged") - before == 1


@pytest.mark.parametrize(
    "form", [*chat_forms.EMPTY, *(f"no message: {name}" for name in chat_forms.NO_MESSAGE)]
)
async def test_what_cannot_be_used_is_asked_for_once_more_and_then_ends_by_name(
    author: Author, server: VendorProcess, form: str
) -> None:
    before = server.count("charged")
    server.lie({"call": "answer", "kind": "body", "body": {"form": form}, "times": 99})
    trouble, seconds = await trouble_of(author)
    once = form == "no message: redirect"
    assert trouble.fault is (Fault.VENDOR_REFUSED if once else Fault.VENDOR_FAILED)
    assert server.count("charged") - before == (1 if once else 2)
    assert seconds < 15
    line = str(trouble)
    assert line.isprintable()
    assert "own-machine" in line
    assert "pydantic" not in line
    if form.startswith("no message"):
        assert server.url in line
        assert "OPENAI_BASE_URL" in line


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        ({"kind": "error", "status": 400, "body": {"error": {"message": "bad shape"}}}, "bad shape"),
        ({"kind": "error", "status": 401, "body": {"error": "no key"}}, "OPENAI_API_KEY"),
        ({"kind": "error", "status": 403, "body": {"error": "no"}}, "OPENAI_API_KEY"),
        (
            {"kind": "error", "status": 404, "body": {"error": {"message": "model 'x' not found"}}},
            "model 'x' not found",
        ),
        ({"kind": "error", "status": 422, "body": {"detail": [{"msg": "no"}]}}, "refused the request"),
        ({"kind": "html", "status": 404}, "HTTP 404: a web page (OPENAI_BASE_URL"),
        ({"kind": "html", "status": 400}, "HTTP 400: a web page"),
        ({"kind": "error", "status": 405, "body": "no"}, "HTTP 405"),
        ({"kind": "redirect", "location": "http://169.254.169.254/latest"}, "HTTP 307"),
    ],
)
async def test_what_cannot_pass_ends_at_once(
    author: Author, server: VendorProcess, lie: dict[str, Any], says: str
) -> None:
    told = server.counters()["lies"]
    server.lie({"call": "ask", "times": 99, **lie})
    trouble, seconds = await trouble_of(author)
    assert trouble.fault is Fault.VENDOR_REFUSED
    assert says in str(trouble)
    assert server.url in str(trouble)
    assert server.counters()["lies"] - told == 1
    assert seconds < 15


@pytest.mark.parametrize(
    "lie",
    [
        {"kind": "error", "status": 429, "body": {"error": "busy"}},
        {"kind": "html", "status": 429},
        {"kind": "error", "status": 500, "body": {"error": "busy"}},
        {"kind": "html", "status": 502},
        {"kind": "error", "status": 503, "body": {"error": {"message": "Loading model"}}},
    ],
)
async def test_what_passes_by_itself_is_trouble_that_is_repeated(
    author: Author, server: VendorProcess, lie: dict[str, Any]
) -> None:
    server.lie({"call": "ask", **lie})
    trouble, _ = await trouble_of(author)
    assert trouble.fault is Fault.VENDOR_DOWN
    assert server.url in str(trouble)
    assert (await author.idea()).title


async def test_a_server_that_is_not_there_is_waited_for_by_its_address(
    database: Database, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    author = await Author.of(database, writer_at(url), tmp_path / "home")
    trouble, _ = await trouble_of(author)
    assert trouble.fault is Fault.VENDOR_DOWN
    assert url in str(trouble)
    assert trouble.after is None


@pytest.mark.parametrize("kind", ["reset", "cut", "endless"])
async def test_a_connection_that_breaks_is_tried_once_more(
    author: Author, server: VendorProcess, kind: str
) -> None:
    server.lie({"call": "ask", "kind": kind, "acts": True})
    assert (await author.idea()).title
    server.lie({"call": "ask", "kind": kind, "acts": True, "times": 99})
    before = server.count("charged")
    trouble, _ = await trouble_of(author)
    assert trouble.fault is Fault.VENDOR_FAILED
    assert server.count("charged") - before == 2


async def test_a_model_that_is_too_slow_is_not_waited_for_twice(
    author: Author, server: VendorProcess
) -> None:
    before = server.count("charged")
    server.lie({"call": "ask", "kind": "silent", "acts": True, "times": 99})
    trouble, seconds = await trouble_of(author)
    assert trouble.fault is Fault.VENDOR_FAILED
    assert "REELWRIGHT_TIMINGS__ASK" in str(trouble)
    assert server.count("charged") - before == 1
    assert seconds >= QUICK.call.total_seconds()
