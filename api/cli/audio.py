"""`discstack audio`: audio CDs from files, and whatever a cue sheet describes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from discstack.cli.common import TRAY_OPTIONS, changing_command, check_records, leave, open_recorder, options
from discstack.cli.curve import curve_option, saving_curve
from discstack.cli.interruption import cancelling
from discstack.cli.output import Display, counters_json, duration, print_fields, print_json
from discstack.cli.paths import FilePath
from discstack.cli.streams import print_line
from discstack.cli.ways import FEED_OPTIONS, LEVELS, Speed
from discstack.fs.system_paths import path_of

if TYPE_CHECKING:
    from discstack import AudioWriter, CdResult, CueSheet, Program

FRAMES = 75  # blocks in a second
CUE_SUFFIX = ".cue"
RAW_FORMS = {"16": "PQ", "96r": "RAW", "96p": "PACKED"}


@click.command(
    epilog=(
        "A WAV of 44.1 kHz, 16 bits, stereo is taken as it is; other files need discstack[audio] (libsndfile), and "
        "their sample rate must be 44.1 kHz. One FILE that ends in .cue is a cue sheet: it brings order, gaps, "
        "indexes, codes and texts, and may name tracks of data. Several sessions in it are recorded one by one: all "
        "but the last with --multi."
    )
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...|SHEET.cue", type=FilePath(dir_okay=False))
@click.option("-d", "--drive", required=True, metavar="DRIVE", help="The drive: /dev/sr0, virtual:cd-r?file=disc.img")
@click.option("--gaps", is_flag=True, help="Write track by track, with two seconds between them (track at once).")
@click.option("--erase", is_flag=True, help="Permit that the data on a CD-RW is lost.")
@click.option("--speed", type=Speed(), metavar="X", help="Write speed: 16x, 2822kB/s, min, max (the default).")
@click.option(
    "--verify",
    type=click.Choice(LEVELS[1:]),
    default="quick",
    show_default=True,
    help="What to compare: the table of contents, texts and codes, or every block too.",
)
@click.option("--verify-speed", type=Speed(), metavar="X", help="Read back no faster than this.")
@click.option("--simulate", is_flag=True, help="Do all but write.")
@click.option("--multi", is_flag=True, help="Leave the disc open for another session.")
@click.option("--overburn", is_flag=True, help="Write more than the disc says that it holds.")
@click.option("--graphics", is_flag=True, help="CD+G: take the CDG files beside the audio files; recorded raw.")
@click.option("--raw", type=click.Choice(tuple(RAW_FORMS)), help="Record raw, with sub-channels in this form.")
@click.option("--session", type=click.IntRange(1, 99), metavar="N", help="Of a cue sheet: the session to record.")
@click.option("--encoding", metavar="NAME", help="Of a cue sheet in neither UTF-8 nor UTF-16: cp1251, shift_jis, ...")
@click.option("--no-cd-text", is_flag=True, help="Keep titles and the like off the disc.")
@click.option("--catalogue", metavar="DIGITS", default="", help="The media catalogue number (13 digits).")
@click.option("--isrc", multiple=True, metavar="CODE", help="The ISRC of a track; once for each, in order.")
@click.option("--title", multiple=True, metavar="TEXT", help="CD-TEXT: the title of a track, in order.")
@click.option("--performer", multiple=True, metavar="TEXT", help="CD-TEXT: a track's performer, in order.")
@click.option("--album", default="", metavar="TEXT", help="CD-TEXT: the title of the disc.")
@click.option("--artist", default="", metavar="TEXT", help="CD-TEXT: the performer of the disc.")
@click.option("--pre-emphasis", is_flag=True, help="The samples were recorded with pre-emphasis.")
@click.option("--copy-permitted", is_flag=True, help="Say that copies are permitted.")
@options(FEED_OPTIONS)
@options(TRAY_OPTIONS)
@curve_option
@changing_command
def audio(
    files: tuple[str, ...],
    drive: str,
    gaps: bool,
    erase: bool,
    speed: str | None,
    verify: str,
    verify_speed: str | None,
    simulate: bool,
    multi: bool,
    overburn: bool,
    graphics: bool,
    raw: str | None,
    session: int | None,
    encoding: str | None,
    no_cd_text: bool,
    transfer: int | None,
    ring: int | None,
    reload: bool,
    eject: bool,
    unmount: bool,
    curve: str | None,
    as_json: bool,
    trace: str | None,
    **tags: Any,
) -> None:
    """Record audio tracks, or what a cue sheet describes.

    Tracks follow each other without a gap unless --gaps is given.
    """
    from discstack import AudioWriter, SubChannelForm, VerifyLevel
    from discstack.speed import kilobytes, read_limit

    _check_gaps(tags, gaps=gaps, composed=graphics or raw is not None, cd_text=not no_cd_text)
    check_records(files, trace, curve)
    with open_recorder(drive, trace, unmount=unmount) as recorder:
        writer = AudioWriter(
            recorder,
            gapless=not gaps,
            erase=erase,
            close=not multi,
            simulate=simulate,
            overburn=overburn,
            cd_text=not no_cd_text,
            graphics=graphics,
            sub_channels=SubChannelForm[RAW_FORMS[raw]] if raw else None,
            speed=kilobytes(speed, recorder.medium()) if speed else None,
            verify=VerifyLevel(verify),
            verify_speed=read_limit(verify_speed, recorder.medium()),
            ring_bytes=ring,
            transfer_bytes=transfer,
        )
        program = _program(writer, files, session, encoding, tags)
        facts = {"drive": drive, "medium": recorder.medium().name, "speed": writer.speed, "simulated": simulate}
        display = Display(quiet=as_json)
        with saving_curve(curve, f"audio {' '.join(files)}", facts, display) as on_event:
            with cancelling(writer), display:
                result = writer.write(program, on_event=on_event)
            _say_result(result, drive, as_json=as_json)
        leave(recorder, reload=reload, eject=eject)


@contextmanager
def _advising() -> Iterator[None]:
    """Tell what leaves off texts that no CD-TEXT can hold."""
    from discstack.mmc.spec.cd.text import CdTextError

    try:
        yield
    except CdTextError as error:
        error.add_note("--no-cd-text keeps titles and the like off the disc")
        raise


def _check_gaps(tags: dict[str, Any], *, gaps: bool, composed: bool, cd_text: bool) -> None:
    """Refuse what track at once, which `gaps` ask for, cannot write."""
    if not gaps:
        return
    if composed:
        raise click.UsageError("--gaps leaves to the drive what --graphics and --raw compose")
    if cd_text and any(tags[name] for name in ("title", "performer", "album", "artist")):
        raise click.UsageError("--gaps: track at once writes no CD-TEXT, into which titles and performers go")


def _program(
    writer: AudioWriter, files: tuple[str, ...], session: int | None, encoding: str | None, tags: dict[str, Any]
) -> Program:
    """Make the program of the files or of the one cue sheet; what the sheet says itself cannot be said twice."""
    from discstack import AudioTrack, LayoutError
    from discstack.audio.graphics import graphics_beside

    given = {name: value for name, value in tags.items() if value}
    if len(files) == 1 and Path(files[0]).suffix.lower() == CUE_SUFFIX:
        if given:
            said = ", ".join(f"--{name.replace('_', '-')}" for name in given)
            raise click.UsageError(f"a cue sheet says by itself what {said} would say")
        sheet = _sheet(files[0], encoding)
        if session is None and len(sheet.sessions) > 1:
            numbers = ", ".join(map(str, sheet.sessions))
            raise click.UsageError(
                f"sessions {numbers} are recorded one by one: --session N, with --multi but the last"
            )
        with _advising():
            return writer.program(sheet, session=session)
    if any(Path(path).suffix.lower() == CUE_SUFFIX for path in files):
        raise click.UsageError("a cue sheet describes a whole session: no other file goes with it")
    if session is not None:
        raise click.UsageError("--session: only a cue sheet has sessions")
    if encoding is not None:
        raise click.UsageError("--encoding: only a cue sheet has one")
    emphasis, copies = tags["pre_emphasis"], tags["copy_permitted"]
    beside = [graphics_beside(path_of(path)) if writer.graphics else None for path in files]
    if writer.graphics and not any(beside):
        raise click.UsageError("--graphics: there is no CDG file beside any of the audio files")
    tracks = [
        AudioTrack(path=path, pre_emphasis=emphasis, copy_permitted=copies, graphics=pictures)
        for path, pictures in zip(files, beside, strict=True)
    ]
    for name in ("isrc", "title", "performer"):
        words = tags[name]
        if len(words) > len(files):
            raise click.UsageError(f"--{name} is given {len(words)} times for {len(files)} files")
        tracks[: len(words)] = [replace(track, **{name: word}) for track, word in zip(tracks, words, strict=False)]
    try:
        with _advising():
            return writer.program(tracks, catalogue=tags["catalogue"], title=tags["album"], performer=tags["artist"])
    except LayoutError:  # what a file holds
        raise
    except ValueError as error:  # a code or a text that no CD holds
        raise click.UsageError("\n".join((str(error), *getattr(error, "__notes__", ())))) from error


def _sheet(path: str, encoding: str | None) -> CueSheet:
    from discstack import CueSheet, LayoutError

    try:
        return CueSheet.load(path, encoding=encoding)
    except LayoutError:  # what it holds
        raise
    except ValueError as error:
        raise click.UsageError(f"--encoding: {error}") from error


def _result_json(result: CdResult, drive: str) -> dict[str, Any]:
    tracks = [
        {"number": track.number, "start": track.start, "sectors": track.end - track.start, "form": track.plan.form.name}
        for track in result.tracks
    ]
    return {
        "drive": drive,
        "medium": result.medium,
        "tracks": tracks,
        "seconds": result.seconds,
        "speed": result.speed,
        "counters": counters_json(result.counters),
        "verified_sectors": result.verified,
        "read_offset": result.read_offset,
        "simulated": result.simulated,
        "notices": result.notices,
    }


def _say_result(result: CdResult, drive: str, *, as_json: bool) -> None:
    """Tell what was done, from what the burn found out rather than from what was asked."""
    if as_json:
        print_json(_result_json(result, drive))
        return
    rows: dict[str, Any] = {"disc": str(result.medium)}
    for track in result.tracks:
        length = duration((track.end - track.start) / FRAMES)
        rows[f"track {track.number}"] = f"{length} from sector {track.start}, {track.plan.form.name.lower()}"
    rows["table of contents"] = "" if result.simulated else "as planned"
    rows["verified"] = f"{result.verified} sectors read back and right" if result.verified else ""
    print_fields(f"{drive}: {'test written (nothing is on the disc)' if result.simulated else 'recorded'}", rows)
    for notice in result.notices:
        print_line(f"  note: {notice}")
