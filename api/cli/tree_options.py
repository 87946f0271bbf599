"""The options that say which files an image gets and where their data lies, in mkisofs's words where it has them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import IO, TYPE_CHECKING, Any, Final

import click

from discstack.cli.output import output_file
from discstack.cli.paths import OpenedFile
from discstack.fs.system_paths import openable

if TYPE_CHECKING:
    from discstack.file_system_image import FileSystemImage
    from discstack.fs.image import Image

# what is said about the operands rather than about the image
OPERANDS: Final = ("graft_points", "exclude", "exclude_list", "no_backups", "follow_links", "all_times")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
BACKUPS: Final = ("*~*", "*#*", "*.bak")  # globs of what mkisofs takes for backups
PAD: Final = 150  # sectors; what mkisofs adds, for drives that read ahead beyond the end


class Clock(click.ParamType[int]):
    """A time in seconds since 1970 or as ISO 8601 has it; without an offset it is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return nanoseconds since 1970."""
        try:
            return int(value) * 10**9
        except ValueError:
            pass
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number of seconds since 1970 nor a date like 2026-11-26T12:00:00", param)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - EPOCH) // timedelta(microseconds=1) * 1000


class VolumeDate(click.ParamType[int]):
    """A date as ISO 9660 records it, YYYYMMDDhhmmsscc, in UTC; by it GRUB knows a volume."""

    name = "date"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return nanoseconds since 1970."""
        if isinstance(value, int):
            return value
        try:
            moment = datetime.strptime(value[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            hundredths = int(value[14:].ljust(2, "0"))
        except ValueError:
            moment, hundredths = EPOCH, -1
        if not (value.isdigit() and len(value) in (14, 16) and hundredths >= 0):
            self.fail(f"{value!r} is no date of the form YYYYMMDDhhmmsscc", param, ctx)
        return (moment - EPOCH) // timedelta(seconds=1) * 10**9 + hundredths * 10**7


LONGEST_LIST: Final = 256 << 20  # characters; what has more, such as /dev/zero, is no list


class NameList(OpenedFile):
    """A list of names or globs, in the encoding that names themselves have; read whole, as far as a list may go."""

    def __init__(self) -> None:
        super().__init__("r", encoding=sys.getfilesystemencoding(), errors="surrogateescape")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> IO[str]:
        """Read the file."""
        file = super().convert(value, param, ctx)
        try:
            text = file.read(LONGEST_LIST + 1)
        except OSError as error:
            self.fail(f"{value}: {error.strerror}", param, ctx)
        finally:
            if value != "-":  # standard input is not ours to close
                file.close()
        if len(text) > LONGEST_LIST:
            self.fail(f"{value}: a list of names has no more than {LONGEST_LIST} characters", param, ctx)
        return StringIO(text)


NAMES: Final = NameList()

TREE_OPTIONS: Final = (
    click.option(
        *("-graft-points", "--graft-points", "graft_points"),
        is_flag=True,
        help="Operands may be TARGET=SOURCE: where in the image it goes. \\= and \\\\ stand for = and \\ in a name.",
    ),
    click.option(
        *("-m", "-x", "-exclude", "--exclude", "exclude"),
        multiple=True,
        metavar="GLOB",
        help="Leave out what has such a name, or such a path if there is a slash in it. May be given several times.",
    ),
    click.option(
        *("-exclude-list", "--exclude-list", "exclude_list"),
        type=NAMES,
        metavar="FILE",
        help="Leave out what the globs in FILE match, one in each line.",
    ),
    click.option(
        *("-no-bak", "-nobak", "no_backups"),
        is_flag=True,
        help="Leave out backups: what has ~ or # in its name, or .bak at its end.",
    ),
    click.option(
        *("-f", "-follow-links", "--follow-links", "follow_links"),
        is_flag=True,
        help="Take what symbolic links lead to instead of the links.",
    ),
    click.option(
        "--all-times",
        is_flag=True,
        help="Record when files were last read, and their attributes changed, and when they were made, if known.",
    ),
    click.option(
        *("-sort", "--sort", "sort"),
        type=NAMES,
        metavar="FILE",
        help="Put file data first that weighs more: FILE has a path or glob, a space and a number in each line.",
    ),
    click.option(
        *("-sort-weight", "--sort-weight", "sort_weight"),
        type=(int, str),
        multiple=True,
        metavar="N PATH",
        help="The same for one path or glob. May be given several times.",
    ),
    click.option(
        *("-duplicates-once", "--duplicates-once", "duplicates_once"),
        is_flag=True,
        help="Store equal files once; those of equal size are read beforehand.",
    ),
    click.option(
        *("-hidden", "--hidden", "marked_hidden"),
        multiple=True,
        metavar="GLOB",
        help="Mark as not to be shown, in all views; Windows goes by that.",
    ),
    click.option("-hide", "--hide", multiple=True, metavar="GLOB", help="Leave out of ISO 9660 and Rock Ridge."),
    click.option("-hide-joliet", "--hide-joliet", multiple=True, metavar="GLOB", help="Leave out of Joliet."),
    click.option("-hide-udf", "--hide-udf", multiple=True, metavar="GLOB", help="Leave out of UDF."),
    *(
        click.option(
            *(f"{word}-list", f"-{word}-list", f"{name}_list"),
            type=NAMES,
            metavar="FILE",
            help=f"The same as {word} with the globs in FILE, one in each line.",
        )
        for word, name in (("-hidden", "marked_hidden"), ("-hide", "hide"), ("-hide-joliet", "hide_joliet"))
    ),
    click.option(
        "--alignment",
        type=click.IntRange(1),
        default=1,
        metavar="SECTORS",
        help="Let every file start at a multiple of so many sectors (files from 1 MiB on: of 2 anyway).",
    ),
    click.option(*("-pad/-no-pad", "--pad/--no-pad"), default=False, help=f"Add {PAD} sectors of zeros at the end."),
    click.option(
        "--clock",
        type=Clock(),
        metavar="TIME",
        help="The time of the image: seconds since 1970 or ISO 8601. Default: SOURCE_DATE_EPOCH, else the newest file.",
    ),
    click.option(
        *("-modification-date", "--modification-date", "modification_time"),
        type=VolumeDate(),
        metavar="DATE",
        help="ISO 9660: when the volume was modified, as YYYYMMDDhhmmsscc; GRUB finds it by that.",
    ),
    click.option(
        "--manifest",
        metavar="FILE",
        help="Write the SHA-256 of every file to FILE, for `sha256sum -c` in the mounted image.",
    ),
)


def with_tree_choices(
    *,
    sort: IO[str] | None,
    sort_weight: tuple[tuple[int, str], ...],
    hide: tuple[str, ...],
    hide_joliet: tuple[str, ...],
    hide_udf: tuple[str, ...],
    hide_list: IO[str] | None,
    hide_joliet_list: IO[str] | None,
    marked_hidden: tuple[str, ...],
    marked_hidden_list: IO[str] | None,
    pad: bool,
    manifest: str | None,
    **choices: Any,
) -> dict[str, Any]:
    """Return the choices that `ImageOptions` knows."""
    from discstack import View, Weight, parse_weights

    return {
        **choices,
        "weights": (*parse_weights(sort or ()), *(Weight(glob, weight) for weight, glob in sort_weight)),
        "hidden": {
            View.ISO9660: (*hide, *lines(hide_list)),
            View.JOLIET: (*hide_joliet, *lines(hide_joliet_list)),
            View.UDF: hide_udf,
        },
        "marked_hidden": (*marked_hidden, *lines(marked_hidden_list)),
        "padding": PAD if pad else 0,
        "digests": manifest is not None,
    }


def lines(file: IO[str] | None) -> Iterator[str]:
    """Yield the lines of a list without their ends; none where there is no list."""
    return (line.rstrip("\r\n") for line in file or ())


def add_sources(
    image: FileSystemImage,
    sources: Iterable[str],
    *,
    graft_points: bool,
    exclude: tuple[str, ...],
    exclude_list: IO[str] | None,
    no_backups: bool,
    follow_links: bool,
    all_times: bool,
) -> None:
    """Put the operands into an image: files lie in its root, as do the contents of folders, unless told otherwise."""
    from discstack import SourceError, split_graft_point

    globs = [*exclude, *lines(exclude_list), *(BACKUPS if no_backups else ())]
    for operand in sources:
        target, source = split_graft_point(operand) if graft_points else (None, operand)
        try:
            image.root.graft(target or "/", source, all_times=all_times, exclude=globs, follow_links=follow_links)
        except SourceError as error:
            if not graft_points and "=" in operand and not os.path.lexists(openable(operand)):
                error.add_note("--graft-points reads operands as TARGET=SOURCE")
            raise


def check_manifest(image: Image, name: str | None, output: str = "-") -> None:
    """Refuse, before anything is written, a manifest that cannot be or would take the place of something else."""
    if name is None or name == "-":
        return
    place = openable(name)
    changed = place if os.path.exists(place) else os.path.dirname(place) or "."
    if os.path.isdir(place) or not os.access(changed, os.W_OK):
        raise click.UsageError(f"the manifest cannot be written to {name}")
    if output != "-" and os.path.realpath(place) == os.path.realpath(openable(output)):
        raise click.UsageError(f"{name} is the output; the manifest needs a file of its own")
    if image.reads(name) or (image.base is not None and image.base.lies_at(name)):
        raise click.UsageError(f"{name} is one of the sources; the manifest needs a file of its own")


def write_manifest(image: Image, name: str | None) -> None:
    """Write the digests of an image that was streamed, if they were asked for."""
    if name is not None:
        with output_file(name, keep=False) as file:
            file.write(image.manifest())
