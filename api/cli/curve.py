"""`--curve` and `discstack graph`: how writing went over the disc, saved and drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from discstack.cli.common import json_option
from discstack.cli.output import print_json
from discstack.cli.paths import FilePath
from discstack.cli.streams import naming, say
from discstack.fs.system_paths import path_of

if TYPE_CHECKING:
    from discstack.curve import Curve
    from discstack.events import EventHandler


class GraphFile(click.ParamType[str]):
    """A file for a graph, of `several` curves or one; what cannot be drawn is better known before a disc is written."""

    name = "file"

    def __init__(self, *, several: bool = False) -> None:
        self.several = several

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the name, and that the library for it is there."""
        from discstack.graphs import check_graph

        try:
            check_graph(value, several=self.several)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return value


curve_option = click.option(
    "--curve",
    metavar="FILE",
    type=GraphFile(),
    help="Save speed, buffers, stalls and latencies over the disc, also of what fails: as an interactive page in "
    "FILE.html, a picture in FILE.png or FILE.svg, or numbers in FILE.json.",
)


@contextmanager
def reserving(paths: Iterable[str], is_there_anything: Callable[[], object]) -> Iterator[None]:
    """Raise OSError at once for files that cannot be written; take back what this made if there is nothing to save."""
    new = [path_of(path).resolve() for path in paths if not path_of(path).exists()]  # a link may lead to no file yet
    try:
        for path in paths:
            path_of(path).touch()
        yield
    finally:
        if not is_there_anything():
            for file in new:
                file.unlink(missing_ok=True)


@contextmanager
def saving_curve(path: str | None, title: str, facts: Mapping[str, Any], then: EventHandler) -> Iterator[EventHandler]:
    """Give a handler of events that passes them on, and draw the curve of them at the end, if there is a path.

    What a job gave is to be told before that end: a curve that cannot be drawn is an error. A job that was refused, so
    that no data moved, leaves no file, and one that is there as it was.
    """
    from discstack.curve import CurveRecorder
    from discstack.graphs import draw

    if path is None:
        yield then
        return
    recorder = CurveRecorder(title, facts=facts, then=then)
    with reserving([path], lambda: recorder.curve().samples):
        try:
            yield recorder
        except BaseException as error:
            recorder.failed(error)
            try:
                if recorder.curve().samples:
                    draw([recorder.curve()], path)
            except Exception as second:  # whatever it is: what has to be told is how the job went
                error.add_note(f"afterwards also: the curve is not saved: {second}")
            raise
        with naming(path):
            draw([recorder.curve()], path)


@click.command()
@click.argument("curves", nargs=-1, required=True, metavar="CURVE.json...", type=FilePath(exists=True, dir_okay=False))
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=GraphFile(several=True),
    help="FILE.html, FILE.png or FILE.svg.",
)
@json_option
def graph(curves: tuple[str, ...], output: str, as_json: bool) -> None:
    """Draw saved curves, several of them over each other."""
    from discstack.graphs import draw

    with naming(output):
        draw([_load(path) for path in curves], output)
    if as_json:
        print_json({"output": output, "curves": len(curves)})
    else:
        say(f"{output}: {len(curves)} curve{'s' * (len(curves) > 1)}")


def _load(path: str) -> Curve:
    from discstack.curve import Curve

    try:
        return Curve.load(path)
    except ValueError as error:
        raise click.UsageError(f"{path}: {error}") from error
