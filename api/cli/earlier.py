"""The options about what is on a disc or in an image already, to which something is added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from discstack.cli.output import Display
from discstack.cli.paths import FilePath

if TYPE_CHECKING:
    from discstack.file_system_image import FileSystemImage
    from discstack.volumes import Readable

VIEWS: Final = {
    "udf": "UDF",
    "rock-ridge": "ROCK_RIDGE",
    "joliet": "JOLIET",
    "enhanced": "ENHANCED",
    "iso9660": "ISO9660",
}


class MsInfo(click.ParamType[tuple[int, int]]):
    """mkisofs's two numbers: where the last session starts, and where the next one will."""

    name = "msinfo"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Return both sectors."""
        last, comma, following = str(value).partition(",")
        if not (comma and last.isdigit() and following.isdigit()):
            self.fail(f"{value!r} is not of the form LAST,NEXT, two sectors", param, ctx)
        return int(last), int(following)


class Renaming(click.ParamType[tuple[str, str]]):
    """A path and a new name for it."""

    name = "renaming"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return the path and the name."""
        path, equals, name = str(value).rpartition("=")
        if not (path and equals and name):
            self.fail(f"{value!r} is not of the form PATH=NAME", param, ctx)
        return path, name


CHANGE_OPTIONS: Final = (
    click.option("--from-view", type=click.Choice(list(VIEWS)), help="Read the earlier session from this view."),
    click.option("--remove", multiple=True, metavar="PATH", help="Do not take this over from the earlier session."),
    click.option(
        "--rename",
        multiple=True,
        type=Renaming(),
        metavar="PATH=NAME",
        help="Give a file or folder of the earlier session another name.",
    ),
)
SESSION_OPTIONS: Final = (
    click.option(
        *("-M", "-prev-session", "--prev-session", "previous"),
        type=FilePath(exists=True, dir_okay=False),
        metavar="IMAGE",
        help="Add to what IMAGE holds: the output is the grown image, with -C only the next session.",
    ),
    click.option(
        *("-C", "-cdrecord-params", "--msinfo", "msinfo"),
        type=MsInfo(),
        metavar="LAST,NEXT",
        help="The sectors where the last session in IMAGE starts and where the next one will.",
    ),
    *CHANGE_OPTIONS,
)


def take_over(
    image: FileSystemImage,
    source: Readable,
    *,
    remove: tuple[str, ...],
    rename: tuple[tuple[str, str], ...],
    from_view: str | None,
    msinfo: tuple[int, int] | None = None,
    quiet: bool,
) -> None:
    """Import the last session, less what was removed and with what was renamed; the operands win over it."""
    from discstack import VolumeView, read_volume
    from discstack.cli.volumes import say_notes

    view = VolumeView[VIEWS[from_view]] if from_view else None
    with Display(quiet=quiet, lasting=False) as display:
        volume = read_volume(source, start=msinfo[0] if msinfo else None, view=view, on_event=display)
    for path in remove:
        _check(path in volume.root, path)
        volume.root.remove(path)
    for path, name in rename:
        _check(path in volume.root, path)
        volume.root.rename(path, name)
    say_notes(image.import_file_system(volume, next_session=msinfo[1] if msinfo else None), quiet=quiet)


def _check(there: bool, path: str) -> None:
    if not there:
        raise click.UsageError(f"there is no {path!r} in the earlier session")
