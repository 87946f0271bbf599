"""Cue sheets and WAV headers for what was read from a disc."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from discstack.audio.cue_file import TEXTS
from discstack.audio.cue_line import FRAMES
from discstack.mmc.spec.cd.sector import SectorType
from discstack.mmc.spec.cd.sub_channel import COPY, FOUR_CHANNELS, PRE_EMPHASIS

if TYPE_CHECKING:
    from discstack.mmc.cd.contents import CdContents, CdTrackContents

FLAGS: Final = ((COPY, "DCP"), (FOUR_CHANNELS, "4CH"), (PRE_EMPHASIS, "PRE"))
Place = Callable[[int], tuple[str, int]]  # of an address: the name and type of the file that holds it, frames into it


def cue_text(contents: CdContents, place: Place, *, texts_file: str | None = None) -> str:
    """Return a cue sheet; `place` says which file holds an address, and how far into it."""
    return "\n".join(_lines(contents, place, texts_file)) + "\n"


def _lines(contents: CdContents, place: Place, texts_file: str | None) -> Iterator[str]:
    if contents.catalogue:
        yield f"CATALOG {contents.catalogue}"
    if texts_file:
        yield f'CDTEXTFILE "{texts_file}"'
    yield from _texts(contents, 0, "")
    file, session = "", 0
    for track in contents.tracks:
        if track.session != session and (session or contents.tracks[-1].session > 1):
            yield f"REM SESSION {track.session:02}"
        session = track.session
        name, _ = place(track.first)
        if name != file:
            file = name
            yield f"FILE {name}"
        yield f"  TRACK {track.number:02} {_mode(track)}"
        yield from _texts(contents, track.number, "    ")
        if track.isrc:
            yield f"    ISRC {track.isrc}"
        flags = [word for bit, word in FLAGS if track.control & bit]
        if track.copied:
            flags.append("SCMS")
        if flags:
            yield f"    FLAGS {' '.join(flags)}"
        if track.first < track.start:
            yield f"    INDEX 00 {_time(place(track.first)[1])}"
        name, at = place(track.start)
        if name != file:
            file = name
            yield f"FILE {name}"
        yield f"    INDEX 01 {_time(at)}"
        for number, offset in enumerate(track.indexes, 2):
            yield f"    INDEX {number:02} {_time(at + offset)}"


def _mode(track: CdTrackContents) -> str:
    if track.is_audio:
        return "AUDIO"
    if track.kind in (SectorType.MODE_1, SectorType.ANY):
        return "MODE1/2352"
    return "CDI/2352" if track.cd_i else "MODE2/2352"


def _texts(contents: CdContents, track: int, indent: str) -> Iterator[str]:
    if contents.texts:
        for word, kind in TEXTS.items():
            if text := contents.texts[0].text(kind, track):
                yield f"{indent}{word} " + '"' + text.replace('"', "'") + '"'


def _time(frames: int) -> str:
    seconds, frame = divmod(frames, FRAMES)
    return f"{seconds // 60:02}:{seconds % 60:02}:{frame:02}"


def wave_header(size: int) -> bytes:
    """Return the header of a WAV file with `size` bytes of CD samples."""
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 44100, 176400, 4, 16)
    return struct.pack("<4sI4s", b"RIFF", 4 + len(head) + 8 + size, b"WAVE") + head + struct.pack("<4sI", b"data", size)
