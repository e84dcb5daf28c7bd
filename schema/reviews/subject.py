"""What is on show: a gate, files by role, and a text. A person approves exactly this, as one hash."""

import hashlib
import json
from typing import Final

from schema.payload import Payload

VIDEO_GATE: Final = "video"
"""The gate before a video is posted. A gate of another name shows other artifacts, or only a text."""
CAPTIONED: Final = (VIDEO_GATE,)
"""The gates whose text is the caption, which a person may edit."""
VIDEO: Final = "video"
"""The role of the file that is posted."""


class Artifact(Payload):
    """One file of a subject."""

    role: str
    """What it is to the subject, e.g. `video`."""
    key: str
    """Where it lies in storage. `Storage.address` makes a playable address of it, which expires, for each card anew."""
    sha256: str
    """Of its bytes."""


class Subject(Payload):
    """What one revision of a review puts before a person."""

    gate: str = VIDEO_GATE
    artifacts: tuple[Artifact, ...] = ()
    text: str = ""
    """What goes with the files, e.g. a caption; or all there is to read where a gate shows no file."""

    @property
    def content_sha256(self) -> str:
        """The SHA-256 of the subject's one canonical form: UTF-8 of a JSON array of gate, artifacts and text.

        Each artifact is the array `[role, key, sha256]`, and they stand in order of role, then of key and hash. The
        array has no spaces, and everything beyond ASCII is escaped (`\\u00e9`). As JSON quotes every text, no character
        can move from one field to its neighbour without changing the hash.
        """
        files = [[artifact.role, artifact.key, artifact.sha256] for artifact in self.in_order]
        canonical = json.dumps([self.gate, files, self.text], ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def in_order(self) -> tuple[Artifact, ...]:
        """The artifacts in the order in which they are hashed and stored."""
        return tuple(sorted(self.artifacts, key=lambda one: (one.role, one.key, one.sha256)))

    def find(self, role: str) -> Artifact | None:
        """Return the artifact of this role; None where there is none. Raises `LookupError` where there are several."""
        found = [artifact for artifact in self.artifacts if artifact.role == role]
        if len(found) > 1:
            raise LookupError(f"{len(found)} artifacts on show are the {role!r}; one is meant")
        return found[0] if found else None

    def artifact(self, role: str) -> Artifact:
        """Return the one artifact of this role. Raises `LookupError` where there is none, or several."""
        if found := self.find(role):
            return found
        raise LookupError(f"nothing on show at the gate {self.gate!r} is the {role!r}")

    def with_text(self, text: str) -> "Subject":
        """Return the same files with another text: another subject, with a hash of its own."""
        return self.model_copy(update={"text": text})


def video_subject(key: str, sha256: str, caption: str) -> Subject:
    """Return the subject of the video gate: one finished video and its caption."""
    return Subject(artifacts=(Artifact(role=VIDEO, key=key, sha256=sha256),), text=caption)
