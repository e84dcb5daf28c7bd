"""The file a backup is: one tar with a manifest of hashes at its end."""

import hashlib
import os
import shutil
import tarfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from schema.failure import Fault, Trouble
from starter.stack.home import Version

MANIFEST = "manifest.json"


class Entry(BaseModel):
    """What one file of the archive must be."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    size_bytes: int
    sha256: str


class Manifest(BaseModel):
    """What a backup holds; the last file in it, so that a cut-off archive has none."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["reelwright-backup"] = "reelwright-backup"
    layout: Literal[1] = 1
    made: datetime
    version: Version
    parts: tuple[str, ...]
    files: dict[str, Entry]


class ArchiveWriter:
    """Adds files to an archive and remembers their hashes."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._tar.dereference = (
            True  # a file with two names is written twice: a published cut is final.mp4 too
        )
        self._files: dict[str, Entry] = {}

    def add(self, name: str, path: Path) -> None:
        """Add one file as it is now; what is appended to it meanwhile is left out."""
        with path.open("rb") as file:
            info = self._tar.gettarinfo(arcname=name, fileobj=file)
            info.mode, info.uid, info.gid, info.uname, info.gname = 0o600, 0, 0, "", ""
            hashing = _Hashing(file)
            self._tar.addfile(info, hashing)
        self._files[name] = Entry(size_bytes=info.size, sha256=hashing.digest())

    def add_folder(self, name: str, folder: Path) -> None:
        """Add the regular files under a folder; links are left out, and so are files that vanish meanwhile."""
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                try:
                    self.add(f"{name}/{path.relative_to(folder).as_posix()}", path)
                except FileNotFoundError:
                    continue

    def finish(self, version: Version, parts: tuple[str, ...], work: Path) -> Manifest:
        manifest = Manifest(made=datetime.now(UTC), version=version, parts=parts, files=self._files)
        path = work / MANIFEST
        path.write_text(manifest.model_dump_json(indent=1))
        self._tar.add(path, MANIFEST)
        return manifest


@contextmanager
def writing(to: Path) -> Generator[ArchiveWriter]:
    """An archive that appears under its name only when it is whole; `.gz` and `.tgz` are compressed."""
    unfinished = to.with_name(f".{to.name}.part")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:
            if to.suffix in (".gz", ".tgz"):
                with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar:
                    yield ArchiveWriter(tar)
            else:
                with tarfile.open(fileobj=file, mode="w") as tar:
                    yield ArchiveWriter(tar)
            file.flush()
            os.fsync(descriptor)
        unfinished.replace(to)
    except OSError as error:
        raise Trouble(
            Fault.DISK_FULL, f"the backup {str(to)!r} could not be written ({error}); try another place"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def unpack(archive: Path, folder: Path) -> Manifest:
    """Unpack a backup into an empty folder and check every byte against its manifest.

    Raises `Trouble` for a file that is no backup, is cut off, was changed, or reaches outside the folder.
    """
    found: dict[str, Entry] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(archive, "r:*") as tar:
            for info in tar:
                content = tar.extractfile(info) if info.isreg() else None
                if content is None or not _is_inside(info.name):
                    raise _bad(archive, f"it holds {info.name!r}, which no backup of ours would")
                if info.name == MANIFEST:
                    manifest = Manifest.model_validate_json(content.read(256_000_000))
                    continue
                target = folder / info.name
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                hashing = _Hashing(content)
                descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with open(descriptor, "wb") as file:
                    shutil.copyfileobj(hashing, file, 1_048_576)
                    os.fsync(descriptor)
                os.utime(target, (info.mtime, info.mtime))
                found[info.name] = Entry(size_bytes=info.size, sha256=hashing.digest())
    except FileNotFoundError:
        raise Trouble(
            Fault.BAD_INPUT, f"there is no file {str(archive)!r}; name an existing backup"
        ) from None
    except FileExistsError as error:
        raise _bad(archive, f"it holds {error.filename!r} twice") from error
    except ValidationError as error:
        raise _bad(archive, "its manifest is not one of ours") from error
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise _bad(
            archive, f"it is cut off or no backup ({str(error).splitlines()[0].rstrip(':')})"
        ) from error
    except OSError as error:
        if error.errno is None:  # what gzip raises for damaged bytes
            raise _bad(archive, f"it is damaged ({error})") from error
        raise Trouble(
            Fault.DISK_FULL, f"the backup {str(archive)!r} could not be unpacked ({error}); make room"
        ) from error
    if manifest is None:
        raise _bad(archive, "it is cut off: its manifest is missing")
    for name in sorted({*manifest.files, *found}):
        if manifest.files.get(name) != found.get(name):
            raise _bad(archive, f"{name!r} in it is not what its manifest says")
    return manifest


def _bad(archive: Path, why: str) -> Trouble:
    return Trouble(Fault.BAD_INPUT, f"{str(archive)!r} cannot be restored: {why}; use another backup")


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and bool(path.parts) and "\0" not in name


class _Hashing:
    """A file that is hashed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._hash.update(block)
        return block

    def digest(self) -> str:
        return self._hash.hexdigest()
