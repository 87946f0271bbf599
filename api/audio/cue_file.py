"""Cue sheets: the text files that describe a disc (CDRWIN's format, with the additions of later tools).

    sheet = CueSheet.load("album.cue")
    AudioWriter(recorder).write(sheet)

Every complaint is a CueError with line and column, and says what was expected there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from types import MappingProxyType
from typing import Final

from discstack.audio.cue_encoding import decoded
from discstack.audio.cue_line import Line, unquoted
from discstack.audio.errors import CueError
from discstack.fs.errors import SourceError
from discstack.fs.system_paths import path_of
from discstack.mmc.spec.cd.text import PackType

__all__ = ["CueFile", "CueSheet", "CueTrack"]

ISRC: Final = re.compile(r"[A-Z0-9]{5}[0-9]{7}")
CATALOG: Final = re.compile(r"[0-9]{13}")
END_OF_FILE: Final = "\x1a\0"  # what DOS has there
LINE_END: Final = re.compile(r"\r\n|\r|\n")  # and nothing else that Unicode has for one: texts may hold those
SESSION: Final = re.compile(r"SESSION\s+(\d{1,2})", re.IGNORECASE)
MODES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "AUDIO": 2352,
        "CDG": 2448,  # with the sub-channels
        "MODE1/2048": 2048,
        "MODE1/2352": 2352,
        "MODE2/2048": 2048,  # form 1
        "MODE2/2324": 2324,  # form 2
        "MODE2/2336": 2336,
        "MODE2/2352": 2352,
        "CDI/2336": 2336,
        "CDI/2352": 2352,
    }
)
FILE_TYPES: Final = ("BINARY", "MOTOROLA", "WAVE", "AIFF", "MP3", "FLAC", "OGG")
FLAGS: Final = ("DCP", "PRE", "4CH", "SCMS")
TEXTS: Final[Mapping[str, PackType]] = MappingProxyType(
    {
        "TITLE": PackType.TITLE,
        "PERFORMER": PackType.PERFORMER,
        "SONGWRITER": PackType.SONGWRITER,
        "COMPOSER": PackType.COMPOSER,
        "ARRANGER": PackType.ARRANGER,
        "MESSAGE": PackType.MESSAGE,
    }
)


@dataclass(slots=True)
class CueFile:
    """A file that the sheet names, and the line that does so."""

    path: Path
    kind: str
    line: int


@dataclass(slots=True)
class CueTrack:
    """A track. Times in frames of 1/75 s: `pregap` and `postgap` are lengths, `indexes` are (file, time) by number.

    `session` is what a `REM SESSION` before it says, 1 where there is none.
    """

    number: int
    mode: str
    line: int
    indexes: dict[int, tuple[CueFile, int]] = field(default_factory=dict)
    pregap: int | None = None
    postgap: int = 0
    isrc: str = ""
    flags: frozenset[str] = frozenset()
    texts: dict[PackType, str] = field(default_factory=dict)
    session: int = 1

    @property
    def is_audio(self) -> bool:
        """Whether it is played, not read."""
        return self.mode in ("AUDIO", "CDG")


@dataclass(slots=True)
class CueSheet:
    """A cue sheet that was read: files, tracks, codes and texts. Paths are relative to the sheet.

    `guessed` is the encoding that it was taken to be in, for want of a better one; empty where that is certain.
    """

    path: Path
    files: list[CueFile] = field(default_factory=list)
    tracks: list[CueTrack] = field(default_factory=list)
    catalog: str = ""
    cd_text_file: Path | None = None
    texts: dict[PackType, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    guessed: str = ""

    @property
    def sessions(self) -> tuple[int, ...]:
        """The numbers of the sessions that its tracks are in."""
        return tuple(dict.fromkeys(track.session for track in self.tracks))

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, encoding: str | None = None) -> CueSheet:
        """Read a cue sheet; without `encoding` it is UTF-8, UTF-16 with a mark, or else Windows-1252.

        Raises CueError or SourceError, ValueError for an encoding that nobody knows.
        """
        where = Path(path)
        try:
            data = path_of(where).read_bytes()
        except OSError as error:
            raise SourceError(str(where), error.strerror or str(error)) from error
        text, guessed = decoded(data, where, encoding)
        sheet = cls.parse(text, where)
        sheet.guessed = guessed
        return sheet

    @classmethod
    def parse(cls, text: str, path: Path) -> CueSheet:
        """Read the text of a cue sheet that lies at `path`."""
        return _Parser(path).parse(text)


class _Parser:
    """Reads a sheet line by line; the commands are methods, named in a table."""

    def __init__(self, path: Path) -> None:
        self.sheet = CueSheet(path)
        self.line = Line(path, 1, "")
        self.session = 1

    def parse(self, text: str) -> CueSheet:
        for number, line in enumerate(LINE_END.split(text.rstrip(END_OF_FILE)), 1):
            self.line = Line(self.sheet.path, number, line)
            if self.line.words:
                self._command()
        self.line = Line(self.sheet.path, number, "")
        if not self.sheet.tracks:
            raise self.line.error(1, "the sheet ends without a track; expected FILE and TRACK")
        self._check_complete()
        self._check_files()
        return self.sheet

    def _command(self) -> None:
        word = self.line.command
        name = word.text.upper()
        if name not in COMMANDS:
            raise self.line.error(word.column, f"{word.text!r} is no command; expected one of {', '.join(COMMANDS)}")
        COMMANDS[name](self)
        if name != "REM":
            self.line.end()

    @property
    def track(self) -> CueTrack | None:
        return self.sheet.tracks[-1] if self.sheet.tracks else None

    def _inside(self) -> CueTrack:
        if self.track is None:
            raise self.line.error(
                self.line.command.column, f"{self.line.command.text} outside of a track; expected TRACK"
            )
        return self.track

    def remark(self) -> None:
        words = self.line.text.strip()[3:].strip()
        self.sheet.remarks.append(words)
        if (found := SESSION.fullmatch(words)) is not None:
            self.session = int(found[1])

    def catalog(self) -> None:
        number = self.line.take("a catalogue number of 13 digits")
        if not CATALOG.fullmatch(number):
            raise self.line.wrong(f"{number!r} is no catalogue number; expected 13 digits")
        if self.sheet.catalog:
            raise self.line.error(self.line.command.column, "a second CATALOG; expected only one")
        self.sheet.catalog = number

    def cd_text_file(self) -> None:
        self.sheet.cd_text_file = self._beside(self.line.rest("the name of a file"))

    def file(self) -> None:
        words = self.line.words
        name = self.line.take("the name of a file")
        if len(words) > 3:  # a name with blanks that nobody quoted
            name = unquoted(self.line.text[words[1].column - 1 : words[-1].column - 1])
            self.line.at = len(words) - 1
        kind = self.line.take(f"the type of the file: {', '.join(FILE_TYPES)}").upper()
        if kind not in FILE_TYPES:
            raise self.line.wrong(f"{kind!r} is no type of file; expected one of {', '.join(FILE_TYPES)}")
        if self.track is not None:
            self._check_track()
        self.sheet.files.append(CueFile(self._beside(name), kind, self.line.number))

    def _beside(self, name: str) -> Path:
        """Return the file of that name; where there is none, the only one whose name differs in case alone.

        Sheets are made on systems that do not tell them apart, and that part folders with backslashes.
        """
        folder = self.sheet.path.parent
        path = path_of(folder / name)
        if not os.path.lexists(path) and "\\" in name:
            path = path_of(folder.joinpath(*PureWindowsPath(name).parts))
        alike: list[Path] = []
        if not os.path.exists(path):
            with suppress(OSError):  # opening the file tells what is wrong
                alike = [other for other in path.parent.iterdir() if other.name.casefold() == path.name.casefold()]
        return alike[0] if len(alike) == 1 else path

    def begin_track(self) -> None:
        if not self.sheet.files:
            raise self.line.error(self.line.command.column, "TRACK before any FILE; expected FILE")
        number = self.line.number_between(1, 99, "track number")
        if self.track is not None:
            self._check_complete()
            if number != self.track.number + 1:
                raise self.line.wrong(f"track {number:02} after track {self.track.number:02}; expected the next number")
        mode = self.line.take(f"the mode of the track: {', '.join(MODES)}").upper()
        if mode not in MODES:
            raise self.line.wrong(f"{mode!r} is no mode of a track; expected one of {', '.join(MODES)}")
        if mode == "CDG" and self.sheet.files[-1].kind != "BINARY":
            raise self.line.wrong("CDG tracks have sectors of 2448 bytes; expected them in a BINARY file")
        self.sheet.tracks.append(CueTrack(number, mode, self.line.number, session=self.session))

    def flags(self) -> None:
        track = self._inside()
        found = set()
        while self.line.at < len(self.line.words):
            flag = self.line.take("a flag").upper()
            if flag not in FLAGS:
                raise self.line.wrong(f"{flag!r} is no flag; expected some of {', '.join(FLAGS)}")
            found.add(flag)
        if not found:
            self.line.take(f"some of {', '.join(FLAGS)}")
        track.flags = frozenset(found)

    def isrc(self) -> None:
        track = self._inside()
        code = self.line.take("an ISRC of 12 characters").upper().replace("-", "")
        if not ISRC.fullmatch(code):
            raise self.line.wrong(f"{code!r} is no ISRC; expected 5 letters or digits, then 7 digits")
        track.isrc = code

    def pregap(self) -> None:
        track = self._inside()
        if track.indexes:
            raise self.line.error(self.line.command.column, "PREGAP behind an INDEX; expected it before the first one")
        track.pregap = self.line.time()

    def postgap(self) -> None:
        track = self._inside()
        if 1 not in track.indexes:
            raise self.line.error(self.line.command.column, "POSTGAP before INDEX 01; expected it behind all of them")
        track.postgap = self.line.time()

    def index(self) -> None:
        track = self._inside()
        number = self.line.number_between(0, 99, "index number")
        expected = {0, 1} if not track.indexes else {max(track.indexes) + 1}
        if number not in expected:
            wanted = " or ".join(f"INDEX {each:02}" for each in sorted(expected))
            raise self.line.wrong(f"INDEX {number:02} here; expected {wanted}")
        file = self.sheet.files[-1]
        if number > 1 and file is not track.indexes[1][0]:
            raise self.line.wrong(f"INDEX {number:02} is in another file than INDEX 01; expected it in the same one")
        time = self.line.time()
        for earlier in (*self.sheet.tracks[-2:-1], track):
            for name, (where, at) in earlier.indexes.items():
                if where is file and (at > time or (at == time and earlier is track)):
                    raise self.line.wrong(
                        f"this lies before INDEX {name:02} of track {earlier.number:02}; expected a later time"
                    )
        track.indexes[number] = (file, time)

    def text(self) -> None:
        kind = TEXTS[self.line.command.text.upper()]
        texts = self.sheet.texts if self.track is None else self.track.texts
        texts[kind] = self.line.rest("a text")

    def _check_track(self) -> None:
        """Let a new file come only where a track is complete, or has its INDEX 00 at the end of the file before."""
        track = self.track
        if track is not None and not track.indexes:
            raise self.line.error(
                self.line.command.column, f"FILE within track {track.number:02}, which has no INDEX yet; expected INDEX"
            )

    def _check_complete(self) -> None:
        track = self.track
        if track is not None and 1 not in track.indexes:
            raise CueError(
                str(self.sheet.path), track.line, 1, f"track {track.number:02} has no INDEX 01; expected one below"
            )

    def _check_files(self) -> None:
        used = {id(file) for track in self.sheet.tracks for file, _ in track.indexes.values()}
        for file in self.sheet.files:
            if id(file) not in used:
                raise CueError(str(self.sheet.path), file.line, 1, "no track has an INDEX in this file; expected one")


COMMANDS: Final[Mapping[str, Callable[[_Parser], None]]] = MappingProxyType(
    {
        "REM": _Parser.remark,
        "CATALOG": _Parser.catalog,
        "CDTEXTFILE": _Parser.cd_text_file,
        "FILE": _Parser.file,
        "TRACK": _Parser.begin_track,
        "FLAGS": _Parser.flags,
        "ISRC": _Parser.isrc,
        "PREGAP": _Parser.pregap,
        "POSTGAP": _Parser.postgap,
        "INDEX": _Parser.index,
        **dict.fromkeys(TEXTS, _Parser.text),
    }
)
