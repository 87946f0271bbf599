"""From the bytes of a cue sheet to its text: no sheet says how it is encoded."""

from __future__ import annotations

import codecs
from contextlib import suppress
from pathlib import Path
from typing import Final

from discstack.audio.errors import CueError

UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
MARK: Final = "\ufeff"


def decoded(data: bytes, path: Path, encoding: str | None) -> tuple[str, str]:
    """Return the text of a sheet and which encoding that is a guess of; the latter is empty where it is certain.

    Without `encoding` it is UTF-16 with a mark, UTF-8, or else taken for Windows-1252. CueError for bytes that are none
    of the encoding, ValueError for a name that is none of one.
    """
    if encoding is not None:
        return _named(data, path, encoding), ""
    with suppress(UnicodeDecodeError):
        return data.decode("utf-16" if data.startswith(UTF_16) else "utf-8-sig"), ""
    with suppress(UnicodeDecodeError):
        return data.decode("cp1252"), "Windows-1252"
    return data.decode("latin-1"), "ISO 8859-1"  # which has a meaning for the five bytes that Windows-1252 has none for


def _named(data: bytes, path: Path, encoding: str) -> str:
    try:
        return data.decode(encoding).removeprefix(MARK)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise CueError(str(path), line, 1, f"this is no {encoding}: {error.reason}") from error
    except LookupError as error:
        raise ValueError(f"{encoding!r} is no encoding of texts") from error
