"""The offline studio as a vendor: its book, its charges, and what a kill -9 leaves."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.activities.offline.studio_process import StudioProcess, free_port, offline_studio
from tests.waiting import until

PROMPT = "Macro. The shuttle crosses the warp of the loom."
"""A scene that is painted quickly."""


@pytest.fixture
def instant(tmp_path: Path) -> Iterator[StudioProcess]:
    with offline_studio(tmp_path / "studio", instant=True) as running:
        yield running


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    """One for all tests that leave nothing behind."""
    with offline_studio(tmp_path_factory.mktemp("studio"), instant=True) as running:
        yield running


@pytest.fixture
def painting(tmp_path: Path) -> Iterator[StudioProcess]:
    with offline_studio(tmp_path / "studio", instant=False) as running:
        yield running


def send(
    studio: StudioProcess, method: str, path: str, body: Any = None, marker: str | None = "m/1"
) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{studio.url}{path}", data, method=method)
    if marker is not None:
        request.add_header("X-Marker", marker)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def order(**changes: Any) -> dict[str, Any]:
    return {
        "prompt": PROMPT,
        "seed": 3,
        "duration": 5,
        "resolution": "480p",
        "aspect_ratio": "1:1",
        "look": "x",
    } | changes


def submit(studio: StudioProcess, marker: str = "m/1") -> str:
    status, body = send(studio, "POST", "/wan-2.5", order(), marker)
    assert status == 200
    return body["request_id"]


def status_of(studio: StudioProcess, request_id: str) -> str:
    return studio.get(f"/requests/{request_id}/status")["status"]


def test_health_says_how_it_works(refusing: StudioProcess) -> None:
    health = refusing.get("/health")
    assert health["status"] == "ok"
    assert health["instant"] is True


def test_the_price_list_can_be_read(refusing: StudioProcess) -> None:
    models = refusing.get("/models")["models"]
    assert models["wan-2.5"]["price_usd"]["720p"] == "0.10"
    assert models["wan-2.5"]["max_prompt_chars"] == 800


def test_an_order_is_in_the_book_before_it_is_answered(instant: StudioProcess) -> None:
    request_id = submit(instant, "item/1/scene-1/video/1")
    lines = instant.journal()
    assert [line.effect for line in lines] == ["submitted", "charged", "finished"]
    assert {line.request_id for line in lines} == {request_id}
    assert {line.marker for line in lines} == {"item/1/scene-1/video/1"}
    assert {line.price_microusd for line in lines} == {250_000}


@pytest.mark.parametrize(
    ("path", "changes", "words"),
    [
        ("/sora-9", {}, "no model 'sora-9'"),
        ("/wan-2.5", {"resolution": "8k"}, "resolution"),
        ("/wan-2.5", {"duration": 7}, "7 s is not made"),
        ("/wan-2.5", {"duration": 0}, "duration"),
        ("/wan-2.5", {"prompt": "word " * 200}, "takes 800"),
        ("/wan-2.5", {"prompt": ""}, "prompt"),
        ("/wan-2.5", {"guidance": 4}, "guidance"),
        ("/wan-2.5", {"prompt": "x" * 70_000}, "bytes"),
    ],
)
def test_what_is_not_in_the_price_list_is_refused_and_costs_nothing(
    refusing: StudioProcess, path: str, changes: dict[str, Any], words: str
) -> None:
    status, body = send(refusing, "POST", path, order(**changes))
    assert status == 422
    assert words in body["detail"]
    assert refusing.journal() == []


def test_an_order_without_a_marker_is_refused(refusing: StudioProcess) -> None:
    assert send(refusing, "POST", "/wan-2.5", order(), marker=None)[0] == 422


def test_the_listing_shows_every_job_of_a_marker_and_survives_a_kill(instant: StudioProcess) -> None:
    wanted = {submit(instant, "a"), submit(instant, "a")}
    submit(instant, "b")
    instant.kill()
    instant.start()
    assert {job["request_id"] for job in instant.get("/requests?marker=a")["requests"]} == wanted
    assert len(instant.get("/requests")["requests"]) == 3
    assert instant.get("/requests?marker=c")["requests"] == []


def test_a_line_that_was_torn_by_a_power_cut_was_never_answered(instant: StudioProcess) -> None:
    submit(instant)
    instant.kill()
    with (instant.folder / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"effect": "submitted", "request_id": "torn')
    instant.start()
    submit(instant)
    assert instant.count("submitted") == 2
    assert len(instant.get("/requests")["requests"]) == 2


def test_unknown_jobs_and_early_results_are_told_apart(painting: StudioProcess) -> None:
    request_id = submit(painting)
    assert send(painting, "GET", "/requests/nobody")[1]["error"] == "unknown_request"
    assert send(painting, "GET", f"/requests/{request_id}")[0] == 409
    assert send(painting, "GET", f"/media/{request_id}.mp4")[0] == 404
    assert send(painting, "GET", "/media/nobody.mp4")[0] == 404


def test_a_waiting_job_is_refunded_and_a_running_one_stays_charged(painting: StudioProcess) -> None:
    running, other, waiting = (submit(painting, f"m/{number}") for number in range(3))
    until("the studio has come so far", lambda: status_of(painting, other) == "IN_PROGRESS")
    assert painting.get(f"/requests/{waiting}/status")["queue_position"] == 0
    assert send(painting, "PUT", f"/requests/{waiting}/cancel")[0] == 202
    assert send(painting, "PUT", f"/requests/{running}/cancel")[0] == 202
    assert painting.get(f"/requests/{waiting}/status")["cost_usd"] == "0"
    assert painting.get(f"/requests/{running}/status")["cost_usd"] == "0.25"
    assert painting.get(f"/requests/{running}/status")["error_type"] == "cancelled"
    assert [line.marker for line in painting.journal() if line.effect == "refunded"] == ["m/2"]
    assert send(painting, "PUT", f"/requests/{waiting}/cancel") == (400, {"status": "ALREADY_COMPLETED"})


def test_a_kill_in_the_middle_of_painting_loses_no_job_and_buys_none_twice(painting: StudioProcess) -> None:
    jobs = [submit(painting, f"m/{number}") for number in range(3)]
    until("the studio has come so far", lambda: painting.get(f"/requests/{jobs[0]}/status")["progress"] > 0.1)
    pid = painting.get("/health")["pid"]
    helpers = psutil.Process(pid).children(recursive=True)
    assert helpers
    painting.kill()
    _, alive = psutil.wait_procs(helpers, timeout=10)
    assert alive == []
    assert painting.count("finished") == 0
    painting.start()
    until("all are made", lambda: all(status_of(painting, job) == "COMPLETED" for job in jobs), 300)
    assert painting.count("submitted") == painting.count("charged") == painting.count("finished") == 3
    assert list((painting.folder / "media").glob("*.part*")) == []
    size = painting.get(f"/requests/{jobs[0]}")["video"]["file_size"]
    assert (painting.folder / "media" / f"{jobs[0]}.mp4").stat().st_size == size


def test_a_job_made_at_once_is_still_served_by_a_studio_that_paints(instant: StudioProcess) -> None:
    request_id = submit(instant)
    instant.kill()
    instant.instant = False
    instant.start()
    assert instant.get("/health")["instant"] is False
    assert instant.get(f"/requests/{request_id}")["video"]["file_size"] > 10_000


def test_a_painter_that_cannot_paint_fails_its_job_and_says_why(painting: StudioProcess) -> None:
    (painting.folder / "media").rmdir()
    request_id = submit(painting)
    until("the studio has come so far", lambda: status_of(painting, request_id) == "COMPLETED", 300)
    body = painting.get(f"/requests/{request_id}/status")
    assert body["error_type"] == "failed"
    assert "painter ended" in body["error"]
    assert body["cost_usd"] == "0.25"


def test_a_port_in_use_ends_the_second_studio_with_a_line(instant: StudioProcess, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "activities.offline.studio_server", "--instant"]
    command += ["--port", str(instant.port), "--folder", str(tmp_path / "second")]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 1
    assert second.stderr.lower().count("address already in use") == 1
    assert second.stderr.count("\n") == 1


def test_a_second_studio_in_the_same_folder_is_turned_away(instant: StudioProcess) -> None:
    command = [sys.executable, "-m", "activities.offline.studio_server", "--instant"]
    command += ["--port", str(free_port()), "--folder", str(instant.folder)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 1
    assert second.stderr.startswith("offline studio: another studio works in")
