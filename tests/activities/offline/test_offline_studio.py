"""What the adapter makes of a vendor that misbehaves: only proof is called no effect."""

import subprocess
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from activities.offline.offline_studio import OfflineStudio
from activities.studios.port import JobState, NoEffect
from tests.activities.offline.studio_process import StudioProcess, offline_studio
from tests.activities.studios.orders import scene_order


@contextmanager
def rude(manner: str) -> Generator[tuple[str, "subprocess.Popen[str]"]]:
    command = [sys.executable, "-m", "tests.activities.offline.rude_server", manner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}", process
        process.kill()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StudioProcess]:
    with offline_studio(tmp_path / "studio") as running:
        yield running


@pytest.fixture
async def studio(server: StudioProcess) -> AsyncIterator[OfflineStudio]:
    adapter = OfflineStudio(server.url)
    yield adapter
    await adapter.aclose()


@pytest.mark.parametrize(
    "manner",
    [
        "server-error",
        "gateway",
        "no-json",
        "no-handle",
        "a-list",
        "redirect",
        "conflict",
        "not-found",
        "hangs-up",
        "half",
        "silent",
    ],
)
async def test_an_answer_that_proves_nothing_is_an_unknown_outcome_and_is_sent_once(manner: str) -> None:
    with rude(manner) as (url, process):
        studio = OfflineStudio(url, timedelta(seconds=3 if manner != "silent" else 1))
        with pytest.raises((httpx.HTTPError, ValueError)):
            await studio.submit(scene_order())
        await studio.aclose()
        process.kill()
        assert process.stdout is not None
        assert process.stdout.read() == "asked\n"


@pytest.mark.parametrize(("manner", "repeatable"), [("refusal", False), ("busy", True)])
async def test_a_documented_refusal_is_proof_of_no_effect(manner: str, repeatable: bool) -> None:
    with rude(manner) as (url, _):
        studio = OfflineStudio(url)
        with pytest.raises(NoEffect) as refusal:
            await studio.submit(scene_order())
        assert refusal.value.repeatable is repeatable
        await studio.aclose()


async def test_the_reason_of_a_refusal_reaches_the_person(studio: OfflineStudio) -> None:
    with pytest.raises(NoEffect, match="3 s is not made"):
        await studio.submit(scene_order(duration=timedelta(seconds=3)))


async def test_a_job_the_studio_does_not_know_has_failed(studio: OfflineStudio) -> None:
    job = await studio.read_job("nobody")
    assert job.state is JobState.FAILED
    assert "nobody" in job.reason
    assert job.charged_microusd is None


async def test_a_strangers_404_says_nothing_about_a_job() -> None:
    with rude("not-found") as (url, _):
        studio = OfflineStudio(url)
        with pytest.raises(httpx.HTTPStatusError):
            await studio.read_job("mine")
        await studio.aclose()


async def test_an_empty_listing_is_authoritative(studio: OfflineStudio) -> None:
    sighting = await studio.find(scene_order("never/ordered"))
    assert (sighting.seen, sighting.handle, sighting.authoritative) == (False, None, True)


async def test_a_restarted_studio_is_reached_without_a_lost_answer(
    server: StudioProcess, studio: OfflineStudio
) -> None:
    await studio.submit(scene_order("a/1/s/v/1"))
    server.kill()
    with pytest.raises(NoEffect):
        await studio.submit(scene_order("a/1/s/v/2"))
    server.start()
    await studio.submit(scene_order("a/1/s/v/2"))
    assert server.count("submitted") == 2


async def test_a_clip_that_comes_short_leaves_nothing_behind(
    server: StudioProcess, studio: OfflineStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = await studio.submit(scene_order())
    clip = server.folder / "instant.mp4"
    whole = httpx.Response.json

    def one_byte_more(answer: httpx.Response) -> object:
        body = whole(answer)
        body["video"]["file_size"] += 1
        return body

    monkeypatch.setattr(httpx.Response, "json", one_byte_more)
    (tmp_path / "takes").mkdir()
    with pytest.raises(httpx.HTTPError, match=f"{clip.stat().st_size} bytes came"):
        await studio.fetch(handle, tmp_path / "takes" / "take.mp4")
    assert list((tmp_path / "takes").iterdir()) == []
