"""What is on a CD: sessions, tracks with their gaps and indexes, codes and texts, asked of the drive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Final, TypeVar

from discstack.mmc import queries
from discstack.mmc.cd.codes import UNREADABLE, catalogue_number, recording_code
from discstack.mmc.cd.graphics import has_graphics
from discstack.mmc.cd.sectors import CdSector, SubChannels, read_sectors
from discstack.mmc.polling import persist, wait_ready
from discstack.mmc.procedure import Procedure
from discstack.mmc.spec.cd import sub_channel
from discstack.mmc.spec.cd.sector import SectorType, from_bcd
from discstack.mmc.spec.cd.text import CdTextBlock, parse_cd_text
from discstack.mmc.spec.commands import READ_TOC_PMA_ATIP
from discstack.mmc.spec.disc_information import LastSessionState
from discstack.mmc.spec.layout import StructureError
from discstack.mmc.spec.mode_page_values import SessionFormat
from discstack.mmc.spec.msf import PREGAP
from discstack.mmc.spec.profiles import Profile
from discstack.mmc.spec.toc import CdText, CdTextPack, QEntry, RawToc, TocFormat
from discstack.mmc.spec.track_information import DATA_TRACK

__all__ = ["CdContents", "CdTrackContents", "cd_contents", "holds_audio_alone"]

T = TypeVar("T")
WRITABLE: Final = frozenset({Profile.CD_R, Profile.CD_RW})
TOLD_OF: Final = (LastSessionState.EMPTY, LastSessionState.COMPLETE)  # by tables of contents, if there is anything
LONGEST_GAP: Final = 750  # blocks before a track's start that are searched for its pre-gap
STEP: Final = 25
NEIGHBOURS: Final = 3  # sectors before one that may tell its index
LAST_TRACK: Final = 99
POSITION: Final = sub_channel.POSITION
FIRST_TRACK, FINAL_TRACK, LEAD_OUT = 0xA0, 0xA1, 0xA2  # points


@dataclass(frozen=True, slots=True, kw_only=True)
class CdTrackContents:
    """A track as the disc has it: `start` is that of index 1, `first` that of the pre-gap, `end` where it ends.

    `kind` is what its first sector is; ANY where that cannot be read. `indexes` are the offsets from the start at which
    index 2 and so on begin. `graphics` tells that its sub-channels R to W hold pictures (CD+G), `cd_i` that its session
    is marked as one of CD-I, `copied` that its copy bit comes and goes: a copy of what may be copied once (SCMS).
    """

    number: int
    session: int
    control: int
    first: int
    start: int
    end: int
    kind: SectorType
    isrc: str = ""
    indexes: tuple[int, ...] = ()
    graphics: bool = False
    cd_i: bool = False
    copied: bool = False

    @property
    def is_audio(self) -> bool:
        """Whether the table of contents says so."""
        return not self.control & sub_channel.DATA


@dataclass(frozen=True, slots=True, kw_only=True)
class CdContents:
    """A whole CD."""

    tracks: tuple[CdTrackContents, ...]
    lead_outs: tuple[int, ...]
    catalogue: str = ""
    texts: tuple[CdTextBlock, ...] = ()
    packs: tuple[CdTextPack, ...] = ()


def cd_contents(*, gaps: bool = True) -> Procedure[CdContents]:
    """Ask for everything; with `gaps` the sub-channels are searched for pre-gaps, indexes and graphics.

    Raises CommandError where there is no CD with a table of contents, ResponseError where the drive tells only a part.
    """
    yield from wait_ready()
    toc = yield from persist(_table, swallow_attentions=True)
    entries = [entry for entry in toc.entries if entry.adr == POSITION and entry.p_time.valid]
    tracks = list(_tracks(entries))
    # all in front of a first track of audio is its pre-gap: a hidden track, at times
    if tracks and tracks[0].is_audio and tracks[0].start > 0:
        tracks[0] = replace(tracks[0], first=0)
    for place, track in enumerate(tracks):
        tracks[place] = yield from _examined(track, search=gaps and bool(place) and _follows(tracks, place))
    followers = [*tracks[1:], None]
    tracks = [_ended(track, after) for track, after in zip(tracks, followers, strict=False)]
    if gaps:
        for place, track in enumerate(tracks):
            tracks[place] = yield from _searched(track)
    packs = (yield from _optional(text_packs)) or ()
    return CdContents(
        tracks=tuple(tracks),
        lead_outs=tuple(entry.p_time.lba for entry in entries if entry.point == LEAD_OUT),
        catalogue=(yield from _optional(catalogue_number)) or "",
        texts=parse_cd_text(packs),
        packs=packs,
    )


def holds_audio_alone() -> Procedure[bool]:
    """Say whether the medium is a CD-R or CD-RW with complete sessions, all of whose tracks are audio.

    No table of contents tells of a session that is open: what of data is in it already is not to be passed over.
    """
    configuration = yield from persist(queries.current_configuration)
    if configuration.current_profile not in WRITABLE:
        return False
    table = yield from persist(lambda: _optional(_table))
    entries = table.entries if table is not None else ()
    tracks = [entry for entry in entries if entry.adr == POSITION and 1 <= entry.point <= LAST_TRACK]
    if not tracks or any(entry.control & DATA_TRACK for entry in tracks):
        return False
    disc = yield from persist(queries.disc_information)
    if disc.state_of_last_session in TOLD_OF:  # some drives tell nothing of the track that an empty one begins with
        return True
    for number in range(disc.first_track_number_in_last_session, disc.last_track_number_in_last_session + 1):
        track = yield from persist(partial(queries.track_information, number))
        if track.track_mode & DATA_TRACK and not track.blank:
            return False
    return True


def _table() -> Procedure[RawToc]:
    return (
        yield from queries.counted(
            READ_TOC_PMA_ATIP, _whole, 4, queries.behind(2), format=TocFormat.RAW_TOC, msf=True, track_session_number=1
        )
    )


def _whole(data: bytes) -> RawToc:
    """Refuse a table that was cut off: no track of those that it counts, and none's end, must be lost in silence."""
    toc = RawToc.parse(data)
    points = {(entry.session_number, entry.point): entry.pmin for entry in toc.entries if entry.adr == POSITION}
    for session in range(toc.first_complete_session_number, toc.last_complete_session_number + 1):
        ends = [points[session, point] for point in (FIRST_TRACK, FINAL_TRACK) if (session, point) in points]
        wanted = {LEAD_OUT, *range(min(ends), max(ends) + 1)} if ends else {LEAD_OUT}
        if any((session, point) not in points for point in wanted):
            raise StructureError(toc.layout.name, data, f"not all that it counts of session {session} is in it")
    return toc


def _tracks(entries: list[QEntry]) -> Iterator[CdTrackContents]:
    lead_outs = {entry.session_number: entry.p_time.lba for entry in entries if entry.point == LEAD_OUT}
    heads = (entry for entry in entries if entry.point == FIRST_TRACK)
    cd_i = {entry.session_number for entry in heads if entry.psec == SessionFormat.CD_I}
    points = sorted((entry for entry in entries if 1 <= entry.point <= LAST_TRACK), key=lambda entry: entry.point)
    for entry, following in pairwise([*points, None]):
        if entry is None:
            continue
        same = following is not None and following.session_number == entry.session_number
        start = entry.p_time.lba
        yield CdTrackContents(
            number=entry.point,
            session=entry.session_number,
            control=entry.control,
            first=start,
            start=start,
            end=following.p_time.lba if following is not None and same else lead_outs.get(entry.session_number, start),
            kind=SectorType.ANY,
            cd_i=entry.session_number in cd_i,
        )


def _follows(tracks: list[CdTrackContents], place: int) -> bool:
    return tracks[place - 1].session == tracks[place].session


def _examined(track: CdTrackContents, *, search: bool) -> Procedure[CdTrackContents]:
    """Add what has to be read of a track: its kind, its ISRC, its pre-gap."""
    sectors = yield from _optional(partial(read_sectors, track.start, 1))
    kind = SectorType.ANY
    if sectors:
        kind = SectorType.AUDIO if track.is_audio else sectors[0].kind
    isrc = (yield from _optional(partial(recording_code, track.number))) if track.is_audio else ""
    first = (yield from _pre_gap(track)) if search else track.first
    return replace(track, kind=kind, isrc=isrc or "", first=first)


def _pre_gap(track: CdTrackContents) -> Procedure[int]:
    """Go back from a track's start as long as Q says that it is the track's index 0."""
    first = track.start
    for start in range(track.start - STEP, max(track.start - LONGEST_GAP, -PREGAP), -STEP):
        sectors = yield from _optional(partial(read_sectors, start, STEP, sub=SubChannels.Q))
        if not sectors:
            break
        inside = [_is_index_0(sector.q, track.number) for sector in sectors]
        if False in inside:
            behind = len(inside) - inside[::-1].index(False)
            return first if behind == STEP else sectors[behind].lba
        first = start
    return first


def _is_index_0(q: bytes | None, number: int) -> bool | None:
    """Say whether Q is of a track's pre-gap; None where it tells something else than the position."""
    if q is None or q[0] & 0x0F != POSITION:
        return None
    return from_bcd(q[1]) == number and q[2] == 0


def _ended(track: CdTrackContents, after: CdTrackContents | None) -> CdTrackContents:
    """Let a track end where the pre-gap of the next one begins."""
    if after is None or after.session != track.session:
        return track
    return replace(track, end=after.first)


def _searched(track: CdTrackContents) -> Procedure[CdTrackContents]:
    """Add what only the sub-channels of a track tell: its indexes and whether there are graphics."""
    if not track.is_audio:
        return track
    indexes = yield from _indexes(track)
    copied = False
    for start in (track.start, (track.start + track.end - STEP) // 2):
        sectors = (yield from _optional(partial(read_sectors, start, STEP, sub=SubChannels.RAW))) or ()
        copied = copied or _alternates(sectors, track.number)
        if has_graphics(sectors):
            return replace(track, indexes=indexes, graphics=True, copied=copied)
    return replace(track, indexes=indexes, copied=copied)


def _alternates(sectors: Iterable[CdSector], number: int) -> bool:
    """Say whether the copy bit of a track comes and goes; Q may come some sectors late, and be of the one before."""
    blocks = (sector.q for sector in sectors)
    return len({q[0] >> 4 & sub_channel.COPY for q in blocks if q is not None and _is_position(q, number)}) > 1


def _indexes(track: CdTrackContents) -> Procedure[tuple[int, ...]]:
    """Halve a track again and again to find where its index rises; one sector late where that one tells a code."""
    last = yield from _index_at(track, track.end - 1)
    found: list[int] = []
    for index in range(2, last + 1):
        low, high = track.start + (found[-1] if found else 0), track.end - 1
        while high - low > 1:
            middle = (low + high) // 2
            at = yield from _index_at(track, middle)
            low, high = (low, middle) if at >= index else (middle, high)
        found.append(high - track.start)
    return tuple(dict.fromkeys(found))


def _index_at(track: CdTrackContents, lba: int) -> Procedure[int]:
    """Return the index at an address, or right before it, as some sectors tell a code instead."""
    first = max(lba - NEIGHBOURS, track.start)
    sectors = (yield from _optional(partial(read_sectors, first, lba - first + 1, sub=SubChannels.Q))) or ()
    told = [sector.q for sector in sectors if _is_position(sector.q, track.number)]
    return from_bcd(told[-1][2]) if told and told[-1] is not None else 1


def _is_position(q: bytes | None, number: int) -> bool:
    return q is not None and q[0] & 0x0F == POSITION and from_bcd(q[1]) == number


def _optional(query: Callable[[], Procedure[T]]) -> Procedure[T | None]:
    try:
        return (yield from persist(query, swallow_attentions=True))
    except UNREADABLE:
        return None


def text_packs() -> Procedure[tuple[CdTextPack, ...]]:
    """Ask for the packs of CD-TEXT; CommandError where there are none, or the drive does not know them."""
    found = yield from queries.counted(
        READ_TOC_PMA_ATIP, CdText.parse, 4, queries.behind(2), format=TocFormat.CD_TEXT, track_session_number=0
    )
    return found.packs
