"""From files and cue sheets to the program of a session."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from discstack.audio.cue_file import MODES, CueFile, CueSheet, CueTrack
from discstack.audio.errors import AudioFormatError, CueError
from discstack.audio.graphics import Run, graphics_beside, packs_of
from discstack.audio.pieces import FilePiece, Joined, Piece, size_of
from discstack.audio.samples import SECTOR, audio_piece, has_head
from discstack.audio.sub_channels import PacksWithin, packs_beside, packs_within
from discstack.audio.texts import AlbumPacks, album_packs, packs_in_file
from discstack.fs.errors import SourceError
from discstack.fs.system_paths import path_of
from discstack.mmc.cd.graphics import SPREAD
from discstack.mmc.cd.program import Program, ProgramTrack, TrackForm
from discstack.mmc.spec.cd.text import PackType
from discstack.mmc.spec.msf import PREGAP

__all__ = ["AudioTrack", "program_of", "program_of_sheet"]

# Of the modes of tracks: what they are written as, and where in a sector of the file that begins
FORMS: Final[Mapping[str, tuple[TrackForm, int]]] = MappingProxyType(
    {
        "AUDIO": (TrackForm.AUDIO, 0),
        "CDG": (TrackForm.AUDIO, 0),
        "MODE1/2048": (TrackForm.MODE_1, 0),
        "MODE1/2352": (TrackForm.MODE_1, 16),
        "MODE2/2048": (TrackForm.XA_FORM_1, 0),
        "MODE2/2324": (TrackForm.XA_FORM_2, 0),
        "CDI/2336": (TrackForm.XA_MIXED, 0),
        "CDI/2352": (TrackForm.XA_MIXED, 16),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioTrack:
    """An audio file as a track, with what the disc is to say of it. `indexes` and `pregap` are in sectors of 1/75 s.

    `graphics` is a CDG file that goes into the sub-channels beside the samples; where it is longer, silence follows
    these.
    """

    path: str | os.PathLike[str]
    title: str = ""
    performer: str = ""
    songwriter: str = ""
    isrc: str = ""
    pre_emphasis: bool = False
    copy_permitted: bool = False
    pregap: int | None = None
    indexes: tuple[int, ...] = ()
    graphics: str | os.PathLike[str] | None = None

    @property
    def has_texts(self) -> bool:
        """Whether there is anything for CD-TEXT."""
        return any((self.title, self.performer, self.songwriter))

    def track(self) -> ProgramTrack:
        """Open the files far enough to know their length; SourceError or AudioFormatError if one cannot be taken."""
        source = Joined([audio_piece(path_of(self.path))], SECTOR)
        packs = packs_of([(path_of(self.graphics), 0, None)]) if self.graphics is not None else None
        return ProgramTrack(
            source=source,
            packs=packs,
            postgap=max(packs.sectors - source.sectors, 0) if packs is not None else 0,
            pregap=self.pregap,
            indexes=self.indexes,
            isrc=self.isrc,
            pre_emphasis=self.pre_emphasis,
            copy_permitted=self.copy_permitted,
        )


def program_of(
    tracks: Sequence[AudioTrack], *, catalogue: str = "", title: str = "", performer: str = "", cd_text: bool = True
) -> Program:
    """Make a program of files, with CD-TEXT where there is a title, performer or songwriter."""
    texts = {
        PackType.TITLE: (title, *(track.title for track in tracks)),
        PackType.PERFORMER: (performer, *(track.performer for track in tracks)),
        PackType.SONGWRITER: ("", *(track.songwriter for track in tracks)),
    }
    album = album_packs(texts, len(tracks)) if cd_text else AlbumPacks()
    return Program(
        tracks=tuple(track.track() for track in tracks),
        catalogue=catalogue,
        cd_text=album.packs,
        notices=album.notices,
    )


def program_of_sheet(
    sheet: CueSheet, *, session: int | None = None, cd_text: bool = True, graphics: bool = False
) -> Program:
    """Make a program of a cue sheet; raises CueError with the line where a file does not hold what the sheet says.

    `session` says which of several sessions. With `graphics` the CDG files beside audio files and the SUB files beside
    BIN files belong to it; SourceError where there are none.
    """
    lengths = {id(file): _length(file, sheet) for file in sheet.files}
    places = _places(sheet, session)
    tracks = [_track(sheet, place, lengths) for place in places]
    if graphics:
        tracks = [_with_graphics(sheet, place, track) for place, track in zip(places, tracks, strict=True)]
        if not any(track.packs for track in tracks):
            raise SourceError(
                str(sheet.path), "there are no graphics in CDG or SUB files beside the files that it names"
            )
    album = AlbumPacks()
    if cd_text and sheet.cd_text_file is None:
        album = _texts(sheet, places)
    elif cd_text and sheet.cd_text_file is not None and not places[0]:  # it is of the first session
        album = AlbumPacks(packs_in_file(sheet.cd_text_file))
    cd_i = any(sheet.tracks[place].mode.startswith("CDI/") for place in places)
    return Program(
        tracks=tuple(tracks),
        catalogue=sheet.catalog,
        cd_text=album.packs,
        cd_i=cd_i,
        first_number=_first(sheet, places[0]),
        notices=album.notices,
    )


def _first(sheet: CueSheet, place: int) -> int | None:
    """Return the number that a session begins with; sheets for whatever is next on a disc begin with 1."""
    number = sheet.tracks[place].number
    return number if number > 1 else None


def _places(sheet: CueSheet, session: int | None) -> list[int]:
    """Return which of its tracks are in a session; CueError where it has several and none was chosen, or not that."""
    numbers = sheet.sessions
    if session is None and len(numbers) > 1:
        track = next(track for track in sheet.tracks if track.session != numbers[0])
        known = ", ".join(map(str, numbers))
        raise CueError(str(sheet.path), track.line, 1, f"sessions {known} are recorded one by one; expected a choice")
    if session is not None and session not in numbers:
        raise CueError(str(sheet.path), 1, 1, f"the sheet has no session {session}")
    return [place for place, track in enumerate(sheet.tracks) if session in (None, track.session)]


def _texts(sheet: CueSheet, places: Sequence[int]) -> AlbumPacks:
    tracks = [sheet.tracks[place] for place in places]
    album = {} if places[0] else sheet.texts
    kinds = sorted({*album, *(kind for track in tracks for kind in track.texts)})
    texts = {kind: (album.get(kind, ""), *(track.texts.get(kind, "") for track in tracks)) for kind in kinds}
    packed = album_packs(texts, len(tracks), first=tracks[0].number)
    return replace(packed, notices=(*_guess(sheet, texts), *packed.notices))


def _guess(sheet: CueSheet, texts: Mapping[PackType, tuple[str, ...]]) -> Iterator[str]:
    """Tell of an encoding that was guessed, if anything that is recorded depends on it."""
    unsure = [text for words in texts.values() for text in words if not text.isascii()]
    if sheet.guessed and unsure:
        taken = f"taken for {sheet.guessed}, as in {unsure[0]!r}"
        yield f"{sheet.path.name} is no UTF-8, and {taken}; if it is another, name it"


def _length(file: CueFile, sheet: CueSheet) -> tuple[Piece | None, int]:
    """Return the samples of an audio file (None for a binary one) and its length in bytes."""
    try:
        if file.kind in ("BINARY", "MOTOROLA"):
            size = size_of(file.path)
            if next(track for track in sheet.tracks if _uses(track, file)).is_audio and has_head(file.path):
                what = f"{file.path.name} is an audio file with a header, no bare sectors; expected its type"
                raise CueError(str(sheet.path), file.line, 1, f"{what} instead of {file.kind}")
            return None, size
        piece = audio_piece(file.path)
    except (SourceError, AudioFormatError) as error:
        error.add_note(f"line {file.line} of {sheet.path} names it")
        raise
    return piece, piece.size


def _track(sheet: CueSheet, place: int, lengths: dict[int, tuple[Piece | None, int]]) -> ProgramTrack:
    track = sheet.tracks[place]
    runs = list(_runs(sheet, place))
    _check_beginnings(sheet, place, runs)
    pieces = [_piece(sheet, track, file, start, end, lengths[id(file)]) for file, start, end in runs]
    lead = 0
    if 0 in track.indexes:
        same_file = track.indexes[0][0] is track.indexes[1][0]
        lead = track.indexes[1][1] - track.indexes[0][1] if same_file else pieces[0].size // MODES[track.mode]
    form, cut = _form(sheet, track, runs[0][0], runs[0][1])
    source = Joined(pieces, form.size, stride=MODES[track.mode], cut=cut)
    base = track.indexes[1][1]
    offsets = tuple(at - base for number, (_, at) in sorted(track.indexes.items()) if number > 1)
    packs = _packs_within(sheet, place, pieces) if track.mode == "CDG" else None
    # what lies before a first track of audio begins at address 0, behind a pause that no file holds; data's holds that
    hidden = lead and not place and track.is_audio
    try:
        return ProgramTrack(
            source=source,
            form=form,
            pregap=max(track.pregap or 0, PREGAP) if hidden else track.pregap,
            lead=lead,
            postgap=track.postgap,
            indexes=offsets,
            isrc=track.isrc if track.is_audio else "",
            pre_emphasis="PRE" in track.flags,
            copy_permitted="DCP" in track.flags,
            four_channels="4CH" in track.flags,
            copied="SCMS" in track.flags,
            packs=packs,
        )
    except ValueError as error:
        raise CueError(str(sheet.path), track.line, 1, f"track {track.number:02}: {error}") from error


def _check_beginnings(sheet: CueSheet, place: int, runs: Sequence[tuple[CueFile, int, int | None]]) -> None:
    """Refuse to leave out the beginning of a file in silence."""
    track = sheet.tracks[place]
    for file, start, _ in runs:
        if start and not any(_uses(earlier, file) for earlier in sheet.tracks[:place]):
            what = (
                f"what lies before track {track.number:02} in {file.path.name} belongs to none; expected INDEX 00 there"
            )
            raise CueError(str(sheet.path), track.line, 1, what)


def _packs_within(sheet: CueSheet, place: int, pieces: list[Piece]) -> PacksWithin | None:
    """Return the packs that a CDG track has in the sectors of its file."""
    last, behind = pieces[-1], None
    following = sheet.tracks[place + 1] if place + 1 < len(sheet.tracks) else None
    if isinstance(last, FilePiece) and following is not None and following.mode == "CDG":
        end = last.offset + last.size
        behind = FilePiece(last.path, end, max(min(size_of(last.path) - end, (SPREAD - 1) * MODES["CDG"]), 0))
    return packs_within(str(sheet.path), pieces, behind, stride=MODES["CDG"], cut=SECTOR)


def _with_graphics(sheet: CueSheet, place: int, track: ProgramTrack) -> ProgramTrack:
    """Add the packs of a track from the CDG files beside its audio files, or the SUB file beside its BIN file.

    The last part of a CDG file goes to its end.
    """
    runs = list(_runs(sheet, place))
    if not track.form.is_audio or track.has_packs:
        return track
    if len(runs) == 1 and runs[0][0].kind in ("BINARY", "MOTOROLA"):
        return replace(track, packs=packs_beside(runs[0][0].path, range(runs[0][1], runs[0][1] + track.source.sectors)))
    beside = [graphics_beside(file.path) for file, _, _ in runs]
    if None in beside:
        return track
    lengths = [audio_piece(file.path).size // SECTOR if end is None else end for file, _, end in runs]
    parts = zip(runs, beside, lengths, strict=True)
    found: list[Run] = [(path, start, end - start) for (_, start, _), path, end in parts if path is not None]
    if runs[-1][2] is None:
        found[-1] = (found[-1][0], found[-1][1], None)
    packs = packs_of(found)
    return replace(track, packs=packs, postgap=max(track.postgap, packs.sectors - track.source.sectors))


def _runs(sheet: CueSheet, place: int) -> Iterator[tuple[CueFile, int, int | None]]:
    """Give the parts of files that a track takes: file, start, and end (None for the file's)."""
    track = sheet.tracks[place]
    following = sheet.tracks[place + 1] if place + 1 < len(sheet.tracks) else None
    groups: list[tuple[CueFile, int]] = []
    for _, (file, at) in sorted(track.indexes.items()):
        if not groups or groups[-1][0] is not file:
            groups.append((file, at))
    for position, (file, start) in enumerate(groups):
        last = position == len(groups) - 1
        end = None
        if last and following is not None:
            next_file, next_at = following.indexes[min(following.indexes)]
            end = next_at if next_file is file else None
        yield file, start, end


def _piece(
    sheet: CueSheet, track: CueTrack, file: CueFile, start: int, end: int | None, length: tuple[Piece | None, int]
) -> Piece:
    samples, size = length
    stride = MODES[track.mode]
    offset = _offset(sheet, file, start)
    until = size if end is None else _offset(sheet, file, end)
    if offset >= size or until > size:
        raise CueError(
            str(sheet.path),
            track.line,
            1,
            f"track {track.number:02} goes to byte {max(offset, until)} of {file.path.name}, which has {size} bytes",
        )
    if samples is None:
        if (until - offset) % stride and end is not None:
            raise CueError(str(sheet.path), track.line, 1, f"track {track.number:02} is not made of whole sectors")
        return FilePiece(file.path, offset, until - offset, swap=file.kind == "MOTOROLA")
    if not track.is_audio:
        raise CueError(str(sheet.path), track.line, 1, f"a {track.mode} track needs a BINARY file, not {file.kind}")
    return _part(samples, offset, until - offset)


def _part(samples: Piece, offset: int, size: int) -> Piece:
    if isinstance(samples, FilePiece):
        return FilePiece(samples.path, samples.offset + offset, size)
    return Slice(samples, offset, size)


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of samples that have to be decoded from the start."""

    samples: Piece
    offset: int
    size: int

    def open(self) -> SliceStream:
        """Decode up to the part's first byte."""
        return SliceStream(self)


class SliceStream:
    """The bytes of a part of decoded samples."""

    def __init__(self, part: Slice) -> None:
        self._stream, self._left = part.samples.open(), part.size
        skipped = memoryview(bytearray(1 << 16))
        to_skip = part.offset
        while to_skip:
            count = self._stream.readinto(skipped[: min(len(skipped), to_skip)])
            if not count:
                break
            to_skip -= count

    def readinto(self, buffer: memoryview, /) -> int:
        """Decode on; 0 at the end of the part."""
        count = self._stream.readinto(buffer[: self._left]) if self._left else 0
        self._left -= count
        return count


def _offset(sheet: CueSheet, file: CueFile, frames: int) -> int:
    """Return where in a file a time lies: the tracks in it may have sectors of different sizes."""
    if file.kind not in ("BINARY", "MOTOROLA"):
        return frames * SECTOR
    users = [(min(at for where, at in t.indexes.values() if where is file), t) for t in sheet.tracks if _uses(t, file)]
    bounds = pairwise((0, *(start for start, _ in users[1:]), max(frames, users[-1][0]) + 1))
    return sum(
        max(min(frames, high) - low, 0) * MODES[owner.mode]
        for (low, high), (_, owner) in zip(bounds, users, strict=True)
    )


def _uses(track: CueTrack, file: CueFile) -> bool:
    return any(where is file for where, _ in track.indexes.values())


def _form(sheet: CueSheet, track: CueTrack, file: CueFile, start: int) -> tuple[TrackForm, int]:
    """Return what a track is written as, and where in a sector of its file that begins."""
    if track.mode in FORMS:
        return FORMS[track.mode]
    cut = 0 if track.mode == "MODE2/2336" else 16
    with file.path.open("rb") as opened:
        opened.seek(_offset(sheet, file, start) + cut)
        sub_header = opened.read(8)
    is_xa = sub_header[:4] == sub_header[4:]
    return (TrackForm.XA_MIXED if is_xa else TrackForm.MODE_2), cut
