"""`discstack burn`: files, folders or an image onto a disc, and how that went."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from discstack.cli.common import (
    TRAY_OPTIONS,
    changing_command,
    check_records,
    check_standard_output,
    leave,
    open_recorder,
    options,
    uncollected,
)
from discstack.cli.curve import curve_option, saving_curve
from discstack.cli.earlier import CHANGE_OPTIONS, take_over
from discstack.cli.image import IMAGE_OPTIONS, ImageCommand, compose, say_issues
from discstack.cli.interruption import cancelling
from discstack.cli.output import SECTOR, Display, brief, counters_json, duration, print_fields, print_json, size
from discstack.cli.streams import print_line, say
from discstack.cli.tree_options import check_manifest, write_manifest
from discstack.cli.ways import WAY_OPTIONS, room_choices, ways_of, writer_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from discstack.fs.image import Image
    from discstack.image_file import ImageFile
    from discstack.mmc.job import BurnResult
    from discstack.recorder import Recorder
    from discstack.transport.base import FeedCounters

PRIORITIES: Final = ("normal priority", "raised priority", "real-time priority")  # by discstack.native.Priority


@click.command(
    cls=ImageCommand,
    epilog=(
        "One regular file that holds an image (CD001 or NSR) is burnt as an image. Everything else becomes one: the "
        "contents of the folders and the files named lie in its root."
    ),
)
@click.argument("sources", nargs=-1, required=True, metavar="SRC...|IMAGE")
@click.option("-d", "--drive", required=True, metavar="DRIVE", help="The drive: /dev/sr0, virtual:dvd+r?file=disc.img")
@click.option("--as-file", is_flag=True, help="Put an image file into a new image instead of burning it as one.")
@options(WAY_OPTIONS)
@click.option("--append", is_flag=True, help="Keep what is on the disc, if anything is, and add to it.")
@options(CHANGE_OPTIONS)
@click.option(
    "--start",
    type=click.IntRange(0),
    metavar="LBA",
    help="Where an image goes: on a disc to be written over anywhere (with --erase), else where the disc goes on.",
)
@options(TRAY_OPTIONS)
@curve_option
@options(IMAGE_OPTIONS)
@click.option("-quiet", "--quiet", is_flag=True, help="Show no progress.")
@changing_command
def burn(
    sources: tuple[str, ...],
    drive: str,
    as_file: bool,
    append: bool,
    remove: tuple[str, ...],
    rename: tuple[tuple[str, str], ...],
    from_view: str | None,
    start: int | None,
    reload: bool,
    eject: bool,
    curve: str | None,
    unmount: bool,
    quiet: bool,
    as_json: bool,
    trace: str | None,
    **choices: Any,
) -> None:
    """Burn files, folders or an image to a disc, and check that all of it is there."""
    from discstack import ImageFile, split_graft_point

    check_standard_output(manifest=choices["manifest"], trace=trace, json=as_json)
    check_records([split_graft_point(source)[1] for source in sources] if choices["graft_points"] else sources, trace)
    way = ways_of(choices)
    ready_made = None if as_file or len(sources) > 1 else _ready_made(sources[0])
    if ready_made:
        _check_as_it_is(choices)
        if not start:
            _say_what_will_be_shown(ready_made)
    elif start is not None:
        raise click.UsageError("--start is where an image file is burnt to; files and folders get an image made for it")
    if append and (ready_made or way["erase"]):
        raise click.UsageError("--append adds files or folders (--as-file: an image as a file), and erases nothing")
    if (remove or rename or from_view) and not append:
        raise click.UsageError("--remove, --rename and --from-view are about what --append keeps")
    earlier = {"remove": remove, "rename": rename, "from_view": from_view} if append else None
    with open_recorder(drive, trace, unmount=unmount) as recorder:
        with _advising(recorder, erase=way["erase"], simulate=way["simulate"]):
            image = ready_made or _plan(sources, recorder, room_choices(way), earlier, choices, quiet=as_json)
        _check_curve(curve, image)
        writer = writer_for(recorder, **way)
        facts = {
            "drive": drive,
            "medium": recorder.medium().name,
            "speed": writer.speed,
            "simulated": writer.simulate,
        }
        display = Display(quiet=as_json or quiet)
        with saving_curve(curve, f"burn {' '.join(sources)}", facts, display) as on_event:
            with cancelling(writer), display, _advising(recorder, erase=way["erase"], simulate=way["simulate"]):
                result = writer.write(image, start=start or 0, on_event=on_event)
            if as_json:
                print_json({**_result_json(result, drive), "issues": getattr(image, "issues", ())})
            else:
                _say_result(result, drive)
        if not isinstance(image, ImageFile):
            write_manifest(image, choices["manifest"])
        leave(recorder, reload=reload, eject=eject)


@contextmanager
def _advising(recorder: Recorder, *, erase: bool, simulate: bool) -> Iterator[None]:
    """Tell the words that permit what was refused for the sake of what the disc holds."""
    from discstack import Action, MediumNotBlank

    try:
        yield
    except MediumNotBlank as error:
        medium = recorder.medium()
        actions = medium.actions
        if erase and not simulate:
            error.add_note(f"--erase: what is on this {medium.name} cannot be erased")
        words = ["--append keeps that and adds files or folders"] if actions & {Action.APPEND, Action.WRITE} else []
        if not words and Action.CLOSE_SESSION in actions:
            words = ["discstack close closes the session, then --append adds files or folders as another one"]
        if actions & {Action.ERASE, Action.WRITE}:
            words += ["discstack erase makes room before a test"] if simulate else ["--erase lets it be lost"]
        if words:
            error.add_note("; ".join(words))
        raise


def _ready_made(source: str) -> ImageFile | None:
    """Return the image that a file is, and say so; None if it is none."""
    from discstack import ImageFile
    from discstack.image_file import file_system_of

    found = file_system_of(source)
    if found is None:
        return None
    say(f"{source} is an image ({found}) and is burnt as one; --as-file would put it into an image")
    return ImageFile(source)


def _say_what_will_be_shown(image: ImageFile) -> None:
    """Say so where readers, which know a disc's sessions by its table of contents, will not show the last of them."""
    last = image.last_session
    if last:
        say(
            f"{image.path} has several sessions, which become a single one: the disc will show the first, and not the "
            f"last, at sector {last}; discstack image -M makes one volume of what that shows"
        )


def _check_as_it_is(choices: Mapping[str, Any]) -> None:
    """Refuse words about what an image shall be like where it is burnt as it is."""
    if "boot" in choices:
        raise click.UsageError("an image is burnt as it is; what is said about booting needs files or folders")
    if said := _said(choices):
        raise click.UsageError(f"an image is burnt as it is; {', '.join(said)} needs files or folders (or --as-file)")


def _said(choices: Iterable[str]) -> list[str]:
    """Return the words on the command line that say what an image shall be like."""
    context = click.get_current_context()
    named = [param for param in context.command.params if param.name in choices]
    return [
        param.opts[-1] for param in named if context.get_parameter_source(param.name) is ParameterSource.COMMANDLINE
    ]


def _plan(
    sources: tuple[str, ...],
    recorder: Recorder,
    fit: dict[str, Any],
    earlier: dict[str, Any] | None,
    choices: dict[str, Any],
    *,
    quiet: bool,
) -> Image:
    from discstack.mmc.cd.contents import holds_audio_alone

    with uncollected():
        composed = compose(sources, **choices)
        if earlier is not None and recorder.medium().blank:
            _check_nothing_to_change(earlier)
            say("the disc is blank: this is its first session")
        elif earlier is not None and recorder.run(holds_audio_alone()):
            _check_nothing_to_change(earlier)
            composed.follow_audio(recorder)
            say("the disc holds nothing but audio: this is its first session with data")
        elif earlier is not None:
            take_over(composed, recorder, **earlier, quiet=quiet)
        composed.choose_defaults(recorder, **fit)
        image = composed.create_result()
        check_manifest(image, choices["manifest"])
        if not quiet:
            say_issues(image.issues, composed.options)
    if not quiet:
        sectors = sum(map(len, image.parts))
        say(f"image: {sectors} sectors, {size(sectors * SECTOR)}")
    return image


def _check_curve(curve: str | None, image: Image | ImageFile) -> None:
    from discstack import ImageFile

    if isinstance(image, ImageFile):
        check_records([str(image.path)], curve)
    elif curve is not None and image.reads(curve):
        raise click.UsageError(f"{curve} is one of the sources; the curve needs a file of its own")


def _check_nothing_to_change(earlier: dict[str, Any]) -> None:
    if any(earlier.values()):
        raise click.UsageError("--remove, --rename and --from-view: there are no files on the disc to keep")


def _result_json(result: BurnResult, drive: str) -> dict[str, Any]:
    return {
        "drive": drive,
        "medium": result.medium,
        "start": result.start,
        "sectors": result.blocks,
        "padding": result.padding,
        "further": [{"start": part.start, "sectors": part.blocks} for part in result.further],
        "mode": result.mode,
        "layer_break": result.layer_break,
        "seconds": result.seconds,
        "speed": result.speed,
        "counters": counters_json(result.counters),
        "verified_sectors": result.verified,
        "verified": result.verified > 0,
        "simulated": result.simulated,
        "notices": result.notices,
    }


def _say_result(result: BurnResult, drive: str) -> None:
    """Tell what was done, from what the burn found out rather than from what was asked."""
    counters, speed = result.counters, result.speed
    parts = (result, *result.further)
    count, verified = sum(part.blocks for part in parts), sum(part.verified for part in parts)
    further = "".join(f", {part.blocks} from sector {part.start}" for part in result.further)
    padding = f" and {result.padding} of padding" if result.padding else ""
    right = f"{verified} of {count} sectors read back and right"
    print_fields(
        f"{drive}: {'test written (nothing is on the disc)' if result.simulated else 'burnt'}",
        {
            "disc": str(result.medium),
            "written": f"{result.blocks} sectors{padding} from sector {result.start}{further}, {size(count * SECTOR)}",
            "time": f"{duration(result.seconds)}{_measured(speed.measured)}"
            f" (asked {_kilobytes(speed.asked)}, accepted {_kilobytes(speed.accepted)})",
            "buffer": f"{counters.stalls} stalls, {counters.busy} busy answers; fed at {PRIORITIES[counters.priority]}",
            "commands": f"{counters.commands} WRITEs, {_latencies(counters)}",
            "verified": right if result.verified else "no",
        },
    )
    for notice in result.notices:
        print_line(f"  note: {notice}")


def _latencies(counters: FeedCounters) -> str:
    """Spell how long the commands took; a virtual clock stands still while the drive's buffer takes them in."""
    if not counters.latency_max:
        return "none of which took any time on the drive's clock"
    half, most = counters.latency(0.5), counters.latency(0.99)
    return f"half of them below {brief(half)}, 99 % below {brief(most)}, the longest {brief(counters.latency_max)}"


def _measured(speed: float | None) -> str:
    return "" if speed is None else f" at {size(speed * 1000)}/s"


def _kilobytes(speed: int | None) -> str:
    return "fastest" if speed is None else f"{size(speed * 1000)}/s"
