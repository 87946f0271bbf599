"""CD-TEXT: from texts in several languages to the packs of the lead-in, and back (MMC-6 annex J).

A disc has up to eight blocks, one a language. A block is a list of packs: the texts of one kind after the other, each
text behind a zero, album first; then what is no text; last three packs that tell what the block holds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from itertools import groupby, pairwise
from typing import Final

from discstack.mmc.spec.toc import CdTextPack

TEXT_SIZE: Final = 12
MOST_BLOCKS: Final = 8
MOST_PACKS: Final = 256  # of a block: sequence numbers have 8 bits
MOST_TRACKS: Final = 99
FURTHEST: Final = 15  # what the character position can say
SYMBOLS: Final = 24  # of 6 bits, in which the lead-in carries a pack
SIZE_PACKS: Final = 3
SAME_AS_BEFORE: Final = "\t"


class PackType(IntEnum):
    """What a pack is about."""

    TITLE = 0x80
    PERFORMER = 0x81
    SONGWRITER = 0x82
    COMPOSER = 0x83
    ARRANGER = 0x84
    MESSAGE = 0x85
    DISC_IDENTIFICATION = 0x86
    GENRE = 0x87
    TABLE_OF_CONTENTS = 0x88
    SECOND_TABLE_OF_CONTENTS = 0x89
    CLOSED_INFORMATION = 0x8D
    CODES = 0x8E  # UPC/EAN of the album, ISRC of the tracks
    SIZE_INFORMATION = 0x8F


PER_TRACK: Final = frozenset({*range(PackType.TITLE, PackType.MESSAGE + 1), PackType.CODES})
ALBUM_TEXTS: Final = frozenset({PackType.DISC_IDENTIFICATION, PackType.CLOSED_INFORMATION})
BINARY: Final = frozenset({PackType.GENRE, PackType.TABLE_OF_CONTENTS, PackType.SECOND_TABLE_OF_CONTENTS})
NEVER_WIDE: Final = frozenset({PackType.DISC_IDENTIFICATION, PackType.CODES})  # in ISO 8859-1 whatever the block is in


class CharacterCode(IntEnum):
    """How the texts of a block are encoded."""

    ISO_8859_1 = 0x00
    ASCII = 0x01
    MS_JIS = 0x80
    KOREAN = 0x81
    MANDARIN = 0x82


CODECS: Final[Mapping[int, str]] = {
    CharacterCode.ISO_8859_1: "latin-1",
    CharacterCode.ASCII: "ascii",
    CharacterCode.MS_JIS: "cp932",
    CharacterCode.KOREAN: "euc_kr",
    CharacterCode.MANDARIN: "gb2312",
}


class Language(IntEnum):
    """The languages that cue sheets and discs name most; others are numbers (EBU Tech 3258, appendix 3)."""

    UNKNOWN = 0x00
    CZECH = 0x06
    DANISH = 0x07
    GERMAN = 0x08
    ENGLISH = 0x09
    SPANISH = 0x0A
    FRENCH = 0x0F
    ITALIAN = 0x15
    HUNGARIAN = 0x1B
    DUTCH = 0x1D
    NORWEGIAN = 0x1E
    POLISH = 0x20
    PORTUGUESE = 0x21
    SLOVENE = 0x26
    FINNISH = 0x27
    SWEDISH = 0x28
    RUSSIAN = 0x56
    KOREAN = 0x65
    JAPANESE = 0x69
    GREEK = 0x70
    CHINESE = 0x75


class CdTextError(ValueError):
    """Texts that packs cannot hold, or packs that make no sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CdTextBlock:
    """The texts of one language.

    `texts` holds for each pack type the album's text and then one for each track from `first_track` to `last_track`;
    the album's alone for the types that have no other. `genre` is a code and words; `binary` holds packs' contents as
    they are, by type. `copyright` is the byte of flags that says which texts are protected.
    """

    language: int = Language.ENGLISH
    character_code: int = CharacterCode.ISO_8859_1
    first_track: int = 1
    last_track: int = 1
    copyright: int = 0
    texts: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    genre: tuple[int, str] | None = None
    binary: Mapping[int, bytes] = field(default_factory=dict)

    def text(self, kind: int, track: int = 0) -> str:
        """Return the text of a kind for a track, 0 for the album; empty where there is none."""
        found = self.texts.get(kind, ())
        place = 0 if not track else track - self.first_track + 1
        return found[place] if 0 <= place < len(found) else ""


def build_cd_text(blocks: Sequence[CdTextBlock]) -> tuple[CdTextPack, ...]:
    """Return the packs of up to eight blocks, check sums included; raises CdTextError for what they cannot hold."""
    if not 0 < len(blocks) <= MOST_BLOCKS:
        raise CdTextError(f"CD-TEXT has 1 to {MOST_BLOCKS} languages, not {len(blocks)}")
    bodies = [_body(number, block) for number, block in enumerate(blocks)]
    lasts = bytes(len(body) + SIZE_PACKS - 1 for body in bodies).ljust(MOST_BLOCKS, b"\0")
    languages = bytes(block.language for block in blocks).ljust(MOST_BLOCKS, b"\0")
    packs: list[CdTextPack] = []
    for number, (block, body) in enumerate(zip(blocks, bodies, strict=True)):
        counts = [sum(pack.pack_type == kind for pack in body) for kind in range(PackType.TITLE, 0x8F)]
        head = bytes((block.character_code, block.first_track, block.last_track, block.copyright))
        sizes = head + bytes((*counts, SIZE_PACKS)) + lasts + languages
        body += (
            CdTextPack(
                pack_type=PackType.SIZE_INFORMATION,
                track_number=part,
                block_number=number,
                text=sizes[part * TEXT_SIZE : (part + 1) * TEXT_SIZE],
            )
            for part in range(SIZE_PACKS)
        )
        packs += (replace(pack, sequence_number=at).sealed() for at, pack in enumerate(body))
    return tuple(packs)


def _body(number: int, block: CdTextBlock) -> list[CdTextPack]:
    """Return all packs of a block but the last three; texts are abbreviated only where it could not hold them."""
    if not 1 <= block.first_track <= block.last_track <= MOST_TRACKS:
        raise CdTextError(f"tracks {block.first_track} to {block.last_track} are no tracks of a disc")
    packs = _contents(number, block)
    if len(packs) + SIZE_PACKS > MOST_PACKS:
        packs = _contents(number, _abbreviated(block))
    if len(packs) + SIZE_PACKS > MOST_PACKS:
        raise CdTextError(
            f"the texts of block {number} need {len(packs) + SIZE_PACKS} packs of {TEXT_SIZE} bytes, a block has at "
            f"most {MOST_PACKS}: some have to be shorter, or left off"
        )
    return packs


def _abbreviated(block: CdTextBlock) -> CdTextBlock:
    """Replace what a track has in common with the one before."""
    short = {
        kind: (*texts[:2], *(SAME_AS_BEFORE if one and one == before else one for before, one in pairwise(texts[1:])))
        for kind, texts in block.texts.items()
        if kind in PER_TRACK and kind != PackType.CODES
    }
    return replace(block, texts={**block.texts, **short})


def _contents(number: int, block: CdTextBlock) -> list[CdTextPack]:
    tracks = block.last_track - block.first_track + 1
    packs: list[CdTextPack] = []
    for kind in sorted({*block.texts, *block.binary, *({PackType.GENRE} if block.genre else ())}):
        if kind in block.texts:
            texts = block.texts[kind]
            if kind not in PER_TRACK | ALBUM_TEXTS or len(texts) != (tracks + 1 if kind in PER_TRACK else 1):
                raise CdTextError(f"{_name(kind)} has {len(texts)} texts for an album of {tracks} tracks")
            if any(texts):
                packs += _text_packs(number, block, kind, texts)
        elif kind == PackType.GENRE and block.genre:
            code, words = block.genre
            packs += _binary_packs(number, kind, code.to_bytes(2, "big") + _encoded(words, "ascii", kind) + b"\0")
        else:
            packs += _binary_packs(number, kind, block.binary[kind])
    return packs


def _text_packs(number: int, block: CdTextBlock, kind: int, texts: Sequence[str]) -> Iterable[CdTextPack]:
    """Cut the texts of one kind into packs, each of which names the track and the place that it goes on at."""
    wide = _is_wide(block.character_code, kind)
    width = WIDTH if wide else 1
    codec = CODECS.get(block.character_code, "latin-1") if kind not in NEVER_WIDE else "latin-1"
    data, places = bytearray(), []  # for each byte the track and the character that it belongs to
    for place, text in enumerate(texts):
        encoded = _encoded(text, codec, kind) if not wide else _wide(text, codec, kind)
        track = 0 if place == 0 else block.first_track + place - 1
        data += encoded + bytes(width)
        places += [(track, at // width) for at in range(len(encoded) + width)]
    for at in range(0, len(data), TEXT_SIZE):
        track, character = places[at]
        yield CdTextPack(
            pack_type=kind,
            track_number=track,
            dbcc=wide,
            block_number=number,
            character_position=min(character, FURTHEST),
            text=bytes(data[at : at + TEXT_SIZE]).ljust(TEXT_SIZE, b"\0"),
        )


def _binary_packs(number: int, kind: int, data: bytes) -> Iterable[CdTextPack]:
    for at in range(0, len(data), TEXT_SIZE):
        yield CdTextPack(
            pack_type=kind,
            track_number=at // TEXT_SIZE if kind == PackType.TABLE_OF_CONTENTS else 0,
            block_number=number,
            text=data[at : at + TEXT_SIZE].ljust(TEXT_SIZE, b"\0"),
        )


def _is_wide(character_code: int, kind: int) -> bool:
    return character_code >= CharacterCode.MS_JIS and kind not in NEVER_WIDE


def _encoded(text: str, codec: str, kind: int, *, of: str = "") -> bytes:
    """Encode a text, or a part `of` one."""
    try:
        encoded = text.encode(codec)
    except UnicodeEncodeError as error:
        raise CdTextError(f"{_name(kind)} {of or text!r}: {text[error.start]!r} is no character of {codec}") from None
    if 0 in encoded:
        raise CdTextError(f"{_name(kind)} {text!r} holds a zero, which ends a text")
    return encoded


def _wide(text: str, codec: str, kind: int) -> bytes:
    """Return a text in characters of two bytes each: readers expect the wide twins of what has half the width."""
    if text == SAME_AS_BEFORE:
        return WIDTH * _encoded(text, codec, kind)
    found = _HALF_KANA.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text).translate(_WIDE)
    for character in found:
        if len(_encoded(character, codec, kind, of=text)) != WIDTH:
            raise CdTextError(f"{_name(kind)} {text!r}: {character!r} is no character of two bytes in {codec}")
    return _encoded(found, codec, kind)


WIDTH: Final = 2
_HALF_KANA: Final = re.compile("[\uff61-\uff9f]+")
# Letters and signs of half the width; and signs for which Microsoft's table has another character than others
_WIDE: Final[dict[int, str]] = {
    **{code: chr(code + 0xFEE0) for code in range(0x21, 0x7F)},
    **dict(
        zip(
            map(ord, " \u301c\u2212\u2014\u2016\u00a2\u00a3\u00a5\u00ac"),
            "\u3000\uff5e\uff0d\u2015\u2225\uffe0\uffe1\uffe5\uffe2",
            strict=True,
        )
    ),
}


def _name(kind: int) -> str:
    return PackType(kind).name.lower().replace("_", " ") if kind in set(PackType) else f"pack type {kind:02X}h"


def parse_cd_text(packs: Iterable[CdTextPack]) -> tuple[CdTextBlock, ...]:
    """Read the texts out of packs; packs whose check sum is wrong are left out, unless the drive sends none at all."""
    given = list(packs)
    checked = any(pack.crc for pack in given)
    whole = [pack for pack in given if not checked or pack.crc_valid]
    ordered = sorted(whole, key=lambda pack: pack.block_number)
    grouped = [list(group) for _, group in groupby(ordered, key=lambda pack: pack.block_number)]
    return tuple(_block(group[0].block_number, group) for group in grouped)


def _block(number: int, packs: list[CdTextPack]) -> CdTextBlock:
    kinds: dict[int, list[CdTextPack]] = {}
    for pack in packs:
        kinds.setdefault(pack.pack_type, []).append(pack)
    sizes = b"".join(pack.text for pack in kinds.pop(PackType.SIZE_INFORMATION, []))
    if len(sizes) < SIZE_PACKS * TEXT_SIZE:
        last = max((pack.track_number for pack in packs), default=1)
        sizes = bytes((0, 1, max(last, 1), 0)).ljust(SIZE_PACKS * TEXT_SIZE, b"\0")
    code, first, last, protected = sizes[:4]
    tracks = max(last - first + 1, 0)
    texts = {
        kind: _texts(run, code, tracks if kind in PER_TRACK else 0)
        for kind, run in kinds.items()
        if kind in PER_TRACK | ALBUM_TEXTS
    }
    joined = {kind: b"".join(pack.text for pack in run) for kind, run in kinds.items() if kind not in texts}
    genre = joined.pop(PackType.GENRE, None)
    return CdTextBlock(
        language=_member(Language, sizes[28 + number]),
        character_code=_member(CharacterCode, code),
        first_track=first,
        last_track=last,
        copyright=protected,
        texts=texts,
        genre=(int.from_bytes(genre[:2], "big"), genre[2:].split(b"\0")[0].decode("latin-1")) if genre else None,
        binary=joined,
    )


def _member(members: type[IntEnum], value: int) -> int:
    return members(value) if value in set(members) else value


def _texts(packs: list[CdTextPack], code: int, tracks: int) -> tuple[str, ...]:
    wide = packs[0].dbcc
    width = 2 if wide else 1
    codec = CODECS.get(code, "latin-1") if packs[0].pack_type not in NEVER_WIDE else "latin-1"
    data = b"".join(pack.text for pack in packs)
    found, start = [], 0
    for at in range(0, len(data) - width + 1, width):
        if not any(data[at : at + width]):
            found.append(_decoded(data[start:at], codec, wide=wide))
            start = at + width
    found = [*found, *[""] * (tracks + 1)][: tracks + 1]
    for place, text in enumerate(found):
        if place and text == SAME_AS_BEFORE * width:
            found[place] = found[place - 1]
    return tuple(found)


def _decoded(data: bytes, codec: str, *, wide: bool) -> str:
    if not wide:
        return data.decode(codec, "replace")
    pairs = (data[at : at + 2] for at in range(0, len(data), 2))
    return b"".join(pair if pair[0] else pair[1:] for pair in pairs).decode(codec, "replace")


def spread(packs: Sequence[CdTextPack]) -> bytes:
    """Return packs as the lead-in carries them: 24 symbols of 6 bits each, high bits first, in a byte each."""
    symbols = bytearray()
    for pack in packs:
        number = int.from_bytes(pack.build(), "big")
        symbols += bytes(number >> shift & 0x3F for shift in range(6 * (SYMBOLS - 1), -1, -6))
    return bytes(symbols)


def collect(symbols: bytes | memoryview) -> tuple[CdTextPack, ...]:
    """Return the packs in symbols of the lead-in, those with a right check sum; the bits of P and Q do not matter."""
    found = []
    for at in range(0, len(symbols) - SYMBOLS + 1, SYMBOLS):
        number = 0
        for symbol in symbols[at : at + SYMBOLS]:
            number = number << 6 | symbol & 0x3F
        pack = CdTextPack.parse(number.to_bytes(18, "big"))
        if pack.pack_type & 0x80 and pack.crc_valid:
            found.append(pack)
    return tuple(found)
