"""CD-TEXT of an album: which characters its texts are recorded in, and packs that lie in a file.

Players outside Japan show ISO 8859-1 alone, and what is in MS-JIS as nonsense. Tags have typographic punctuation, which
only the latter has, in texts of Latin letters: these get its plain form rather than MS-JIS, and the owner is told. So
does what of it MS-JIS lacks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from discstack.fs.errors import SourceError
from discstack.mmc.spec.cd.text import (
    PER_TRACK,
    SAME_AS_BEFORE,
    CdTextBlock,
    CdTextError,
    CharacterCode,
    PackType,
    build_cd_text,
)
from discstack.mmc.spec.counted import each
from discstack.mmc.spec.toc import CdTextPack

Texts = Mapping[int, tuple[str, ...]]  # by pack type: the album's, then one for each track

PACK: Final = 18  # bytes of a CD-TEXT pack
HEADER: Final = 4  # what READ TOC puts before the packs
MARKED: Final = re.compile(".[\u0300-\u036f\u3099\u309a]+")  # letters apart from their accents, as macOS has names
NO_ROOM: Final = (
    "CD-TEXT has no room for all texts: one that a track has in common with the track before is a tab, which not all "
    "players understand"
)
LAST_OF_8859_1: Final = "\xff"
# Plain forms of what ISO 8859-1 lacks
PLAIN: Final[Mapping[int, str]] = {
    ord(character): plain
    for characters, plain in (
        ("\u2018\u2019\u201a\u201b\u2032", "'"),
        ("\u201c\u201d\u201e\u201f\u2033", '"'),
        ("\u2039", "<"),
        ("\u203a", ">"),
        ("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        ("\u2026", "..."),
        ("\u2022", "\xb7"),
        ("\u2044", "/"),
        ("\u2122", "(TM)"),
        ("\u20ac", "EUR"),
        ("\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f", " "),
        ("\u200b\u2060\ufeff", ""),  # spaces of no width
        (bytes(range(0x01, 0x20)).decode("ascii"), " "),  # controls; a tab stands for the text of the track before
    )
    for character in characters
}
OF_MS_JIS: Final = "\u2018\u2019\u2032\u201c\u201d\u2033\u2010\u2014\u2015\u2212\u2026"  # it has these of them
# The same of what MS-JIS lacks, of the punctuation of ISO 8859-1, too
PLAIN_IN_MS_JIS: Final[Mapping[int, str]] = {
    **{code: plain for code, plain in PLAIN.items() if chr(code) not in OF_MS_JIS},
    **dict(zip(map(ord, "\u2022\xb7\xab\xbb\xa0"), "\u30fb\u30fb\u226a\u226b ", strict=True)),
    ord("\xad"): "",
}


@dataclass(frozen=True, slots=True)
class AlbumPacks:
    """The packs of an album's texts, and what its owner has to know of them."""

    packs: tuple[CdTextPack, ...] = ()
    notices: tuple[str, ...] = ()


def album_packs(texts: Mapping[PackType, tuple[str, ...]], tracks: int, first: int = 1) -> AlbumPacks:
    """Return the packs of an album of so many tracks; CdTextError where no block of CD-TEXT can hold its texts."""
    given: dict[int, tuple[str, ...]] = {
        kind: tuple(MARKED.sub(lambda found: unicodedata.normalize("NFC", found[0]), word) for word in words)
        for kind, words in texts.items()
        if kind in PER_TRACK and any(words)
    }
    if not given:
        return AlbumPacks()
    foreign = _foreign(given)
    if not foreign:
        plain = _plain(given, PLAIN)
        notices = _made_plain(given, plain, "ISO 8859-1")
        return _packed(plain, CharacterCode.ISO_8859_1, tracks, first, notices)
    plain = _plain(given, PLAIN_IN_MS_JIS)
    notice = f"CD-TEXT is in MS-JIS, since ISO 8859-1 has no {foreign}: players outside Japan may show nonsense"
    try:
        notices = (notice, *_made_plain(given, plain, "MS-JIS"))
        return _packed(plain, CharacterCode.MS_JIS, tracks, first, notices)
    except CdTextError as error:
        raise CdTextError(f"CD-TEXT is in ISO 8859-1, which has no {foreign}, or in MS-JIS: {error}") from error


def _packed(texts: Texts, code: CharacterCode, tracks: int, first: int, notices: tuple[str, ...]) -> AlbumPacks:
    block = CdTextBlock(character_code=code, first_track=first, last_track=first + tracks - 1, texts=texts)
    packs = build_cd_text([block])
    abbreviated = any(SAME_AS_BEFORE.encode("ascii") in pack.text for pack in packs if pack.pack_type in PER_TRACK)
    return AlbumPacks(packs, (*notices, NO_ROOM) if abbreviated else notices)


def _foreign(texts: Texts) -> str:
    """Say which character of which text has no place in ISO 8859-1, as it is or plain; empty where all have one."""
    for text in chain.from_iterable(texts.values()):
        for character in text:
            if character > LAST_OF_8859_1 and ord(character) not in PLAIN:
                return f"{character!r} (in {text!r})"
    return ""


def _plain(texts: Texts, forms: Mapping[int, str]) -> Texts:
    return {kind: tuple(word.translate(forms) for word in words) for kind, words in texts.items()}


def _made_plain(given: Texts, plain: Texts, code: str) -> tuple[str, ...]:
    pairs = zip(chain.from_iterable(given.values()), chain.from_iterable(plain.values()), strict=True)
    changed = [(old, new) for old, new in pairs if old != new]
    if not changed:
        return ()
    (old, new), further = changed[0], len(changed) - 1
    more = f", and of {further} more the plain form" if further else ""
    return (f"CD-TEXT ({code}) has {new!r} for {old!r}{more}",)


def packs_in_file(path: Path) -> tuple[CdTextPack, ...]:
    """Read packs from a file, with or without the header of READ TOC and a zero at the end."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(str(path), error.strerror or str(error)) from error
    for start, end in ((0, 0), (0, 1), (HEADER, 0), (HEADER, 1)):
        packs = data[start : len(data) - end]
        if packs and len(packs) % PACK == 0:
            found = each(CdTextPack, packs)
            if all(pack.crc_valid for pack in found):
                return found
    raise SourceError(str(path), f"these are no CD-TEXT packs of {PACK} bytes with right check sums")
