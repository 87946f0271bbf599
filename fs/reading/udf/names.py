"""OSTA Compressed Unicode out of bytes that may be anything (UDF 2.1.1 to 2.1.3)."""

from __future__ import annotations

from discstack.fs.reading.names import wide_text
from discstack.fs.reading.notes import Notes, Oddity

_EIGHT, _SIXTEEN = (8, 254), (16, 255)  # compression IDs; the second ones are those of deleted names


def decode(raw: bytes, where: str, notes: Notes) -> str:
    """Return text, with a note for what is not of the form."""
    if not raw:
        return ""
    if raw[0] in _SIXTEEN:
        if not len(raw) % 2:
            notes.add(Oddity.MALFORMED, where, f"{raw[1:]!r} ends within a character; cut there")
        return wide_text(raw[1:])
    if raw[0] not in _EIGHT:
        notes.add(Oddity.MALFORMED, where, f"compression ID {raw[0]}; one byte is taken for a character")
    return raw[1:].decode("latin-1")


def dstring(raw: bytes, where: str, notes: Notes) -> str:
    """Return the text of a field whose last byte counts the used ones."""
    return decode(raw[: min(raw[-1], len(raw) - 1)], where, notes)
