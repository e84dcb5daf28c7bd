"""What a person gives on the command line: an amount, a text, and who they are."""

import getpass
import sys
from pathlib import Path

from schema.failure import Fault, Trouble
from schema.money import microusd
from schema.text import one_line, paragraphs

_MOST_BYTES = 100_000
"""Of a file with a caption: no caption is nearly as long."""


def dollars(text: str | None) -> int | None:
    """Return an amount from the command line in micro-dollars. Raises `Trouble` (`bad_input`)."""
    if text is None:
        return None
    try:
        return microusd(text.removeprefix("$"))
    except ValueError as error:
        raise Trouble(Fault.BAD_INPUT, str(error)) from None


def line_value(flag: str, text: str | None, most_chars: int) -> str | None:
    """Return a text of one line, fit to be stored; None where none was given. Raises `Trouble` (`bad_input`)."""
    return None if text is None else _checked(flag, text, one_line(text), most_chars)


def caption_value(
    text: str | None,
    file: str | None,
    most_chars: int,
    flags: tuple[str, str] = ("--caption", "--caption-file"),
) -> str | None:
    """Return a caption given as such, or as the name of a file, `-` for standard input. Raises `Trouble`.

    `flags` are what the command calls the two.
    """
    if file is None:
        return None if text is None else _checked(flags[0], text, paragraphs(text), most_chars)
    if text is not None:
        raise Trouble(Fault.BAD_INPUT, f"{flags[0]} and {flags[1]} exclude each other; give one")
    try:
        if file == "-":
            read = sys.stdin.buffer.read(_MOST_BYTES)
        else:
            with Path(file).open("rb") as opened:
                read = opened.read(_MOST_BYTES)
        said = read.decode("utf-8-sig")
    except OSError as error:
        line = f"the caption's file {file!r} cannot be read ({error.strerror}); give a text file"
        raise Trouble(Fault.BAD_INPUT, line) from None
    except UnicodeDecodeError:
        line = f"the caption's file {file!r} is no text in UTF-8; save it as UTF-8"
        raise Trouble(Fault.BAD_INPUT, line) from None
    return _checked(flags[1], said, paragraphs(said), most_chars)


def _checked(flag: str, text: str, clean: str, most_chars: int) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Trouble(Fault.BAD_INPUT, f"{flag} is no text in UTF-8; type it again") from None
    if not clean:
        raise Trouble(Fault.BAD_INPUT, f"{flag} is empty; leave it out, or say something")
    if len(clean) > most_chars:
        raise Trouble(
            Fault.BAD_INPUT,
            f"{flag} has {len(clean):,} characters; it may have {most_chars:,}, so make it shorter",
        )
    return clean


def actor() -> str:
    """Return who is at this terminal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown user"
