"""The guard: a small process that starts all that touches footage, with limits, and ends with us.

Decoders are the attack surface, so each job (a look at a file, an ffmpeg) runs in a child of its own, in its own
process group, with limits on memory, processor time and file size, and dies with the guard. Its memory is what it
really holds: address space says little of a program with threads, so the guard reads each job's resident memory
several times a second and ends what has too much. The guard dies with the
worker: when its only channel ends, it ends all children and removes what they left half made. A SIGKILL of the
worker therefore leaves neither an ffmpeg nor a half file behind.

Why a process for this: limits and the parent-death signal must be set between fork and exec, and Python code
there (`preexec_fn`) may deadlock in a process with threads, such as the worker. The guard has one thread, so its
forks are safe; and since PyAV is loaded before the fork, looking at a file costs no start of Python.

On the channel come requests, each a length (4 bytes) with three descriptors (the job's own channel, its stdout, its
stderr), then JSON: `{"argv", "cwd", "limits"}` to run a program, or `{"look", "limits"}` to look at files. On the
job's channel a byte I or K sends SIGINT or SIGKILL to the job's group; its end kills the job; one line of JSON tells
how the job ended. Without descriptors come `{"owe": paths}`, what to remove if the worker dies, and
`{"settle": paths}`, what no longer to remove.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import selectors
import shutil
import signal
import socket
import struct
import sys
from dataclasses import dataclass
from typing import Any

LENGTH = struct.Struct("!I")
DESCRIPTORS = 3
_PR_SET_PDEATHSIG = 1
"""From linux/prctl.h; other systems have none, and rely on the guard alone."""
_LIBC = ctypes.CDLL(None)
_PAGE_BYTES = resource.getpagesize()
_MAXRSS_BYTES = 1024 if sys.platform == "linux" else 1
"""The unit of `ru_maxrss`: macOS counts bytes."""
LOOK_AT_MEMORY_EVERY_S = 0.1
_LIMITS = {
    "address_bytes": resource.RLIMIT_AS,
    "cpu_s": resource.RLIMIT_CPU,
    "file_bytes": resource.RLIMIT_FSIZE,
    "core_bytes": resource.RLIMIT_CORE,
}


@dataclass
class RunningChild:
    """One running child and the channel of the thread that asked for it."""

    pid: int
    channel: socket.socket
    resident_bytes: int
    """The most it may hold."""
    too_large: bool = False
    """It held more, and was killed for it."""


class GuardProcess:
    """The loop: takes requests, passes signals on, reaps children."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._jobs: dict[int, RunningChild] = {}
        self._leavings: set[str] = set()
        self._selector = selectors.DefaultSelector()
        self._woken, waker = os.pipe()
        for end in (self._woken, waker):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, _wake)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        self._selector.register(self._channel, selectors.EVENT_READ, None)
        self._selector.register(self._woken, selectors.EVENT_READ, None)

    def serve(self) -> None:
        """Work until the channel ends."""
        while True:
            ready = self._selector.select(LOOK_AT_MEMORY_EVERY_S if self._jobs else None)
            self._weigh()
            for key, _ in ready:
                if key.fileobj is self._channel:
                    if not self._take():
                        self._end_all()
                        return
                elif key.fileobj == self._woken:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._woken, 512)
                    self._reap()
                elif key.data.pid in self._jobs:
                    self._hear(key.data)

    def _take(self) -> bool:
        try:
            head, descriptors, _, _ = socket.recv_fds(self._channel, LENGTH.size, DESCRIPTORS)
        except ConnectionError:
            return False
        if len(head) < LENGTH.size:
            return False
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        request = json.loads(_exactly(self._channel, LENGTH.unpack(head)[0]))
        if not descriptors:
            self._leavings |= set(request.get("owe", ()))
            self._leavings -= set(request.get("settle", ()))
            return True
        asker, out, err = descriptors
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._be_the_child(parent, request, out, err)
        os.close(out)
        os.close(err)
        job = RunningChild(pid, socket.socket(fileno=asker), request["limits"]["resident_bytes"])
        self._jobs[pid] = job
        self._selector.register(job.channel, selectors.EVENT_READ, job)
        return True

    def _be_the_child(self, parent: int, request: dict[str, Any], out: int, err: int) -> None:
        """Become the job; never returns."""
        code = 127
        try:
            signal.set_wakeup_fd(-1)
            for name in (signal.SIGCHLD, signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(name, signal.SIG_DFL)
            os.setsid()
            if sys.platform == "linux":
                _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # the guard ended between fork and prctl
                os._exit(code)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out, 1)
            os.dup2(err, 2)
            os.closerange(3, 1024)
            for name, kind in _LIMITS.items():
                value = request["limits"][name]
                _, hard = resource.getrlimit(kind)
                most = value if hard == resource.RLIM_INFINITY else min(value, hard)
                resource.setrlimit(kind, (most, most))
            if "argv" in request:
                os.chdir(request["cwd"])
                os.execve(request["argv"][0], request["argv"], {"LC_ALL": "C"})
            from activities.media.child import probe_file

            code = probe_file.answer(request["look"])
        except BaseException as error:  # a fork must not run into its parent's code: it tells, and ends
            os.write(2, f"{type(error).__name__}: {error}"[:2_000].encode())
        finally:
            os._exit(code)

    def _weigh(self) -> None:
        """Kill each job that holds more memory than it may."""
        for job in self._jobs.values():
            if not job.too_large and _resident_bytes(job.pid) > job.resident_bytes:
                job.too_large = True
                _signal_group(job.pid, signal.SIGKILL)

    def _hear(self, job: RunningChild) -> None:
        try:
            word = job.channel.recv(1)
        except ConnectionError:
            word = b""
        _signal_group(job.pid, signal.SIGINT if word == b"I" else signal.SIGKILL)
        if not word:
            self._selector.unregister(job.channel)

    def _reap(self) -> None:
        while self._jobs:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            job = self._jobs.pop(pid, None)
            if job is None:
                continue
            with contextlib.suppress(KeyError):
                self._selector.unregister(job.channel)
            _signal_group(pid, signal.SIGKILL)
            told = {
                "code": os.waitstatus_to_exitcode(status),
                "cpu_s": usage.ru_utime + usage.ru_stime,
                "too_large": job.too_large,
                "peak_bytes": usage.ru_maxrss * _MAXRSS_BYTES,
            }
            with contextlib.suppress(OSError):
                job.channel.sendall(json.dumps(told).encode() + b"\n")
            job.channel.close()

    def _end_all(self) -> None:
        for pid in self._jobs:
            _signal_group(pid, signal.SIGKILL)
        for pid in self._jobs:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)  # once it cannot write any more
        for path in self._leavings:
            with contextlib.suppress(OSError):
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path)
                else:
                    os.unlink(path)


def _resident_bytes(pid: int) -> int:
    """Return what a process holds in memory; 0 where the system does not say, and the address space must do."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0


def _wake(_number: int, _frame: object) -> None:
    """Do nothing: that a handler is set makes the signal write to the wake-up pipe."""


def _exactly(channel: socket.socket, length: int) -> bytes:
    whole = b""
    while len(whole) < length:
        part = channel.recv(length - len(whole))
        if not part:
            raise SystemExit(0)
        whole += part
    return whole


def _signal_group(pid: int, number: int) -> None:
    # A child that has not come to setsid yet leads no group, and is met by its own id.
    for send in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(pid, number)
            return


def main() -> None:
    """Serve the channel that lies on standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the worker's to answer; we end with our channel
    importlib.import_module(
        "activities.media.child.probe_file"
    )  # before the forks: each of them starts with it

    gc.freeze()  # a collection in a child would copy every page it walks over
    GuardProcess(socket.socket(fileno=0)).serve()


if __name__ == "__main__":
    main()
