"""What the lead-ins, the program memory area and the pre-groove of a CD say (MMC-6 6.25)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from discstack.emulator.media.compact.parts import CdSession, CdTrack
from discstack.mmc.spec.cd.sub_channel import DATA
from discstack.mmc.spec.counted import each
from discstack.mmc.spec.msf import Msf
from discstack.mmc.spec.toc import Atip, CdText, CdTextPack, QEntry

LEAD_IN_START: Final = Msf(97, 26, 66)
MODE_5: Final = 5  # ADR of the entries about sessions
FIRST_TRACK, LAST_TRACK, LEAD_OUT, NEXT_SESSION, PRE_GROOVE = 0xA0, 0xA1, 0xA2, 0xB0, 0xC0  # points
ZERO: Final = Msf(0, 0, 0)
NOWHERE: Final = Msf(0xFF, 0xFF, 0xFF)


def q_entry(point: int, session: int, control: int, running: Msf = ZERO, pointed: Msf = ZERO, **fields: int) -> QEntry:
    """Return an entry of a lead-in or of the PMA; `fields` overrule the times."""
    times = {"min": running.minute, "sec": running.second, "frame": running.frame}
    pointed_times = {"pmin": pointed.minute, "psec": pointed.second, "pframe": pointed.frame}
    return QEntry(session_number=session, control=control, point=point, **{**times, **pointed_times, **fields})


def session_entries(
    number: int,
    session: CdSession,
    tracks: Sequence[tuple[int, CdTrack]],
    lead_out: int,
    following: int | None,
    end: int,
) -> Iterator[QEntry]:
    """Tell what the lead-in of a session holds.

    `following` is where the program area of the next one may begin, `end` where the last lead-out can start at the
    latest.
    """
    if session.entries:
        yield from each(QEntry, bytes.fromhex(session.entries))
        return
    first, last = tracks[0], tracks[-1]
    yield q_entry(FIRST_TRACK, number, first[1].control, pmin=first[0], psec=session.disc_type)
    yield q_entry(LAST_TRACK, number, last[1].control, pmin=last[0])
    yield q_entry(LEAD_OUT, number, last[1].control, pointed=Msf.from_lba(lead_out))
    for point, track in tracks:
        yield q_entry(point, number, track.control, pointed=Msf.from_lba(track.start))
    if following is not None or session.points_nowhere:
        pointers = 2 if number == 1 else 1
        control = first[1].control & DATA
        running = NOWHERE if following is None else Msf.from_lba(following)
        yield q_entry(NEXT_SESSION, number, control, running, Msf.from_lba(end), adr=MODE_5, zero=pointers)
        if number == 1:
            yield q_entry(PRE_GROOVE, number, control, pointed=LEAD_IN_START, adr=MODE_5)


def program_memory(tracks: Sequence[tuple[int, CdTrack]]) -> tuple[QEntry, ...]:
    """Tell what the PMA holds: where tracks start and end that are closed or reserved."""
    return tuple(
        q_entry(number, 0, track.control, Msf.from_lba(track.start + size), Msf.from_lba(track.start))
        for number, track in tracks
        if (size := track.size) is not None and (track.closed or not track.whole)
    )


def pre_groove(end: int, *, erasable: bool) -> Atip:
    """Tell what the pre-groove says of a disc whose last lead-out may begin at `end`."""
    return Atip(
        itwp=5,
        reference_speed=1,
        uru=True,
        disc_type=erasable,
        start_time_of_lead_in=LEAD_IN_START.number,
        last_possible_start_time_of_lead_out=Msf.from_lba(end).number,
    )


def cd_text(sessions: Sequence[CdSession]) -> CdText | None:
    """Return the packs of the first session that has any."""
    found = next((session.cd_text for session in sessions if session.cd_text), None)
    return CdText(packs=each(CdTextPack, bytes.fromhex(found))) if found else None
