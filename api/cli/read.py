"""`discstack read` and `discstack verify`: what is on a disc."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, BinaryIO

import click

from discstack.cli.common import check_standard_output, drive_command, open_recorder, options
from discstack.cli.interruption import cancelling
from discstack.cli.output import SECTOR, Display, counted, output_file, plain, print_json, size
from discstack.cli.paths import FilePath, OpenedFile
from discstack.cli.streams import naming, print_line, say
from discstack.cli.volumes import VOLUME_OPTIONS, opened
from discstack.cli.ways import Speed
from discstack.fs.errors import printable
from discstack.fs.system_paths import openable

if TYPE_CHECKING:
    from discstack import CdFiles, FileReport, Recorder

ILLEGAL_MODE = 0x64, 0x00  # FOR THIS TRACK


class _Counting:
    """A file, if there is one, and how much came into it."""

    def __init__(self, file: BinaryIO | None = None) -> None:
        self.size = 0
        self._file = file

    def write(self, data: memoryview, /) -> None:
        """Take all of the bytes."""
        if self._file is not None:
            self._file.write(data)
        self.size += len(data)


def _spell(ranges: list[range]) -> list[str]:
    return [f"{r.start}-{r.stop - 1}" for r in ranges]


@click.command()
@click.argument("drive")
@click.option("-o", "--output", required=True, metavar="FILE|-", help="Where the sectors go; - for standard output.")
@click.option("--start", type=click.IntRange(0), default=0, metavar="LBA", help="First sector to read.")
@click.option("--sectors", type=click.IntRange(1), metavar="N", help="How many; by default all that is recorded.")
@click.option("--skip-bad", is_flag=True, help="Write zeros for sectors that cannot be read, and go on.")
@click.option("--wav", is_flag=True, help="With FILE.cue: a WAV file for each track, instead of a BIN file.")
@click.option("--sub-channels", is_flag=True, help="With FILE.cue: keep the sub-channels in a SUB file, too.")
@click.option("--graphics", is_flag=True, help="With --wav: a CDG file for each track with graphics (CD+G).")
@click.option("--error-bits", is_flag=True, help="With FILE.cue: ask which bytes could not be corrected (C2).")
@click.option("--speed", type=Speed(), metavar="X", help="Read no faster than this: 4x, 5540kB/s, max.")
@click.option("--force", is_flag=True, help="With FILE.cue: write over the files beside it, if there are any.")
@drive_command
def read(
    drive: str,
    output: str,
    start: int,
    sectors: int | None,
    skip_bad: bool,
    wav: bool,
    sub_channels: bool,
    graphics: bool,
    error_bits: bool,
    speed: str | None,
    force: bool,
    as_json: bool,
    trace: str | None,
) -> None:
    """Read a disc into a file, sector by sector; a CD into FILE.cue and the BIN (or WAV) files that belong to it.

    With --skip-bad the exit code is 4 if anything was skipped, with --error-bits if any byte could not be corrected.
    """
    from discstack import BlankCheck, DiscReader, IllegalRequest, MediaError, MediumError
    from discstack.address import VirtualAddress
    from discstack.speed import read_limit

    choices = {"wav": wav, "sub_channels": sub_channels, "graphics": graphics, "error_bits": error_bits}
    if output.lower().endswith(".cue"):
        if start or sectors:
            raise click.UsageError("a CD is read into a cue sheet as a whole: no --start, no --sectors")
        more = {"skip_bad": skip_bad, "overwrite": force}
        _read_cd(drive, output, {**choices, **more}, speed, as_json=as_json, trace=trace)
        return
    if any(choices.values()) or force:
        raise click.UsageError("--wav, --sub-channels, --graphics, --error-bits and --force are for an output FILE.cue")
    check_standard_output(output=output, trace=trace, json=as_json)
    with open_recorder(drive, trace) as recorder:
        reader = DiscReader(recorder)
        blocks = range(start, start + sectors) if sectors else reader.recorded(start)
        limit = read_limit(speed, recorder.medium())
        if isinstance(recorder.address, VirtualAddress) and recorder.address.lies_at(output):
            raise click.UsageError(f"{output} is the disc that is read; the sectors need a file of their own")
        display = Display(quiet=as_json)
        with output_file(output, keep=True) as file, cancelling(reader, stoppable=True), display:
            sink = _Counting(file)
            try:
                bad = reader.read(sink, blocks=blocks, skip_bad=skip_bad, speed=limit, on_event=display)
            except (MediumError, BlankCheck) as error:
                error.add_note("--skip-bad writes zeros for what cannot be read, and goes on")
                raise
            except IllegalRequest as error:
                if error.sense.is_(*ILLEGAL_MODE):
                    error.add_note("audio and other tracks without sectors of 2048 bytes are read into a FILE.cue")
                raise
    if not (count := sink.size // SECTOR):
        raise MediaError(f"none of the sectors from {blocks.start} on can be read: only run-out is there")
    _say_read(output, blocks, count, bad, as_json=as_json)
    if bad:
        raise click.exceptions.Exit(4)


def _say_read(output: str, blocks: range, count: int, bad: list[range], *, as_json: bool) -> None:
    left = _spell([blocks[count:]] if count < len(blocks) else [])
    if as_json:
        found = {"output": output, "start": blocks.start, "sectors": count, "skipped": _spell(bad), "left_out": left}
        print_json(found)
    else:
        say(f"{output}: sectors {blocks.start}-{blocks.start + count - 1}, {size(count * SECTOR)}")
        for spelled in left:
            say(f"  left out: {spelled}, which cannot be read, as what lies behind a track that was written at once")
        for spelled in _spell(bad):
            say(f"  could not be read: {spelled}")


def _read_cd(
    drive: str, output: str, choices: dict[str, bool], speed: str | None, *, as_json: bool, trace: str | None
) -> None:
    from discstack import CdReader
    from discstack.speed import read_limit

    if choices["graphics"] and not choices["wav"]:
        raise click.UsageError("--graphics goes with --wav; in BIN files --sub-channels keeps graphics")
    with open_recorder(drive, trace) as recorder:
        reader = CdReader(recorder)
        curb = read_limit(speed, recorder.medium())
        with cancelling(reader, stoppable=True), Display(quiet=as_json) as display, naming(output):
            try:
                done = reader.save(output, speed=curb, on_event=display, **choices)
            except FileExistsError as error:
                error.add_note("--force writes over it")
                raise
    bad, doubtful = list(done.unreadable), _spell(list(done.doubtful))
    if as_json:
        found = {"skipped": _spell(bad), "doubtful": doubtful}
        packs = {f"{name}_packs": count for name, _, count in _packs(done)}
        print_json({"cue": done.cue, "files": done.files, "contents": done.contents, **found, **packs})
    else:
        say(f"{done.cue}: {len(done.contents.tracks)} tracks in {', '.join(p.name for p in done.files)}")
        for spelled in _spell(bad):
            say(f"  could not be read, zeros stand for it: {spelled}")
        for spelled in doubtful:
            say(f"  could not be corrected: {spelled}")
        for _, words, count in _packs(done):
            if count:
                say(f"  packs of graphics {words}: {count}")
    if (bad and choices["skip_bad"]) or doubtful:
        raise click.exceptions.Exit(4)


def _packs(done: CdFiles) -> tuple[tuple[str, str, int], ...]:
    """Return what became of packs of graphics, in a word, in words, and how many."""
    return (
        ("corrected", "put right by their parity", done.corrected_packs),
        ("damaged", "with more errors than can be corrected", done.damaged_packs),
        ("cut", "that end where no drive reads, and are left empty", done.cut_packs),
    )


@click.command()
@click.argument("drive", metavar="DRIVE|IMAGE")
@click.argument("image", required=False, type=FilePath(exists=True, dir_okay=False))
@click.option("--start", type=click.IntRange(0), default=0, metavar="LBA", help="Where the image was written.")
@click.option(
    "--speed", type=Speed(), metavar="X", help="Read no faster than this; by default a BD-RE at 4x, else the fastest."
)
@click.option(
    "--manifest",
    type=OpenedFile("rb"),
    metavar="FILE",
    help="Compare every file with the SHA-256 that FILE has of it, as `image` and `burn` write it with --manifest.",
)
@click.option(
    "--tree",
    multiple=True,
    type=FilePath(exists=True),
    metavar="SRC",
    help="Compare every file with its source: what a disc was made from. May be given several times.",
)
@click.option("-m", "-x", "--exclude", multiple=True, metavar="GLOB", help="Of --tree: what was left out of the disc.")
@options(VOLUME_OPTIONS)
@drive_command
def verify(
    drive: str,
    image: str | None,
    start: int,
    speed: str | None,
    manifest: IO[bytes] | None,
    tree: tuple[str, ...],
    exclude: tuple[str, ...],
    view: str | None,
    session: int | None,
    as_json: bool,
    trace: str | None,
) -> None:
    """Check that a disc can be read, that it holds an image, or that files are what they should be.

    With a second operand the disc is compared with that image, sector by sector; with --manifest or --tree the files
    of a disc or of an image are compared, and those that differ are named. Otherwise every recorded sector is read. The
    exit code is 6 if something differs or cannot be read.
    """
    if manifest or tree:
        if image or start or speed or (manifest and tree):
            raise click.UsageError("files are compared with a --manifest or with a --tree, and with nothing else then")
        _verify_files(drive, manifest, tree, exclude, (view, session), as_json=as_json, trace=trace)
        return
    if os.path.isfile(openable(drive)):
        raise click.UsageError(f"{drive} is a file: what is in it is compared with a --manifest or with a --tree")
    if exclude or view or session is not None:
        raise click.UsageError("--exclude, --view and --session are about files: give a --manifest or a --tree")
    _verify_sectors(drive, image, start, speed, as_json=as_json, trace=trace)


def _verify_files(
    source: str,
    manifest: IO[bytes] | None,
    tree: tuple[str, ...],
    exclude: tuple[str, ...],
    which: tuple[str | None, int | None],
    *,
    as_json: bool,
    trace: str | None,
) -> None:
    from discstack import Directory, FileVerifier, parse_manifest

    digests = parse_manifest(manifest.read()) if manifest else {}
    root = Directory()
    for operand in tree:
        root.graft("/", operand, exclude=exclude)
    with opened(source, trace, *which, quiet=as_json) as volume, Display(quiet=as_json) as display:
        verifier = FileVerifier(volume)
        if manifest:
            report = verifier.against_manifest(digests, on_event=display)
        else:
            report = verifier.against_tree(root, on_event=display)
    if as_json:
        print_json({"source": source, **plain(report), "verified": report.verified})
    else:
        _say_report(source, report)
    if not report.verified:
        raise click.exceptions.Exit(6)


def _say_report(source: str, report: FileReport) -> None:
    for difference in report.differences:
        say(str(difference))
    if report.extra:
        example = printable(report.extra[0].path)
        say(f"note: there too, but not to be compared: {len(report.extra)}, such as {example}")
    compared = f"{counted(report.files, 'file')}, {size(report.bytes)}"
    if report.verified:
        print_line(f"{source} holds what it should: {compared}")
    else:
        differences = counted(len(report.differences), "difference")
        print_line(f"{source} is not what it should be: {differences}; compared: {compared}")


def _refuse_audio(recorder: Recorder) -> None:
    """Refuse a CD with audio: its sectors are none of 2048 bytes, and would be told as damaged."""
    from discstack import CdReader, CommandError, MediaError, Profile, ResponseError

    if recorder.medium().profile not in (Profile.CD_ROM, Profile.CD_R, Profile.CD_RW):
        return
    try:
        tracks = CdReader(recorder).contents(gaps=False).tracks
    except (CommandError, MediaError, ResponseError):
        return  # a CD without a table of contents, which one with audio has
    if audio := [str(track.number) for track in tracks if track.is_audio]:
        error = MediaError(f"there is audio on this CD (tracks: {', '.join(audio)}), whose sectors are not read so")
        error.add_note(
            "discstack read -o FILE.cue reads them, --manifest and --tree check the files of a track of data"
        )
        raise error


def _verify_sectors(
    drive: str, image: str | None, start: int, speed: str | None, *, as_json: bool, trace: str | None
) -> None:
    from discstack import DiscReader, ImageFile
    from discstack.speed import read_limit

    with open_recorder(drive, trace) as recorder:
        reader = DiscReader(recorder)
        limit = read_limit(speed, recorder.medium()) or reader.careful_speed
        with cancelling(reader, stoppable=True), Display(quiet=as_json) as display:
            if image:
                bad, count = [], reader.verify(ImageFile(image), start=start, speed=limit, on_event=display)
            else:
                _refuse_audio(recorder)
                sink = _Counting()
                bad = reader.read(sink, skip_bad=True, speed=limit, on_event=display)
                count = sink.size // SECTOR
    if as_json:
        print_json({"image": image, "sectors": count, "unreadable": _spell(bad), "verified": not bad})
    elif bad:
        say(f"{drive}: these sectors cannot be read: {', '.join(_spell(bad))}")
    else:
        what = f"holds {image}" if image else "can be read"
        print_line(f"{drive} {what}: {count} sectors, {size(count * SECTOR)}")
    if bad:
        raise click.exceptions.Exit(6)
