"""The options of ISO 9660, Rock Ridge and Joliet, in mkisofs's words where it has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Final

import click
from click.core import ParameterSource

from discstack.cli.relaxed_names import RELAXING_OPTIONS, relaxation
from discstack.cli.streams import say
from discstack.fs.attributes import LARGEST, PERMISSIONS

UNNAMED: Final = "DISC"
ISO_9660: Final = "ISO 9660"
ROCK_RIDGE: Final = "Rock Ridge"
JOLIET: Final = "Joliet"
UDF: Final = "UDF"
OVERRIDES: Final = ("uid", "gid", "file_mode", "directory_mode")
# choice: what it is about, without which it would be dropped
ABOUT: Final[Mapping[str, str]] = {
    "rrip110": ROCK_RIDGE,
    "long_times": ROCK_RIDGE,
    "deep_relocation": ROCK_RIDGE,
    **dict.fromkeys(OVERRIDES, ROCK_RIDGE),
    "joliet_long": JOLIET,
    "joliet_level": JOLIET,
    "udf_revision": UDF,
    "udf_specials": UDF,
    "udf_permissions": UDF,
    **dict.fromkeys(("iso_level", "relaxed", "system_id", "publisher_id", "preparer_id", "application_id"), ISO_9660),
    **dict.fromkeys(("copyright_file", "abstract_file", "bibliographic_file"), ISO_9660),
    **dict.fromkeys(("volume_set_size", "volume_sequence_number"), ISO_9660),
    **dict.fromkeys(("modification_time", "translation_table"), ISO_9660),
}


class Mode(click.ParamType[int]):
    """Permission bits in octal digits."""

    name = "mode"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the digits."""
        if isinstance(value, str) and not re.fullmatch("[0-7]{1,5}", value):
            self.fail(f"{value!r} is not in octal digits, as 0644 is", param, ctx)
        bits = int(value, 8) if isinstance(value, str) else value
        if bits > PERMISSIONS:
            self.fail(f"{value} is more than {PERMISSIONS:o}", param, ctx)
        return bits


def _flag(*names: str, help: str) -> Callable[..., Any]:
    return click.option(*names, is_flag=True, help=help)


def _text(*names: str, help: str, default: str = "") -> Callable[..., Any]:
    return click.option(*names, default=default, metavar="TEXT", help=help)


def _number(*names: str, low: int, high: int, default: int, help: str) -> Callable[..., Any]:
    kind = click.IntRange(low, high)
    return click.option(*names, type=kind, default=default, show_default=True, metavar="N", help=help)


ISO_OPTIONS: Final = (
    _flag(
        *("-R", "-rock", "--rock-ridge", "rock_ridge"),
        help="Rock Ridge, owners and permissions as they are. Naming any of -R, -r, -J, -udf leaves out the others.",
    ),
    _flag(
        *("-r", "-rational-rock", "--rational-rock", "rationalize"),
        help="Rock Ridge like -R, but everything is root's, readable by all and writable by none.",
    ),
    *(
        click.option(f"-{word}", f"--{word}", name, type=kind, metavar=metavar, help=f"Rock Ridge: {what} of {owner}.")
        for word, name, kind, metavar, what, owner in (
            ("uid", "uid", click.IntRange(0, LARGEST), "N", "user", "everything"),
            ("gid", "gid", click.IntRange(0, LARGEST), "N", "group", "everything"),
            ("file-mode", "file_mode", Mode(), "OCTAL", "permissions", "all files"),
            ("dir-mode", "directory_mode", Mode(), "OCTAL", "permissions", "all directories"),
        )
    ),
    _flag("-rrip110", "--rrip110", help="Rock Ridge 1.10 instead of 1.12: without serials for hard links."),
    _flag(
        *("-long-rr-time", "--long-rr-time", "long_times"), help="Rock Ridge has all times to a hundredth of a second."
    ),
    click.option(
        *("--deep-relocation/-D", " /-disable-deep-relocation"),
        default=False,
        help="Move directories below the eighth level, for Rock Ridge, or leave them where they are (the default).",
    ),
    _number(
        *("-iso-level", "--iso-level", "iso_level"),
        low=1,
        high=4,
        default=3,
        help="1: names of 8+3 characters; 2: of 30; 3: also files of 4 GiB and more; 4: ISO 9660:1999, any names.",
    ),
    *RELAXING_OPTIONS,
    _flag("-J", "-joliet", "--joliet", "joliet", help="Joliet; without Rock Ridge and UDF, unless they are named too."),
    _flag(
        *("-joliet-long", "--joliet-long", "joliet_long"), help="Joliet names of up to 103 characters instead of 64."
    ),
    _number(
        *("-ucs-level", "--ucs-level", "joliet_level"),
        low=1,
        high=3,
        default=3,
        help="Joliet level: 1 has no combining characters, 2 has some of them.",
    ),
    _text("-V", "-volid", "--volume-id", "volume_id", help="Name of the volume.", default=UNNAMED),
    _text("-sysid", "--system-id", "system_id", help="Identifier of the system that uses the system area."),
    _text("-volset", "--volume-set-id", "volume_set_id", help="Identifier of the set of volumes."),
    _number(
        *("-volset-size", "--volume-set-size", "volume_set_size"),
        low=1,
        high=65535,
        default=1,
        help="How many volumes the set has.",
    ),
    _number(
        *("-volset-seqno", "--volume-sequence-number", "volume_sequence_number"),
        low=1,
        high=65535,
        default=1,
        help="Which of them this is.",
    ),
    _text("-P", "-publisher", "--publisher", "publisher_id", help="Publisher identifier."),
    _text("-p", "-preparer", "--preparer", "preparer_id", help="Data preparer identifier."),
    _text("-A", "-appid", "--application-id", "application_id", help="Application identifier."),
    _text("-copyright", "--copyright-file", "copyright_file", help="The file in the image's root with the copyright."),
    _text("-abstract", "--abstract-file", "abstract_file", help="The file in the image's root with an abstract."),
    _text("-biblio", "--bibliographic-file", "bibliographic_file", help="The file there with bibliographic records."),
)


def with_views(
    *,
    joliet: bool,
    udf: bool,
    udf_only: bool,
    rock_ridge: bool,
    rrip110: bool,
    long_times: bool,
    deep_relocation: bool,
    relaxed: Sequence[str],
    long_names: bool,
    hide_rr_moved: bool,
    translation_table: bool,
    **choices: Any,
) -> dict[str, Any]:
    """Return the choices that `ImageOptions` knows: naming one of the views or Rock Ridge leaves the others out.

    What is said about one that is left out is refused, but that long Joliet names ask for Joliet, and other owners and
    permissions for Rock Ridge, as mkisofs has it.
    """
    from discstack import Overrides, RockRidge, View
    from discstack.fs.volume_ids import fits_primary

    choices["iso_names"] = relaxation(relaxed)
    choices["overrides"] = Overrides(**{name: choices.pop(name) for name in OVERRIDES})
    if long_names and choices["iso_level"] == 1:
        raise click.UsageError("-l asks for names of 30 characters, and --iso-level 1 for 8+3: leave one of them out")
    if hide_rr_moved and deep_relocation:
        raise click.UsageError("--deep-relocation moves directories into a folder that is not hidden: leave that out")
    if udf_only:
        if joliet or rock_ridge:
            raise click.UsageError("--udf-only leaves no ISO 9660 for Joliet or Rock Ridge")
        _refuse_what_is_left_out({UDF}, "")
        choices["views"] = frozenset({View.UDF})
        return choices
    rock_ridge = rock_ridge or choices["rationalize"]
    if rock_ridge or joliet or udf:
        rock_ridge = rock_ridge or choices["overrides"] != Overrides()
        named = {ROCK_RIDGE: rock_ridge, JOLIET: joliet or choices["joliet_long"], UDF: udf}
        present = {ISO_9660, *(name for name, chosen in named.items() if chosen)}
        _refuse_what_is_left_out(present, "; name that too")
        choices["views"] = frozenset(view for view in View if view.value in present)
    else:
        rock_ridge = True
    if fits_primary(volume_id := choices["volume_id"]) and volume_id != UNNAMED:
        choices["volume_ids"] = {View.ISO9660: volume_id}  # as mkisofs has it: LABEL= finds discs by it
    if translation_table:
        _say_no_table(rock_ridge)
    form = RockRidge(version="1.10" if rrip110 else "1.12", long_times=long_times, relocation=deep_relocation)
    choices["rock_ridge"] = form if rock_ridge else None
    return choices


def _say_no_table(rock_ridge: bool) -> None:
    """Tell that there is no TRANS.TBL, whose names Rock Ridge has; without that somebody would miss them."""
    told = "no TRANS.TBL is made"
    if not rock_ridge:
        raise click.UsageError(f"-T: {told}; -R keeps names, and so do Joliet and UDF")
    say(f"note: {told}: Rock Ridge has the names that -T is for")


def _refuse_what_is_left_out(present: Container[str], advice: str) -> None:
    """Refuse words about what an image has not."""
    context = click.get_current_context()
    words = {parameter.name: parameter.opts[-1] for parameter in context.command.params}
    for name, about in ABOUT.items():
        said = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if said and context.params[name] is not False and about not in present:  # user 0 is said, -D is not
            raise click.UsageError(f"{words[name]} is about {about}, which this image would not have{advice}")
