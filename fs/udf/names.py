"""File identifiers: what a name becomes in a directory (UDF 1.02 2.3.4.6; mangled after 4.2.2.1)."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Sequence
from itertools import chain, count
from typing import Final, cast

from discstack.fs.udf.cs0 import MAX_FILE_IDENTIFIER, clean, encode, encode_all

MARKS: Final = 64  # of four digits that a name tries


def file_identifiers(names: Sequence[str]) -> tuple[list[bytes], list[int]]:
    """Return the File Identifiers of the names of one directory, unique among them, and which of them were changed.

    Only names that CS0 cannot hold are changed.
    """
    encoded = encode_all(names)
    if None not in encoded:
        kept = cast(list[bytes], encoded)
        if max(map(len, kept), default=0) <= MAX_FILE_IDENTIFIER:
            return kept, []
    identifiers = [b"" if each is None or len(each) > MAX_FILE_IDENTIFIER else each for each in encoded]
    difficult = [number for number, identifier in enumerate(identifiers) if not identifier]
    taken = set(identifiers)
    for number in difficult:
        identifiers[number] = identifier = _mangle(names[number], taken)
        taken.add(identifier)
    return identifiers, difficult


def _mangle(name: str, taken: set[bytes]) -> bytes:
    """Return an identifier with "#" and four hex digits before the extension: the CRC of the name, or the next free.

    More than 65,536 names may become the same, so that it is longer where none near by is free.
    """
    raw = name.encode("utf-16-be", "surrogatepass")
    crc, cleaned = crc_hqx(raw, 0), clean(name)
    marks = chain((f"#{crc + more & 0xFFFF:04X}" for more in range(MARKS)), (f"#{crc:04X}{n:X}" for n in count()))
    return next(identifier for mark in marks if (identifier := _marked(cleaned, mark)) not in taken)


def _marked(name: str, mark: str) -> bytes:
    """Return `name` with the mark before its extension of at most 5 characters, the stem cut to what fits."""
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > 5:
        stem, dot, extension = name, "", ""
    ending = mark + dot + extension
    stem = stem[:MAX_FILE_IDENTIFIER]
    while len(identifier := encode(stem + ending)) > MAX_FILE_IDENTIFIER:
        stem = stem[:-1]
    return identifier
