"""OSTA CS0, the one character set of a UDF volume (OSTA UDF 1.02 2.1.1 to 2.1.3).

A string is a compression ID and then its characters: 8 for one byte each (U+0000 to U+00FF), 16 for two bytes each,
big endian. Characters beyond the Basic Multilingual Plane are recorded as UTF-16 surrogate pairs: UDF 1.02 has no word
on them, and this is what Windows, macOS, Linux (since 4.18), 7-Zip and GRUB read.
"""

from __future__ import annotations

from codecs import getencoder
from collections.abc import Sequence
from typing import Final

COMPRESSION_ID_8: Final = b"\x08"
COMPRESSION_ID_16: Final = b"\x10"
# The length of a File Identifier is a Uint8 and counts the compression ID (ECMA-167 4/14.4.4)
MAX_FILE_IDENTIFIER: Final = 255
REPLACEMENT: Final = "_"
_UTF_16: Final = getencoder("utf-16-be")  # looked up once: names are short, and there are many
# CharacterSetType 0 and CharacterSetInformation (UDF 1.02 2.1.2)
CHARSPEC: Final = b"\x00" + b"OSTA Compressed Unicode".ljust(63, b"\x00")


def encode(text: str) -> bytes:
    """Return `text` as OSTA Compressed Unicode; the empty string has no compression ID.

    A lone surrogate raises UnicodeEncodeError; see `clean`.
    """
    if not text:
        return b""
    try:
        return COMPRESSION_ID_8 + text.encode("latin-1")
    except UnicodeEncodeError:
        return COMPRESSION_ID_16 + text.encode("utf-16-be")


def encode_if_clean(text: str) -> bytes | None:
    """Return `encode(text)`, or None where CS0 has not every character of `text` (see `is_clean`)."""
    return encode(text) if is_clean(text) else None


def encode_all(texts: Sequence[str]) -> list[bytes | None]:
    """Return for each text, none of them empty, what `encode_if_clean` does."""
    together = "".join(texts)
    if not is_clean(together):
        return [encode_if_clean(text) for text in texts]
    if together.isascii():
        return [COMPRESSION_ID_8 + text.encode() for text in texts]
    return [
        COMPRESSION_ID_16 + raw if raw[::2].strip(b"\0") else COMPRESSION_ID_8 + raw[1::2]
        for raw, _ in map(_UTF_16, texts)
    ]


def decode(raw: bytes) -> str:
    """Return the text of OSTA Compressed Unicode."""
    if not raw:
        return ""
    codecs = {COMPRESSION_ID_8: "latin-1", COMPRESSION_ID_16: "utf-16-be"}
    if (codec := codecs.get(raw[:1])) is None:
        raise ValueError(f"compression ID {raw[0]} is not 8 or 16")
    return raw[1:].decode(codec)


def dstring(text: str, size: int) -> bytes:
    """Return a fixed-length field whose last byte counts the used ones (ECMA-167 1/7.2.12, UDF 1.02 2.1.3).

    Text that does not fit raises ValueError.
    """
    encoded = encode(text)
    if len(encoded) > size - 1:
        raise ValueError(f"{text!r} takes {len(encoded)} bytes in OSTA CS0, and the field holds {size - 1}")
    return encoded.ljust(size - 1, b"\x00") + bytes([len(encoded)])


def fit(text: str, size: int) -> str:
    """Return the longest start of `text` whose OSTA CS0 form has at most `size` bytes; no character is cut in two."""
    while len(encode(text)) > size:
        text = text[:-1]
    return text


def is_clean(text: str) -> bool:
    """Tell whether CS0 has every character of `text`: not U+FEFF and U+FFFE (UDF 1.02 2.1.1), nor lone surrogates."""
    try:
        text.encode("utf-16-be")
    except UnicodeEncodeError:
        return False
    return "\ufeff" not in text and "\ufffe" not in text


def clean(text: str) -> str:
    """Return `text` with "_" for what CS0 has not (see `is_clean`)."""
    return "".join(REPLACEMENT if char in "\ufeff\ufffe" or "\ud800" <= char <= "\udfff" else char for char in text)
