"""Compose the takes of a round into one finished file."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from temporalio import activity
from temporalio.exceptions import CancelledError

from activities.ledger.crash_points import OFF, CrashPoints
from activities.media.port import Composed, Composition, Editor
from activities.storage import file_keys
from activities.storage.port import Storage
from schema.items.cut import Cut, CutRequest, Rendition


class Composing:
    """Composing, given an editor. Its activity blocks a thread and keeps a processor busy."""

    def __init__(self, editor: Editor, storage: Storage, crash_points: CrashPoints = OFF) -> None:
        self._editor = editor
        self._storage = storage
        self._points = crash_points

    @activity.defn(name="compose_cut")
    def compose_cut(self, request: CutRequest) -> Cut:
        """Make a cut, its thumbnail and its metadata. May be repeated: the same takes give the same bytes.

        Their names hold the round and the cut's hash, so that the cuts of earlier rounds stay what they were.
        Heartbeats its progress; a cancellation or a stopping worker ends ffmpeg and leaves nothing half made.
        """
        scratch = self._storage.scratch(request.item_id)
        attempt = activity.info().attempt
        made = scratch / f"cut-r{request.round}-{attempt}.mp4"
        thumbnail = scratch / f"cut-r{request.round}-{attempt}.jpg"
        composed = self._editor.compose(self._composition(request), made, _report_progress)
        self._editor.thumbnail(made, thumbnail, at=min(timedelta(seconds=2), composed.facts.duration / 2))
        key = file_keys.cut(request.item_id, request.round, composed.sha256)
        master = Rendition(
            key=key,
            sha256=composed.sha256,
            size_bytes=composed.size_bytes,
            width_px=composed.facts.width_px,
            height_px=composed.facts.height_px,
        )
        cut = Cut(
            renditions=(master,),
            duration=composed.facts.duration,
            loudness_lufs=composed.loudness_lufs,
            true_peak_dbtp=composed.true_peak_dbtp,
            copied_picture=composed.copied_picture,
            round=request.round,
            thumbnail_key=file_keys.thumbnail_of(key),
        )
        self._storage.promote(thumbnail, cut.thumbnail_key)
        self._storage.write_text(file_keys.metadata_of(key), _metadata(request, cut, composed))
        self._storage.promote(made, key)  # last: a cut that is there is there with all that belongs to it
        self._points.reach("compose.promoted")
        return cut

    def _composition(self, request: CutRequest) -> Composition:
        local, plan = self._storage.local, request.plan
        clips = tuple(local(take.key) for take in request.takes)
        around = {
            "intro": _optional(local, plan.intro_key),
            "outro": _optional(local, plan.outro_key),
            "watermark": _optional(local, plan.watermark_key),
        }
        names = {path: role for role, path in around.items() if path is not None}
        names |= {
            clip: take.file_name or f"scene {take.scene}"
            for clip, take in zip(clips, request.takes, strict=True)
        }
        return Composition(
            clips=clips,
            recipe=plan.recipe,
            width_px=plan.width_px,
            height_px=plan.height_px,
            clip_duration=plan.clip_duration,
            intro=around["intro"],
            outro=around["outro"],
            watermark=around["watermark"],
            loudness_lufs=plan.loudness_lufs,
            true_peak_dbtp=plan.true_peak_dbtp,
            title=request.title,
            names=names,
        )


def _report_progress(done: float) -> None:
    """Tell Temporal how far the editor is, and end its work when it is asked to."""
    activity.heartbeat(round(done, 3))
    if activity.is_cancelled():
        raise CancelledError("the composition was cancelled")
    if activity.is_worker_shutdown():
        raise InterruptedError("the worker is stopping; another one composes this cut")


def _optional(local: Callable[[str], Path], key: str | None) -> Path | None:
    return local(key) if key else None


def _metadata(request: CutRequest, cut: Cut, composed: Composed) -> str:
    return json.dumps(
        {
            "item_id": request.item_id,
            "title": request.title,
            "format": request.format,
            "round": request.round,
            "stand_in": any(take.stand_in for take in request.takes),
            "cut": cut.model_dump(mode="json") | {"frame_rate": composed.facts.frame_rate},
            "takes": [take.model_dump(mode="json") for take in request.takes],
        },
        indent=2,
    )
