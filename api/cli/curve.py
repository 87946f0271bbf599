"""`--curve`: how writing went over the disc, saved in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from discstack.events import EventHandler

curve_option = click.option(
    "--curve",
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True),
    help="Save speed, buffers, stalls and latencies over the disc in FILE, as JSON; also of what fails.",
)


@contextmanager
def saving_curve(path: str | None, title: str, facts: Mapping[str, Any], then: EventHandler) -> Iterator[EventHandler]:
    """Give a handler of events that passes them on, and save the curve of them at the end, if there is a path."""
    from discstack.curve import CurveRecorder

    if path is None:
        yield then
        return
    Path(path).touch()  # what cannot be written is better known before the disc is
    recorder = CurveRecorder(title, facts=facts, then=then)
    try:
        yield recorder
    except BaseException as error:
        recorder.failed(error)
        try:
            recorder.curve().save(path)
        except OSError as second:
            error.add_note(f"afterwards also: the curve is not saved: {second}")
        raise
    recorder.curve().save(path)
