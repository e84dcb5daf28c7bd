"""Becomes another program that dies with its parent: the small step between fork and exec.

Run as a script by `child_process.py`, never imported: doing this in a fork of a process with threads can deadlock.
The order matters. Changing the user clears the parent-death signal, so that one is asked for afterwards;
a parent that died in between is seen by its changed pid.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # Linux, prctl(2)


def main() -> None:
    parent, death_signal, user, group = (int(word) for word in sys.argv[1:5])
    argv = sys.argv[5:]
    if user >= 0:
        try:
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)
        except OSError as error:
            sys.exit(f"error: root may not become user {user} here ({error.strerror}); run as another user")
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        sys.exit(f"{argv[0]}: the process that started it is gone")
    # Python ignores these two, and what is ignored stays ignored in the next program
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(argv[0], argv)
    except OSError as error:
        sys.exit(f"{argv[0]}: {error.strerror}")


main()
