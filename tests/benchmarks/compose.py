"""Composition against the best single ffmpeg call written by hand for the same result.

Run as `python -m tests.benchmarks.compose [--json] [--pairs N] [--seconds N]`. Two cases, each of three clips at
720x1280, of 5 s for a figure to quote:

- `conforming`: the clips are what we deliver, so the picture is copied and only the sound is encoded.
- `mixed`: a vertical 30 fps H.264 clip, a horizontal 60 fps one and a 25 fps VP9 one, so there is one encode.

Ours is everything `FfmpegEditor.compose` does: the looks at the clips, the measuring run, the encode, the check of
the finished file with its loudness, the hash and the rename; all its processes and this one's own time are counted.
The guard process is warm, as it is in a worker from the second composition on; its start is told beside the ratio.

By hand is what a person who knows these very clips would type: all facts of the clips are written into it, nothing
is looked at, checked or hashed. No single call can reach a loudness it does not know, so by hand there are two,
as for us: one that measures the joined sound (without its picture), and the one that makes the file with the gain so
found. `checked` adds to the hand the one thing without which its result is a hope and ours a fact: a third run that
measures the finished file's loudness and true peak, which `Composed` reports.

CPU is user plus system time of all processes; pairs are interleaved (ours, hand, ours, hand ...) so that both meet
the same machine, and the median of the pairs' ratios is told with the least and the most.
"""

import argparse
import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import psutil

from activities.media.binary import ffmpeg_path
from activities.media.editor import FfmpegEditor
from activities.media.port import Composition
from activities.media.profile import AUDIO_ARGS, CONTAINER_ARGS, PICTURE_FILTER, VIDEO_ARGS, video_args
from tests.benchmarks.stage import cpu_seconds

CLIPS = 3
QUIET = ("-nostdin", "-hide_banner", "-nostats", "-y")
SOUND = "aresample=48000,aformat=sample_fmts=fltp:channel_layouts=stereo,apad"


def main(argv: list[str]) -> int:
    """Measure both cases and print them; the exit code is 0 where they could be measured."""
    parser = argparse.ArgumentParser(prog="compose", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--pairs", type=int, default=7, help="interleaved pairs per case; 5 or more for a figure to quote"
    )
    parser.add_argument(
        "--seconds", type=int, default=5, help="of each clip; fewer only show that it still runs"
    )
    wished = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="reelwright-bench-") as folder:
        found = [_case(make(Path(folder), wished.seconds), wished.pairs) for make in (_conforming, _mixed)]
    if wished.json:
        print(json.dumps({case.pop("case"): case for case in found}))  # noqa: T201 - a program's output
        return 0
    for case in found:
        bare, checked = case["against_bare"], case["against_checked"]
        print(  # noqa: T201
            f"{case['case']:<11} ours {case['ours_cpu_s']:.3f} s CPU; by hand {case['hand_cpu_s']:.3f} s: "
            f"ratio {bare['median']:.3f} ({bare['least']:.3f}-{bare['most']:.3f}); "
            f"by hand and checked: {checked['median']:.3f} ({checked['least']:.3f}-{checked['most']:.3f}); "
            f"median of {case['pairs']} pairs, first start of the guard {case['guard_start_cpu_s']:.3f} s"
        )
    return 0


class Case:
    """One set of clips, and the calls by hand that suit it."""

    def __init__(
        self, name: str, seconds: int, clips: Sequence[Path], make: Callable[[float, Path], list[str]]
    ) -> None:
        self.name = name
        self.seconds = seconds
        """Of each clip."""
        self.clips = clips
        self.make = make
        """Arguments of the final call, given the gain in dB and the file to write."""


def _case(case: Case, pairs: int) -> dict[str, Any]:
    folder = case.clips[0].parent
    plan = Composition(
        clips=tuple(case.clips), width_px=720, height_px=1280, clip_duration=timedelta(seconds=case.seconds)
    )
    editor = FfmpegEditor()
    started = _cpu_of(lambda: editor.inspect(case.clips[0]))
    warm = _cpu_of(lambda: editor.inspect(case.clips[0]))
    rows: list[tuple[float, float, float]] = []
    for _ in range(pairs):
        ours = _cpu_of(lambda: editor.compose(plan, folder / "ours.mp4"))
        hand = _cpu_of(lambda: _by_hand(case, folder / "hand.mp4"))
        check = _cpu_of(lambda: _measured(["-i", str(folder / "hand.mp4")], "[0:a]anull"))
        rows.append((ours, hand, check))
    told = editor.compose(plan, folder / "ours.mp4")
    loudness = _measured(["-i", str(folder / "hand.mp4")], "[0:a]anull")
    if abs(told.loudness_lufs - loudness) > 1 or told.copied_picture != (case.name == "conforming"):
        raise SystemExit(f"{case.name}: the two results differ, so their costs cannot be compared")
    editor.close()
    return {
        "case": case.name,
        "pairs": pairs,
        "ours_cpu_s": round(statistics.median(ours for ours, _, _ in rows), 4),
        "hand_cpu_s": round(statistics.median(hand for _, hand, _ in rows), 4),
        "against_bare": _spread([ours / hand for ours, hand, _ in rows]),
        "against_checked": _spread([ours / (hand + check) for ours, hand, check in rows]),
        "guard_start_cpu_s": round(max(0.0, started - warm), 4),
    }


def _spread(ratios: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(ratios), 4),
        "least": round(min(ratios), 4),
        "most": round(max(ratios), 4),
    }


def _cpu_of(work: Callable[[], object]) -> float:
    """Return the CPU seconds of this process, its ended children, and its living ones with theirs."""
    living = _living_cpu()
    own = _own_cpu()  # read next to the work on both sides: looking for children costs time of its own
    work()
    own = _own_cpu() - own
    return own + _living_cpu() - living


def _own_cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _living_cpu() -> float:
    return sum(map(cpu_seconds, psutil.Process().children(recursive=True)))


def _ffmpeg(*args: str) -> str:
    argv = [str(ffmpeg_path()), *QUIET, *args]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stderr


def _by_hand(case: Case, to: Path) -> None:
    inputs = [word for clip in case.clips for word in ("-vn", "-i", str(clip))]
    gain_db = -14 - _measured(inputs, _joined_sound(case.seconds), peak="none")
    _ffmpeg("-loglevel", "error", *case.make(gain_db, to))


def _joined_sound(seconds: int) -> str:
    cut = f"atrim=end_sample={seconds * 48_000}"
    parts = ";".join(f"[{n}:a]{SOUND},{cut}[a{n}]" for n in range(CLIPS))
    return f"{parts};{''.join(f'[a{n}]' for n in range(CLIPS))}concat=n={CLIPS}:v=0:a=1"


def _measured(inputs: list[str], chain: str, peak: str = "true") -> float:
    said = _ffmpeg(
        *inputs,
        "-filter_complex",
        f"{chain},ebur128=framelog=quiet:peak={peak}[o]",
        "-map",
        "[o]",
        "-f",
        "null",
        "-",
    )
    found = re.search(r"I:\s+(-?[\d.]+) LUFS", said[said.rindex("Summary:") :])
    if found is None:
        raise SystemExit("ffmpeg measured nothing")
    return float(found[1])


def _mastered(gain_db: float) -> str:
    return f"volume={gain_db}dB,alimiter=limit=0.794:level=0:latency=1"


def _conforming(folder: Path, seconds: int) -> Case:
    clips: list[Path] = []
    for n, picture in enumerate(("testsrc2", "mandelbrot", "smptebars")):
        clips.append(folder / f"conforming{n}.mp4")
        _ffmpeg(
            *("-f", "lavfi", "-i", f"{picture}=s=720x1280:r=24"),
            *("-f", "lavfi", "-i", f"anoisesrc=a=0.1:c=pink:seed={n}", "-t", str(seconds)),
            *("-vf", PICTURE_FILTER, *VIDEO_ARGS, *AUDIO_ARGS, *CONTAINER_ARGS, str(clips[-1])),
        )
    (folder / "list").write_text("".join(f"file {clip.name}\nduration {seconds}\n" for clip in clips))

    def make(gain_db: float, to: Path) -> list[str]:
        inputs = [word for clip in clips for word in ("-vn", "-i", str(clip))]
        sound = f"{_joined_sound(seconds)},{_mastered(gain_db)}[a]"
        joined = ("-f", "concat", "-i", str(folder / "list"), "-filter_complex", sound)
        maps = ("-map", f"{CLIPS}:v", "-map", "[a]", "-c:v", "copy")
        return [*inputs, *joined, *maps, *AUDIO_ARGS, *CONTAINER_ARGS, str(to)]

    return Case("conforming", seconds, clips, make)


def _mixed(folder: Path, seconds: int) -> Case:
    wishes = {
        "upright.mp4": ("testsrc2=s=1080x1920:r=30", ("-c:v", "libx264", "-preset", "veryfast")),
        "wide.mp4": ("mandelbrot=s=1280x720:r=60", ("-c:v", "libx264", "-preset", "veryfast")),
        "web.webm": (
            "testsrc2=s=720x1280:r=25",
            ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"),
        ),
    }
    for n, (name, (picture, coded)) in enumerate(wishes.items()):
        _ffmpeg(
            *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"anoisesrc=a=0.1:c=pink:seed={n}"),
            *("-t", str(seconds), "-pix_fmt", "yuv420p", *coded, str(folder / name)),
        )
    clips = [folder / name for name in wishes]

    def make(gain_db: float, to: Path) -> list[str]:
        inputs = [word for clip in clips for word in ("-threads", "1", "-i", str(clip))]
        # Cut before it is scaled, as a person would who knows that this is a third of the pixels.
        cut = "crop=w='min(iw,ih*9/16)':h='min(ih,iw*16/9)'"
        fit = f"fps=30,{cut},scale=720:1280:flags=bicubic,setsar=1,format=yuv420p"
        pictures = ";".join(f"[{n}:v]{fit},trim=end_frame={seconds * 30}[v{n}]" for n in range(CLIPS))
        tags = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
        joined = f"{''.join(f'[v{n}]' for n in range(CLIPS))}concat=n={CLIPS}:v=1:a=0,{tags}[v]"
        sound = f"{_joined_sound(seconds)},{_mastered(gain_db)}[a]"
        graph = ("-filter_complex", f"{pictures};{joined};{sound}", "-map", "[v]", "-map", "[a]", "-r", "30")
        return [*inputs, *graph, *video_args(Fraction(30)), *AUDIO_ARGS, *CONTAINER_ARGS, str(to)]

    return Case("mixed", seconds, clips, make)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
