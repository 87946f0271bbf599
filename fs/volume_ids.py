"""The texts of a volume descriptor, ECMA-119 8.4 and 8.5, fitted to ISO 9660 or Joliet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from discstack.fs.errors import LayoutError
from discstack.fs.iso_names import a_text, d_text
from discstack.fs.joliet_names import ILLEGAL
from discstack.fs.options import ImageOptions
from discstack.fs.view import Change, Issue, View

VOLUME_ID: Final = "volume_id"
# option: bytes in the descriptor
SIZES: Final[Mapping[str, int]] = {
    "system_id": 32,
    VOLUME_ID: 32,
    "volume_set_id": 128,
    "publisher_id": 128,
    "preparer_id": 128,
    "application_id": 128,
}
FILE_IDENTIFIER_SIZE: Final = 37
# options that name a file in the root, 8.4.22 to 8.4.24
FILES: Final = ("copyright_file", "abstract_file", "bibliographic_file")
Find: TypeAlias = Callable[[str], bytes | None]
_CONTROLS: Final = frozenset(map(chr, range(32)))
_D_CHARACTERS_ONLY: Final = (VOLUME_ID, "volume_set_id")


@dataclass(frozen=True, slots=True)
class VolumeTexts:
    """The encoded and padded text of each option in `SIZES` and `FILES`, and what had to be changed for it."""

    fields: Mapping[str, bytes]
    issues: tuple[Issue, ...]


def iso_texts(options: ImageOptions, find: Find) -> VolumeTexts:
    """Return the texts for a primary volume descriptor; LayoutError for what is too long, but for the volume id.

    Case is changed without a word. A volume id that is given for this view alone may be any printable ASCII, as other
    writers have it. `find` gives what is recorded for a file in the root by its name.
    """
    fields, issues = dict[str, bytes](), list[Issue]()
    for option, size in SIZES.items():
        wanted: str = getattr(options, option)
        given = options.volume_ids.get(View.ISO9660) if option == VOLUME_ID else None
        if given is not None:
            text = _as_given(given, size, fits_primary(given), View.ISO9660)
        else:
            text = (d_text if option in _D_CHARACTERS_ONLY else a_text)(wanted)
            text = _fitted(option, text, wanted.upper(), size, View.ISO9660, issues)
        fields[option] = text.encode("ascii").ljust(size)
    for option in FILES:
        identifier = _file_identifier(options, option, find) or b""
        if len(identifier) > FILE_IDENTIFIER_SIZE:
            raise LayoutError(f"{option.replace('_', ' ')}: ISO 9660 has no room for a name as long as {identifier!r}")
        fields[option] = identifier.ljust(FILE_IDENTIFIER_SIZE)
    return VolumeTexts(fields, tuple(issues))


def fits_primary(volume_id: str) -> bool:
    """Say whether a primary volume descriptor can have a volume id as it stands, as other writers have it there."""
    return volume_id.isascii() and volume_id.isprintable() and len(volume_id) <= SIZES[VOLUME_ID]


def joliet_texts(options: ImageOptions, find: Find) -> VolumeTexts:
    """Return the texts for Joliet's supplementary volume descriptor, which has half as many characters."""
    fields, issues = dict[str, bytes](), list[Issue]()
    for option, size in SIZES.items():
        wanted: str = getattr(options, option)
        given = options.volume_ids.get(View.JOLIET) if option == VOLUME_ID else None
        if given is not None:
            text = _as_given(given, size // 2, _kept(given, ILLEGAL) == given, View.JOLIET)
        else:
            text = _kept(wanted, ILLEGAL if option in _D_CHARACTERS_ONLY else _CONTROLS)
            text = _fitted(option, text, wanted, size // 2, View.JOLIET, issues)
        fields[option] = _padded(text, size)
    for option in FILES:
        name = (_file_identifier(options, option, find) or b"").decode("utf-16-be")
        if _units(name) > FILE_IDENTIFIER_SIZE // 2:
            detail = f"{option.replace('_', ' ')}: none, there is no room for {name.partition(';')[0]}"
            issues.append(Issue("/", Change.VOLUME_ID, detail, View.JOLIET))
            name = ""
        fields[option] = _padded(name, FILE_IDENTIFIER_SIZE)
    return VolumeTexts(fields, tuple(issues))


def _file_identifier(options: ImageOptions, option: str, find: Find) -> bytes | None:
    name: str = getattr(options, option)
    identifier = find(name) if name else None
    if name and identifier is None:
        raise LayoutError(f"{option.replace('_', ' ')}: there is no file {name!r} in the root of the image")
    return identifier


def _kept(text: str, illegal: frozenset[str]) -> str:
    return "".join("_" if c in illegal or "\ud800" <= c <= "\udfff" else c for c in text)


def _padded(text: str, size: int) -> bytes:
    return (text.encode("utf-16-be") + b"\0 " * (size // 2))[: size & ~1].ljust(size, b"\0")


def _units(text: str) -> int:
    return len(text.encode("utf-16-be")) // 2


def _as_given(text: str, size: int, allowed: bool, view: View) -> str:
    if not allowed or _units(text) > size:
        raise LayoutError(f"{text!r} cannot be the {view.value} volume id: at most {size} characters that it allows")
    return text


def _fitted(option: str, text: str, wanted: str, size: int, view: View, issues: list[Issue]) -> str:
    """Return the text cut to its field and tell of it, or refuse it."""
    label = option.replace("_", " ")
    if _units(text) > size:
        if view is View.ISO9660 and option != VOLUME_ID:
            raise LayoutError(f"the {label} {text!r} is longer than the {size} characters that {view.value} has for it")
        while _units(text) > size:
            text = text[:-1]
    if text != wanted:
        change, detail = Change.VOLUME_ID, text
        issues.append(Issue("/", change, detail if option == VOLUME_ID else f"{label}: {detail}", view))
    return text
