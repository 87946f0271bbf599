"""Where words go: results to standard output, everything else to standard error."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final

import click

STANDARD_OUTPUT: Final = "standard output"


def prepare_streams() -> None:
    """Let standard streams that were closed lead to nowhere, and say what an encoding does not have by its number.

    A file that is opened must not become standard error, where words go; and no name of a file may end a command:
    Windows's code pages have few characters, and Python is not strict there but still has no others.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  (as long as the process)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors in ("strict", "surrogateescape"):
        sys.stdout.reconfigure(errors="backslashreplace")


def data_output() -> BinaryIO:
    """Return where data for standard output goes: what Python has for it, so that the kernel can move data to it."""
    _check_open()
    return sys.stdout.buffer


def _check_open() -> None:
    """Raise OSError where standard output was closed: neither data nor a result may lead to nowhere."""
    if getattr(sys.stdout, "name", None) == os.devnull:  # from `prepare_streams`
        raise OSError(errno.EBADF, "it is closed")


def give_up_output() -> None:
    """Lead standard output, whose reader went away, to nowhere: Python must not try to flush it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(words: str) -> None:
    """Print words on standard error; where that takes no more (a terminal that is gone), they alone are lost."""
    with suppress(OSError):
        click.echo(words, err=True)


def print_line(words: str) -> None:
    """Print a result, or a line of one."""
    with naming(STANDARD_OUTPUT):
        _check_open()
        click.echo(words)


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Let what cannot be written say what it was written to; a reader that went away is another matter."""
    try:
        yield
    except OSError as error:
        if error.filename is None and not isinstance(error, BrokenPipeError):
            error.filename = name
        raise
