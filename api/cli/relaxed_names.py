"""mkisofs's words about what names in ISO 9660 may have that ECMA-119 does not allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from discstack import Relaxation

# words that mean the same: what they say of a `Relaxation`, and what that is
_WORDS: Final[Mapping[str, tuple[Mapping[str, Any], str]]] = {
    "-relaxed-filenames": ({"seven_bits": True}, "ISO 9660: all characters of ASCII but small letters in names."),
    "-allow-lowercase": ({"lower_case": True}, "ISO 9660: small letters in names."),
    "-allow-multidot": ({"dots": True}, "ISO 9660: dots anywhere but at the end of names."),
    "-L -ldots -allow-leading-dots": ({"leading_dots": True}, "ISO 9660: dots at the beginning of names."),
    "-no-iso-translate": ({"characters": b"~#-"}, "ISO 9660: ~, # and - in names."),
    "-N -omit-version-number": ({"version": False}, "ISO 9660: names without a version number."),
    "-omit-period": ({"final_dot": False}, "ISO 9660: names without a dot where no extension is."),
    "-U -untranslated-filenames": (
        {"seven_bits": True, "lower_case": True, "dots": True, "version": False, "final_dot": False},
        "All of these.",
    ),
}


def relaxing(*words: str, like: str, hidden: bool = False) -> Callable[..., Any]:
    """Declare words that mean what those of a row are for; what is `hidden` is not in the help."""
    return click.option(*words, "relaxed", flag_value=like, multiple=True, help=_WORDS[like][1], hidden=hidden)


RELAXING_OPTIONS: Final = tuple(relaxing(*words.split(), like=words) for words in _WORDS)


def relaxation(said: Iterable[str]) -> Relaxation | None:
    """Return what was allowed, None if nothing was said."""
    from discstack import Relaxation

    settings = dict[str, Any]()
    for words in said:
        settings |= _WORDS[words][0]
    return Relaxation(**settings) if settings else None
