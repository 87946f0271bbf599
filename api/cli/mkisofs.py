"""The words of mkisofs (genisoimage, xorriso) that ask for what holds here anyway, and those that are not taken."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import click

from discstack.cli.udf import split_revision
from discstack.fs.errors import printable

CHARSETS: Final = ("input_charset", "output_charset")
# words that change nothing: progress is shown on terminals only, all files are taken, hard links are found, a file of
# any size is whole, and there is no TRANS.TBL to be hidden
_TAKEN: Final = (
    "-v -verbose -gui",
    "-a -all-files",
    "-cache-inodes -no-cache-inodes",
    "-allow-limited-size",
    "-hide-joliet-trans-tbl",
)
_USUAL: Final = ("utf-8", "ascii")  # by Python's names: in these, names of files are what they are here


class Charset(click.ParamType[str]):
    """The name of a character set that there is, an empty one where names are what they are here."""

    name = "charset"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Look the name up."""
        try:
            return "" if value == "default" or codecs.lookup(value).name in _USUAL else value
        except LookupError:
            self.fail(f"{value!r} is no character set that is known here", param, ctx)


MKISOFS_OPTIONS: Final[tuple[Callable[..., Any], ...]] = (
    *(click.option(*words.split(), is_flag=True, expose_value=False, hidden=True) for words in _TAKEN),
    click.option("-l", "-full-iso9660-filenames", "long_names", is_flag=True, hidden=True),
    click.option("-hide-rr-moved", "hide_rr_moved", is_flag=True, hidden=True),
    click.option("-T", "-translation-table", "translation_table", is_flag=True, hidden=True),
    *(
        click.option(f"-{kind}-charset", f"{kind}_charset", type=Charset(), metavar="NAME", hidden=True)
        for kind in ("input", "output")
    ),
)


def check_charsets(names: Iterable[str], *, input_charset: str | None, output_charset: str | None) -> None:
    """Refuse another character set than UTF-8 for names in which that would make a difference."""
    for word, charset in (("-input-charset", input_charset), ("-output-charset", output_charset)):
        if charset and (other := next((name for name in names if not name.isascii()), None)) is not None:
            raise click.UsageError(
                f"{word} {charset}: names are taken for UTF-8 here, which makes a difference for {printable(other)}; "
                "leave it out, or let convmv turn the names into UTF-8 first"
            )


# what to do without words that mkisofs 3.02, genisoimage 1.1.11, xorrisofs 1.5.4 and cdrecord have in their manuals
_ADVICE: Final = {
    "jcharset joliet-utf16": "Joliet's names have 16 bits for a character, and any text is read as UTF-8; leave it out",
    "max-iso9660-filenames": "names of 30 characters are the default, and --iso-level 4 has longer ones",
    "untranslated_name_len use-fileversion disallow_dir_id_ext file_name_limit": (
        "Rock Ridge, Joliet and UDF keep names as they are; --iso-level 4 lets ISO 9660 do so, too"
    ),
    "table-name": "Rock Ridge keeps names, so that no TRANS.TBL is needed",
    "posix-H posix-L posix-P": "-f takes what symbolic links lead to, and without it links stay links",
    "log-file": "let standard error go to the file",
    "path-list": "give the sources as operands, such as by xargs -a LIST",
    "old-exclude": "-m leaves files out",
    "print-size": "discstack image -print-size tells how many sectors the image will have",
    "M prev-session C cdrecord-params msinfo": "--append adds to a disc, and discstack image -M to an image",
    "o output": "-d names the drive, and discstack image writes files",
    "root old-root": "--graft-points puts sources anywhere, as TARGET=SOURCE",
    "new-dir-mode": "directories that no source has are readable by all; -dir-mode is about all directories",
    "no-rr force-rr": "-M reads the best view; --from-view chooses another",
    "dev outdev": "discstack burn writes to a drive, and --append adds to what is there",
    """md5 md5-list checksum-list checksum_algorithm_iso checksum_algorithm_template jigdo-checksum-algorithm
    jigdo-exclude jigdo-force-checksum jigdo-force-md5 jigdo-jigdo jigdo-map jigdo-min-file-size jigdo-template
    jigdo-template-compress""": "--manifest FILE has the SHA-256 of every file",
    "iso_mbr_part_type": "the image itself is no partition of a GPT, and in an MBR one of no type; leave it out",
    """hfs hfs-bless hfs-bless-by hfs-creator hfs-parms hfs-type hfs-unlock hfs-volid hfsplus hfsplus-block-size
    hfsplus-file-creator-type hfsplus-serial-no hide-hfs hide-hfs-list hide-hfsplus hide-hfsplus-list mac-name
    auto boot-hfs-file mac-boot-file icon-position no-desktop probe root-info input-hfs-charset output-hfs-charset
    isohybrid-apm-hfsplus isohybrid-gpt-hfsplus apm-block-size appended_part_as_apm apple magic map part
    cap netatalk double ethershare exchange sgi macbin single ushare xinet dave sfm osx-double osx-hfs""": (
        "neither HFS nor an Apple partition map is made, which none but Macs look at; leave it out"
    ),
    """alpha-boot chrp-boot chrp-boot-part hppa-bootloader hppa-cmdline hppa-hdrversion hppa-kernel-32 hppa-kernel-64
    hppa-ramdisk mips-boot mipsel-boot prep-boot prep-boot-part sparc-boot sparc-label sunx86-boot sunx86-label""": (
        "the boot blocks of such machines are not made"
    ),
    "dao sao tao": "discstack burn --mode says how a disc is written",
    "version": "discstack --version tells it",
    "z transparent-compression": "nothing is compressed here",
    "dvd-video": "the layout of DVD-Video is not made here; an image that has it can be burnt",
}
_WORDS: Final = """
    check-oldnames check-session cluster-size no-split-symlink-components
    no-split-symlink-fields rr_reloc_dir split-output stream-file-name stream-media-size
"""
_WORD: Final = re.compile("-[a-z0-9]+(?:[-_][a-z0-9]+)*")
ADVICE: Final = {f"-{word}": advice for words, advice in _ADVICE.items() for word in words.split()}
NOT_TAKEN: Final = dict.fromkeys(f"-{word}" for word in _WORDS.split()) | {w: None for w in ADVICE if len(w) > 2}


def spelled_out(arguments: Sequence[str], options: Iterable[click.Parameter]) -> list[str]:
    """Return the arguments with words of several letters as they are known: with one dash or two, and not cut short.

    mkisofs takes them with either, and as many letters as tell a word from all others. Raises UsageError for what is
    not taken or not known, or means several words. Values are left as they are.
    """
    meant = {word: its for its in options for word in (*its.opts, *its.secondary_opts)}
    left = iter(arguments)
    spelled = list[str]()
    for argument in left:
        word = _spelled_out(argument, meant)
        spelled += [*split_revision(word), *islice(left, _values_behind(word, meant))]
        if word == "--":
            break
    return [*spelled, *left]


def _values_behind(word: str, meant: Mapping[str, click.Parameter]) -> int:
    """Return how many of the arguments behind a word are its values, whatever they look like."""
    name, glued, _ = word.partition("=")
    if name not in meant:
        at = _end_of_letters(word, meant) if word.startswith("-") else None
        if at is None:
            return 0
        name, glued = f"-{word[at - 1]}", word[at:]
    option = meant.get(name)
    return option.nargs - bool(glued) if option is not None and _takes_value(option) else 0


def _spelled_out(argument: str, meant: Mapping[str, click.Parameter]) -> str:
    name, *value = argument.partition("=")
    if name in meant or len(name) < 3 or not name.startswith("-"):
        return argument
    twin = name[1:] if name.startswith("--") else f"-{name}"
    if twin in meant:
        return twin + "".join(value)
    if name in NOT_TAKEN or twin in NOT_TAKEN:
        raise refusal(name)
    if name.startswith("--"):
        return argument
    longer = [word for word in {**meant, **NOT_TAKEN} if word.startswith(name)]
    if len({meant.get(word, word) for word in longer}) > 1:
        raise click.UsageError(f"{name} is short for {' and for '.join(sorted(longer))}; write one of them whole")
    if longer:
        return _spelled_out(longer[0] + "".join(value), meant)
    _check_short_options(argument, name, meant)
    return argument


def _check_short_options(argument: str, name: str, meant: Mapping[str, click.Parameter]) -> None:
    """Refuse what would be read as short options with a value, but looks like a word of somebody's: -print-size as -p.

    All words of others are in small letters, so that a value in large ones is none, nor is a path or a glob.
    """
    at = _end_of_letters(argument, meant)
    if at is None:
        raise click.UsageError(f"{name} is not known here")
    if argument[at:] and _WORD.fullmatch(name):
        advice = f"if a value is meant, write {argument[:at]} {argument[at:]}"
        raise click.UsageError(f"{name} is not known here; {advice}")


def _end_of_letters(argument: str, meant: Mapping[str, click.Parameter]) -> int | None:
    """Return where the short options of an argument end, the last of which may take a value; None if one is unknown."""
    for at, letter in enumerate(argument[1:], 2):
        option = meant.get(f"-{letter}")
        if option is None:
            return None
        if _takes_value(option):
            return at
    return len(argument)


def _takes_value(option: click.Parameter) -> bool:
    return isinstance(option, click.Option) and not option.is_flag


def refusal(word: str) -> click.UsageError:
    """Return the error that tells of a word, and what to do without it."""
    advice = ADVICE.get(word, ADVICE.get(word[1:]))
    return click.UsageError(f"{word} is not known here{f': {advice}' if advice else ''}")
