"""`discstack image`, and the choices about an image that it shares with `discstack burn`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any, Final

import click

from discstack.cli.boot import BootCommand
from discstack.cli.common import check_standard_output, json_option, names_of, options, uncollected
from discstack.cli.earlier import SESSION_OPTIONS, take_over
from discstack.cli.iso_options import ISO_OPTIONS, with_views
from discstack.cli.mkisofs import ADVICE, CHARSETS, MKISOFS_OPTIONS, check_charsets, refusal, spelled_out
from discstack.cli.output import SECTOR, Display, output_file, print_json, size
from discstack.cli.relaxed_names import relaxing
from discstack.cli.streams import print_line, say
from discstack.cli.tree_options import (
    NAMES,
    OPERANDS,
    TREE_OPTIONS,
    add_sources,
    check_manifest,
    lines,
    with_tree_choices,
    write_manifest,
)
from discstack.cli.udf import UDF_OPTIONS
from discstack.fs.system_paths import openable

if TYPE_CHECKING:
    from discstack.file_system_image import FileSystemImage
    from discstack.fs.image import Image
    from discstack.fs.options import ImageOptions
    from discstack.fs.view import Issue

MOST_ISSUES: Final = 20

# what goes into an image, and how
IMAGE_OPTIONS: Final = (*TREE_OPTIONS, *ISO_OPTIONS, *UDF_OPTIONS, *MKISOFS_OPTIONS)
FILES, FILE_SYSTEMS, ADDING = "Files", "File systems", "Adding to what is there"
# option: below which heading of the help it stands
HEADINGS: Final = {
    **dict.fromkeys((*names_of(TREE_OPTIONS), "path_list"), FILES),
    **dict.fromkeys(names_of((*ISO_OPTIONS, *UDF_OPTIONS)), FILE_SYSTEMS),
    **dict.fromkeys(("append", *names_of(SESSION_OPTIONS)), ADDING),
}


class ImageCommand(BootCommand):
    """A command with the words about images and about booting."""

    headings = ("Options", ADDING, FILES, FILE_SYSTEMS, "Booting")

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.context_settings = {"help_option_names": ["-h", "--help", "-help"], **self.context_settings}

    def heading(self, name: str) -> str:
        """Return below which heading an option is shown."""
        return HEADINGS.get(name) or super().heading(name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words."""
        if ctx.resilient_parsing:  # a shell asks what may follow, where nothing is to be refused
            return super().parse_args(ctx, args)
        try:
            return super().parse_args(ctx, spelled_out(args, self.get_params(ctx)))
        except click.NoSuchOption as error:
            raise refusal(error.option_name) if error.option_name in ADVICE else error from None


def compose(sources: Iterable[str], **choices: Any) -> FileSystemImage:
    """Make the image of the operands and of what was chosen about it."""
    from discstack import FileSystemImage

    operands = {name: choices.pop(name) for name in OPERANDS}
    charsets = {name: choices.pop(name) for name in CHARSETS}
    image = FileSystemImage(**with_tree_choices(**with_views(**choices)))
    add_sources(image, sources, **operands)
    check_charsets((node.name for node in image.root.walk()), **charsets)
    return image


def say_issues(issues: Iterable[Issue], options: ImageOptions) -> None:
    """Tell what the image does not hold exactly as the sources have it.

    What is usual is only counted: that ISO 9660 has names of its own, and that other views than Rock Ridge lack links
    and special files.
    """
    from discstack.fs.errors import printable
    from discstack.fs.view import Change, View

    names: list[Issue] = []
    links: list[Issue] = []
    others: list[Issue] = []
    rock_ridge = View.ISO9660 in options.views and options.rock_ridge is not None
    for issue in issues:
        if issue.view is View.ISO9660 and issue.change is Change.RENAMED:
            names.append(issue)
        elif rock_ridge and issue.view is not None and issue.change is Change.SKIPPED:
            links.append(issue)
        else:
            others.append(issue)
    for issue in others[:MOST_ISSUES]:
        say(f"note: {issue}")
    if len(others) > MOST_ISSUES:
        say(f"note: and {len(others) - MOST_ISSUES} more (discstack image --json lists all)")
    if names:
        say(f"note: names changed for ISO 9660: {len(names)}, such as {printable(names[0].detail)}")
    if links:
        paths = {issue.path for issue in links}
        example = printable(links[0].path)
        lacking = [view.value for view in View if any(issue.view is view for issue in links)]
        verb = "lacks" if len(lacking) == 1 else "lack"
        say(f"note: links and special files that {' and '.join(lacking)} {verb}: {len(paths)}, such as {example}")


@click.command(cls=ImageCommand)
@click.argument("sources", nargs=-1, metavar="SRC...")
@click.option(
    "-o",
    "-output",
    "--output",
    "output",
    metavar="FILE|-",
    help="Where the image goes; - for standard output.",
)
@click.option("-print-size", "--print-size", is_flag=True, help="Only print how many sectors the image will have.")
@click.option("-path-list", "--path-list", type=NAMES, metavar="FILE", help="FILE has more operands, one in each line.")
@click.option("-quiet", "--quiet", is_flag=True, help="Show neither progress nor, in the end, what was written.")
@relaxing("-d", like="-omit-period", hidden=True)
@options(IMAGE_OPTIONS)
@options(SESSION_OPTIONS)
@json_option
def image(
    sources: tuple[str, ...],
    output: str | None,
    print_size: bool,
    path_list: IO[str] | None,
    quiet: bool,
    previous: str | None,
    msinfo: tuple[int, int] | None,
    remove: tuple[str, ...],
    rename: tuple[tuple[str, str], ...],
    from_view: str | None,
    as_json: bool,
    **choices: Any,
) -> None:
    """Build an image from files and folders.

    ISO 9660 level 3, Rock Ridge, Joliet and UDF over one set of file data, the same bytes for the same tree on any day.
    A folder's contents lie in the root of the image. With -M they are added to another image; if that is the output
    too, it grows in place.
    """
    sources = (*sources, *lines(path_list))
    if not sources:
        raise click.UsageError("SRC says what goes into the image")
    if print_size:
        if choices["manifest"]:
            raise click.UsageError("a manifest is made while the image is written, and --print-size writes none")
    elif output is None:
        raise click.UsageError("-o FILE says where the image goes")
    check_standard_output(output=output, manifest=choices["manifest"], json=as_json)
    if previous is None and (msinfo or remove or rename or from_view):
        raise click.UsageError("-C, --remove, --rename and --from-view are about the image that -M names")
    if msinfo and _same(previous, output):
        raise click.UsageError("-C makes a session of its own, which needs a file of its own")
    with uncollected():
        composed = compose(sources, **choices)
        if previous is not None:
            changes: dict[str, Any] = {"remove": remove, "rename": rename, "from_view": from_view}
            take_over(composed, previous, **changes, msinfo=msinfo, quiet=as_json)
        result = composed.create_result()
        if output is not None:
            check_manifest(result, choices["manifest"], output)
        if not as_json:
            say_issues(result.issues, composed.options)
    if print_size or output is None:
        _print_size(result, session=msinfo is not None, as_json=as_json)
        return
    grows = _same(previous, output)
    written = _write(result, output, in_place=grows, session=msinfo is not None, quiet=as_json or quiet)
    write_manifest(result, choices["manifest"])
    if as_json:
        whole = {"image_sectors": result.sectors} if grows else {}
        print_json({"output": output, "sectors": written // SECTOR, "bytes": written, **whole, "issues": result.issues})
    elif not quiet:
        whole_size = f"; the image has {result.sectors} now, {size(result.size)}" if grows else ""
        new = " written" if grows else ""
        say(f"{output}: {written // SECTOR} sectors{new}, {size(written)}{whole_size}")


def _print_size(result: Image, *, session: bool, as_json: bool) -> None:
    """Print how many sectors the image, or the next session, will have."""
    sectors = len(result.parts[0]) if session else result.sectors
    if as_json:
        print_json({"sectors": sectors, "bytes": sectors * SECTOR, "issues": result.issues})
    else:
        print_line(str(sectors))


def _same(previous: str | None, output: str | None) -> bool:
    if previous is None or output is None:
        return False
    place = openable(output)
    return os.path.exists(place) and os.path.samefile(openable(previous), place)


def _write(result: Image, output: str, *, in_place: bool, session: bool, quiet: bool) -> int:
    """Write the image, or only what is new where it grows in place, or only the next session."""
    from discstack import ImageWriter

    writer = ImageWriter(result)
    with Display(quiet=quiet) as display:
        on_event = display if display.bars else None  # events cost some time, and nobody would see them
        if in_place:
            return writer.grow(output, on_event=on_event)
        if output != "-":
            result.check_target(output)
        with output_file(output, keep=False) as file:
            return writer.write(file, part=result.parts[0] if session else None, on_event=on_event)
