"""Raw sessions: what the lead-in and the sub-channels that the host composed make of the disc."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from discstack.emulator.media.compact.encode import Sector
from discstack.emulator.media.compact.parts import CdSession, CdTrack
from discstack.emulator.media.compact.toc import FIRST_TRACK, LAST_TRACK, LEAD_OUT, NEXT_SESSION
from discstack.mmc.spec.cd import sub_channel
from discstack.mmc.spec.cd.sector import SectorType, from_bcd, sector_type
from discstack.mmc.spec.cd.text import collect
from discstack.mmc.spec.counted import join
from discstack.mmc.spec.toc import QEntry


@dataclass(frozen=True, slots=True)
class Composed:
    """A raw session as its sub-channels tell of it."""

    session: CdSession
    tracks: list[CdTrack]
    lead_out: int
    open_ended: bool  # there is a pointer to where another session may begin


def lead_in_entries(channels: Iterable[bytes], session: int) -> list[QEntry]:
    """Return the entries of a lead-in in the order in which they come first; damaged ones are left out."""
    found: dict[tuple[int, int], QEntry] = {}
    for sector in channels:
        q = sector[12:24]
        if (q[0] & 0x0F, from_bcd(q[2])) in found:
            continue
        if sub_channel.intact(q) and q[1] == sub_channel.LEAD_IN_TRACK and q[0] & 0x0F != sub_channel.CATALOGUE:
            entry = sub_channel.entry_of(q, session)
            if entry.adr == sub_channel.POSITION:
                entry = replace(entry, min=0, sec=0, frame=0)  # the running time
            found[entry.adr, entry.point] = entry
    return list(found.values())


def texts_of(channels: Iterable[bytes]) -> str:
    """Return the CD-TEXT packs of a lead-in in hexadecimal, each once, in their order."""
    found: dict[bytes, None] = {}
    for sector in channels:
        if not any(sector[24:]):
            continue
        symbols = sub_channel.interleave(bytes(24) + sector[24:])
        found.update(dict.fromkeys(pack.build() for pack in collect(symbols)))
    ordered = sorted(found, key=lambda pack: (pack[3] >> 4 & 0x07, pack[2]))
    return b"".join(ordered).hex()


def understand(
    lead_in: list[bytes], program: Iterator[tuple[int, Sector]], session: int, start: int, end: int
) -> Composed | None:
    """Make tracks of a raw session between `start` and `end`; None where its lead-in does not tell enough."""
    entries = lead_in_entries(lead_in, session)
    points = {entry.point: entry for entry in entries}
    if not {FIRST_TRACK, LAST_TRACK, LEAD_OUT} <= points.keys():
        return None
    numbers = range(points[FIRST_TRACK].pmin, points[LAST_TRACK].pmin + 1)
    lead_out = points[LEAD_OUT].p_time
    starts = [points[number] for number in numbers if number in points and points[number].p_time.valid]
    if not starts or len(starts) != len(numbers) or not lead_out.valid or lead_out.lba > end:
        return None
    tracks = [CdTrack(session, entry.p_time.lba, control=entry.control, stored=True, whole=True) for entry in starts]
    catalogue = _walk(tracks, numbers.start, program, lead_out.lba)
    tracks[0].pregap = max(tracks[0].pregap, tracks[0].start - start)
    for track, following in zip(tracks, [*tracks[1:], None], strict=True):
        track.size = track.written = (following.first if following else lead_out.lba) - track.start
    pointer = points.get(NEXT_SESSION)
    kept = CdSession(
        disc_type=points[FIRST_TRACK].psec,
        catalogue=catalogue,
        cd_text=texts_of(lead_in),
        entries=join(entries).hex(),
        first_track=numbers.start,
    )
    return Composed(kept, tracks, lead_out.lba, pointer is not None and pointer.time.valid)


def _walk(tracks: list[CdTrack], first: int, program: Iterator[tuple[int, Sector]], lead_out: int) -> str:
    """Take forms, pre-gaps, indexes and codes from the program area; return the catalogue number."""
    catalogue = ""
    for lba, recorded in program:
        q = recorded.channels[12:24]
        if lba >= lead_out or not sub_channel.intact(q):
            continue
        adr, number = q[0] & 0x0F, from_bcd(q[1]) - first
        if adr == sub_channel.CATALOGUE:
            catalogue = sub_channel.catalogue_of(q)
        current = next((track for track in reversed(tracks) if track.start <= lba), tracks[0])
        if adr == sub_channel.RECORDING:
            current.isrc = sub_channel.recording_of(q)
        if adr != sub_channel.POSITION or not 0 <= number < len(tracks):
            continue
        track, index = tracks[number], from_bcd(q[2])
        if lba == track.start:
            track.form = SectorType.AUDIO if track.is_audio else int(sector_type(recorded.main))
        if index == 0 and lba < track.start:
            track.pregap = max(track.pregap, track.start - lba)
        elif index == len(track.indexes) + 2:
            track.indexes.append(lba - track.start)
    return catalogue
