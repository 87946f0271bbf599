"""`discstack image`, and the choices about an image that it shares with `discstack burn`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from discstack.cli.boot import BootCommand
from discstack.cli.common import json_option, uncollected
from discstack.cli.iso_options import ISO_OPTIONS, with_views
from discstack.cli.output import Display, output_file, print_json, size
from discstack.cli.tree_options import OPERANDS, TREE_OPTIONS, add_sources, with_tree_choices, write_manifest
from discstack.cli.udf import split_revision, udf_options

if TYPE_CHECKING:
    from discstack.file_system_image import FileSystemImage
    from discstack.fs.view import Issue

F = TypeVar("F", bound=Callable[..., Any])
MOST_ISSUES: Final = 20

_OPTIONS: Final = (*ISO_OPTIONS, *TREE_OPTIONS)


class ImageCommand(BootCommand):
    """A command with the words about images and about booting."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words."""
        return super().parse_args(ctx, split_revision(args))


def image_options(function: F) -> F:
    """Give a command the options that say what goes into an image and how."""
    function = udf_options(function)
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def compose(sources: Iterable[str], **choices: Any) -> FileSystemImage:
    """Make the image of the operands and of what was chosen about it."""
    from discstack import FileSystemImage

    operands = {name: choices.pop(name) for name in OPERANDS}
    image = FileSystemImage(**with_tree_choices(**with_views(**choices)))
    add_sources(image, sources, **operands)
    return image


def say_issues(issues: Iterable[Issue]) -> None:
    """Tell what the image does not hold exactly as the sources have it.

    That ISO 9660 has names of its own is usual, and only counted.
    """
    from discstack.fs.view import Change, View

    listed = list(issues)
    usual = [issue for issue in listed if issue.view is View.ISO9660 and issue.change is Change.RENAMED]
    others = [issue for issue in listed if issue.view is not View.ISO9660 or issue.change is not Change.RENAMED]
    for issue in others[:MOST_ISSUES]:
        click.echo(f"note: {issue}", err=True)
    if len(others) > MOST_ISSUES:
        click.echo(f"note: and {len(others) - MOST_ISSUES} more (discstack image --json lists all)", err=True)
    if usual:
        click.echo(f"note: names changed for ISO 9660: {len(usual)}, such as {usual[0].detail}", err=True)


@click.command(cls=ImageCommand)
@click.argument("sources", nargs=-1, required=True, metavar="SRC...")
@click.option("-o", "--output", required=True, metavar="FILE|-", help="Where the image goes; - for standard output.")
@image_options
@json_option
def image(sources: tuple[str, ...], output: str, as_json: bool, **choices: Any) -> None:
    """Build an image from files and folders.

    ISO 9660 level 3, Rock Ridge, Joliet and UDF over one set of file data, the same bytes for the same tree on any day.
    A folder's contents lie in the root of the image.
    """
    if as_json and output == "-":
        raise click.UsageError("--json and an image cannot both go to standard output")
    with uncollected():
        result = compose(sources, **choices).create_result()
        if not as_json:
            say_issues(result.issues)
    with Display(quiet=as_json) as display, output_file(output, keep=False) as file:
        result.write_to(file, display.counting("writing", result.size))
    write_manifest(result, choices["manifest"])
    if as_json:
        print_json({"output": output, "sectors": result.sectors, "bytes": result.size, "issues": result.issues})
    else:
        click.echo(f"{output}: {result.sectors} sectors, {size(result.size)}", err=True)
