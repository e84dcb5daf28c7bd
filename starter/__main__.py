"""The entry of the command line: while modules load, Ctrl-C ends the process without a traceback."""

import signal


def main() -> None:
    """Load the command line and run it."""
    # A job that a shell began in the background ignores the signal, and goes on doing so.
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heard:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from starter.main import main as run_command_line

    if heard:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run_command_line()


if __name__ == "__main__":
    main()
