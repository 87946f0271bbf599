"""`discstack erase`, `format`, `close` and `repair`: what is done to a disc besides writing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from discstack.cli.common import changing_command, leave, open_recorder
from discstack.cli.interruption import cancelling
from discstack.cli.output import Display, print_json
from discstack.cli.streams import print_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from discstack.job import Job
    from discstack.mmc.medium import MediumStatus

SPARE_WORDS: Final[dict[str, int | None]] = {"default": None, "none": 0}
PARTS: Final = {
    "track": "TRACK",
    "unreserve": "UNRESERVE_TRACK",
    "tail": "TRACK_TAIL",
    "unclose": "UNCLOSE_LAST_SESSION",
    "session": "ERASE_LAST_SESSION",
}


class FormatNumber(click.ParamType[tuple[int, int | None]]):
    """A type of FORMAT UNIT in hexadecimal, with its sub-type behind a point: 26, 30.3, 32.0."""

    name = "type"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int | None]:
        """Read both numbers."""
        number, point, sub_type = str(value).rstrip("hH").partition(".")
        try:
            found = int(number, 16), int(sub_type) if point else None
        except ValueError:
            self.fail(f"{value!r} is no format type; write it in hexadecimal, such as 26 or 30.3", param, ctx)
        if found[0] > 0x3F or (found[1] or 0) > 3:
            self.fail(f"{value!r} is no format type: they go from 00 to 3F, sub-types from 0 to 3", param, ctx)
        return found


class Spares(click.ParamType[int | None]):
    """How many blocks to replace defects with: a number, none, or default."""

    name = "blocks"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """Read the number; None stands for the drive's own choice."""
        if value in SPARE_WORDS:
            return SPARE_WORDS[value]
        if not str(value).isdecimal():
            self.fail(f"{value!r} is neither a number of blocks nor none nor default", param, ctx)
        return int(value)


@click.command(name="format")
@click.argument("drive")
@click.option("--list", "listing", is_flag=True, help="Only show what the disc can be formatted to.")
@click.option("--full", is_flag=True, help="Format or certify every block, or wait for a background format.")
@click.option("--spare", type=Spares(), metavar="BLOCKS", help="Blocks to replace defects with; none for full speed.")
@click.option("--pow", is_flag=True, help="BD-R: let it be written over, at the cost of free blocks.")
@click.option("--resume", is_flag=True, help="DVD+RW: go on with a background format that was stopped.")
@click.option("--type", "number", type=FormatNumber(), metavar="HEX[.SUB]", help="One of the types that --list shows.")
@click.option(
    "--blocks", type=click.IntRange(0), metavar="N", help="The size for --type, else the one that the disc offers."
)
@changing_command
def format_disc(
    drive: str,
    listing: bool,
    full: bool,
    spare: int | None,
    pow: bool,
    resume: bool,
    number: tuple[int, int | None] | None,
    blocks: int | None,
    unmount: bool,
    as_json: bool,
    trace: str | None,
) -> None:
    """Format a disc. What it holds is lost."""
    from discstack import FormatOptions, Formatter

    if listing and (unmount or full or pow or resume or spare is not None or number is not None or blocks is not None):
        raise click.UsageError("--list formats nothing: leave out the other options")
    if number is None and blocks is not None:
        raise click.UsageError("--blocks goes with --type")
    if number is not None and (full or pow or resume or spare is not None):
        raise click.UsageError("--type says it all: leave out --full, --spare, --pow and --resume")
    options = FormatOptions(
        full=full,
        spare_blocks=spare,
        pseudo_overwrite=pow,
        resume=resume,
        format_type=number[0] if number else None,
        sub_type=number[1] if number else None,
        blocks=blocks,
    )
    with open_recorder(drive, trace, unmount=None if listing else unmount) as recorder:
        if listing:
            _list(drive, recorder.medium(), as_json=as_json)
            return
        formatter = Formatter(recorder, options)
        _do(drive, formatter, lambda display: formatter.format(on_event=display), "formatted", as_json=as_json)


def _list(drive: str, medium: MediumStatus, *, as_json: bool) -> None:
    if as_json:
        print_json({"drive": drive, "medium": medium})
        return
    print_line(f"{drive}: {medium}")
    for choice in medium.formats:
        print_line(f"  {choice}")
    if not medium.formats:
        print_line("  it cannot be formatted")


@click.command()
@click.argument("drive")
@click.option("--track", "what", flag_value="track", help="Only the track that was written last.")
@click.option("--session", "what", flag_value="session", default="session", help="The open session (the default).")
@click.option("--disc", "what", flag_value="disc", help="The whole disc: nothing can be added any more.")
@changing_command
def close(drive: str, what: str, unmount: bool, as_json: bool, trace: str | None) -> None:
    """Close what is open on a disc, or stop a background format."""
    from discstack import Closer

    with open_recorder(drive, trace, unmount=unmount) as recorder:
        closer = Closer(recorder)
        steps: dict[str, Callable[..., MediumStatus]] = {
            "track": closer.close_track,
            "session": closer.close_session,
            "disc": closer.close_disc,
        }
        _do(drive, closer, lambda display: steps[what](on_event=display), f"{what} closed", as_json=as_json)


@click.command()
@click.argument("drive")
@changing_command
def repair(drive: str, unmount: bool, as_json: bool, trace: str | None) -> None:
    """Close what a broken burn left open, so that the disc can be read and written again."""
    from discstack import Closer

    with open_recorder(drive, trace, unmount=unmount) as recorder:
        closer = Closer(recorder)
        _do(drive, closer, lambda display: closer.repair(on_event=display), "repaired", as_json=as_json)


def _do(drive: str, job: Job, run: Callable[[Display], MediumStatus], done: str, *, as_json: bool) -> None:
    with cancelling(job), Display(quiet=as_json) as display:
        medium = run(display)
    if as_json:
        print_json({"drive": drive, "medium": medium})
    else:
        print_line(f"{drive}: {done}; {medium}")
    leave(job.recorder)


@click.command()
@click.argument("drive")
@click.option("--full", is_flag=True, help="Overwrite everything instead of only what makes the disc look empty.")
@click.option(
    "--part",
    type=click.Choice(tuple(PARTS)),
    help="Take back only a part of a CD-RW: the last session, its end (unclose), or of the open session a track, its "
    "reservation, or its tail.",
)
@click.option("--at", type=click.IntRange(0), default=0, metavar="N", help="Of --part: the track, or the tail's LBA.")
@changing_command
def erase(drive: str, full: bool, part: str | None, at: int, unmount: bool, as_json: bool, trace: str | None) -> None:
    """Erase a rewritable disc: CD-RW and DVD-RW are blanked, all others are overwritten with zeros.

    A DVD-RW that was blanked without --full can be written at once only, which closes it. One in restricted overwrite
    is overwritten with zeros, too; --full makes it a sequential one again.
    """
    from discstack import BlankType, Eraser

    if (full and part) or (at and not part):
        raise click.UsageError("--full erases everything, --part a part, and --at belongs to --part")
    with open_recorder(drive, trace, unmount=unmount) as recorder:
        eraser = Eraser(recorder, full=full)
        with cancelling(eraser), Display(quiet=as_json) as display:
            if part:
                medium = eraser.take_back(BlankType[PARTS[part]], at, on_event=display)
            else:
                medium = eraser.erase(on_event=display)
    if as_json:
        print_json({"drive": drive, "full": full, "part": part, "medium": medium})
    else:
        print_line(f"{drive}: erased; {medium}")
