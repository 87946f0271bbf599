"""`discstack ls` and `discstack extract`: the files on a disc or in an image."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final

import click

from discstack.cli.common import drive_command, open_recorder, options
from discstack.cli.earlier import VIEWS
from discstack.cli.output import Display, counted, print_json, size
from discstack.cli.streams import print_line, say
from discstack.fs.system_paths import openable

if TYPE_CHECKING:
    from discstack.fs.reading.volume import Volume
    from discstack.fs.tree import Node
    from discstack.recorder import Recorder

MOST_NOTES: Final = 20

# what is read
VOLUME_OPTIONS: Final = (
    click.option("--view", type=click.Choice(list(VIEWS)), help="What to read; by default the best that is there."),
    click.option("--session", type=click.IntRange(0), metavar="LBA", help="The session that starts at this sector."),
)


def _drive(source: str, trace: str | None) -> AbstractContextManager[Recorder]:
    """Open what is no file as a drive; what is neither is told to be so."""
    from discstack.address import parse_address

    try:
        parse_address(source)
    except ValueError as error:
        raise click.UsageError(f"there is no such file, and {error}") from error
    if source.startswith("/") and not source.startswith("/dev/") and not os.path.lexists(source):
        raise click.UsageError(f"there is no file {source}")
    return open_recorder(source, trace)


@contextmanager
def opened(source: str, trace: str | None, view: str | None, session: int | None, *, quiet: bool) -> Iterator[Volume]:
    """Read the volume of an image file or of the disc in a drive, and tell what is odd about it."""
    from discstack import VolumeView, read_volume

    if os.path.isdir(openable(source)):
        raise click.UsageError(f"{source} is a folder; what is read is an image file or the disc in a drive")
    wanted = VolumeView[VIEWS[view]] if view else None
    with nullcontext(source) if os.path.isfile(openable(source)) else _drive(source, trace) as readable:
        with Display(quiet=quiet, lasting=False) as display:
            volume = read_volume(readable, start=session, view=wanted, on_event=display)
        say_notes(volume, quiet=quiet)
        yield volume


def say_notes(volume: Volume, *, quiet: bool) -> None:
    """Tell what the reader found odd."""
    for note in () if quiet else volume.notes[:MOST_NOTES]:
        say(f"note: {note}")
    if len(volume.notes) > MOST_NOTES and not quiet:
        say(f"note: and {len(volume.notes) - MOST_NOTES} more (--json lists all)")


def chosen(volume: Volume, path: str) -> Node:
    """Return the node at a path."""
    node = volume.root.find(path)
    if node is None:
        raise click.UsageError(f"there is no {path!r} in {volume.view.value}")
    return node


@click.command()
@click.argument("source", metavar="IMAGE|DRIVE")
@click.argument("path", default="/")
@click.option("-l", "--long", is_flag=True, help="Permissions, owners, size and time too.")
@options(VOLUME_OPTIONS)
@drive_command
def ls(
    source: str,
    path: str,
    long: bool,
    view: str | None,
    session: int | None,
    as_json: bool,
    trace: str | None,
) -> None:
    """List the files on a disc or in an image, with all that lies below PATH."""
    from discstack import Directory

    with opened(source, trace, view, session, quiet=as_json) as volume:
        top = chosen(volume, path)
        nodes = top.walk() if isinstance(top, Directory) else iter((top,))
        if as_json:
            about = {"view": volume.view, "views": volume.views, "start": volume.start, "sectors": volume.sectors}
            entries = [_described(node) for node in nodes]
            print_json({"volume_id": volume.volume_id, **about, "notes": volume.notes, "entries": entries})
            return
        for node in nodes:
            print_line(_long(node) if long else _shown(node))


def _shown(node: Node) -> str:
    from discstack import Directory
    from discstack.fs.errors import printable

    return printable(node.path) + "/" * isinstance(node, Directory)


def _kind(node: Node) -> int:
    from discstack import Directory, File

    return stat.S_IFDIR if isinstance(node, Directory) else stat.S_IFREG if isinstance(node, File) else node.kind


def _long(node: Node) -> str:
    from discstack import File, Symlink
    from discstack.fs.snapshot import iso_time

    attributes = node.attributes
    mode = stat.filemode(_kind(node) | attributes.mode) if attributes else stat.filemode(_kind(node))[0] + "?" * 9
    owners = f"{attributes.uid}:{attributes.gid}" if attributes else "-"
    time = "-" if node.mtime_ns is None else iso_time(node.mtime_ns)
    length = str(node.size) if isinstance(node, File) else "-"
    arrow = f" -> {node.shown_target}" if isinstance(node, Symlink) else ""
    return f"{mode} {owners:>9} {length:>12} {time:>23} {_shown(node)}{arrow}"


def _described(node: Node) -> dict[str, Any]:
    from discstack import File, Symlink
    from discstack.fs.errors import printable
    from discstack.fs.reading.extents import MediumSource

    found: dict[str, Any] = {"path": printable(node.path), "type": stat.filemode(_kind(node))[0]}
    if node.hidden:
        found["hidden"] = True
    if node.attributes is not None:
        found |= {"mode": f"{node.attributes.mode:04o}", "uid": node.attributes.uid, "gid": node.attributes.gid}
    found["mtime_ns"] = node.mtime_ns
    if isinstance(node, File):
        found["size"] = node.size
        if isinstance(node.source, MediumSource):
            found["extents"] = [{"lba": lba, "length": length} for lba, length in node.source.extents]
    if isinstance(node, Symlink):
        found["target"] = node.shown_target
    return found


@contextmanager
def _advising() -> Iterator[None]:
    """Tell how an extraction that was ended can go on."""
    from discstack import SourceError

    try:
        yield
    except FileExistsError as error:
        error.add_note("nothing is written over: take another folder, or move away what is there")
        raise
    except SourceError as error:
        error.add_note("--skip-bad leaves out what cannot be read, and goes on")
        raise


@click.command()
@click.argument("source", metavar="IMAGE|DRIVE")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-o", "--output", required=True, metavar="FOLDER", help="Where the files go; made if it is not there.")
@click.option("--outside-links", is_flag=True, help="Make links that lead out of FOLDER too.")
@click.option("--special-files", is_flag=True, help="Make device nodes, FIFOs and sockets too.")
@click.option("--skip-bad", is_flag=True, help="Leave out files that cannot be read, and go on.")
@options(VOLUME_OPTIONS)
@drive_command
def extract(
    source: str,
    paths: tuple[str, ...],
    output: str,
    outside_links: bool,
    special_files: bool,
    skip_bad: bool,
    view: str | None,
    session: int | None,
    as_json: bool,
    trace: str | None,
) -> None:
    """Copy files off a disc or out of an image: all of them, or what lies at the PATHs.

    What a folder at a PATH holds lies in FOLDER itself. Nothing is written outside of FOLDER or over what is there: two
    PATHs with one name in them end in an error. The exit code is 4 if --skip-bad left something out, 1 if links,
    special files or names that this system cannot have were left out.
    """
    from discstack import ExtractOptions, extract_tree

    wanted = ExtractOptions(outside_links=outside_links, special_files=special_files, skip_bad=skip_bad)
    with opened(source, trace, view, session, quiet=as_json) as volume:
        with _advising():
            done = [extract_tree(chosen(volume, path), output, wanted) for path in paths or ("/",)]
        notes = volume.notes
    skipped = [left for part in done for left in part.skipped]
    files, count = sum(part.files for part in done), sum(part.bytes for part in done)
    if as_json:
        print_json({"output": output, "files": files, "bytes": count, "skipped": skipped, "notes": notes})
    else:
        for left in skipped:
            say(f"note: {left}")
        say(f"{output}: {counted(files, 'file')}, {size(count)}")
    if skipped:
        raise click.exceptions.Exit(4 if skip_bad else 1)
