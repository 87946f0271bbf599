"""READ TOC/PMA/ATIP (MMC-6 6.25): the formats of all media; those of CDs come from the disc."""

from __future__ import annotations

from discstack.emulator.conditions import NO_TABLE_OF_CONTENTS, Refusal, invalid_field
from discstack.emulator.drive import Drive
from discstack.emulator.media.base import Medium
from discstack.emulator.request import Request
from discstack.mmc.spec.layout import Structure
from discstack.mmc.spec.msf import HIGHEST, Msf
from discstack.mmc.spec.toc import LEAD_OUT_TRACK, MultiSessionInformation, Toc, TocFormat, TocTrack


def read_toc_pma_atip(drive: Drive, request: Request, *, msf: bool, format: int, track_session_number: int) -> bytes:
    """READ TOC/PMA/ATIP; drives made to SFF-8020 find the format in the control byte too."""
    answer = _answer(drive.loaded, format or request.cdb[9] >> 6, msf, track_session_number)
    if answer is None:
        raise invalid_field(2)
    return answer.build()


def _answer(medium: Medium, code: int, msf: bool, first: int) -> Structure | None:
    if code == TocFormat.FORMATTED_TOC:
        return _toc(medium, msf, first)
    if code == TocFormat.MULTI_SESSION_INFORMATION:
        return _multi_session_information(medium, msf)
    return medium.raw_toc(code, first)


def _address(lba: int, msf: bool) -> int:
    # a DVD or BD has addresses that no time can tell
    return Msf.from_lba(min(lba, HIGHEST)).number if msf else lba


def _toc(medium: Medium, msf: bool, first: int) -> Toc:
    tracks = medium.recorded()
    if not tracks:
        raise Refusal(NO_TABLE_OF_CONTENTS)
    last = tracks[-1]
    if first > last.logical_track_number and first != LEAD_OUT_TRACK:
        raise invalid_field(6)
    rows = [(t.logical_track_number, t.track_mode, t.logical_track_start_address) for t in tracks]
    rows = [(number & 0xFF, control, lba) for number, control, lba in rows if number >= first]
    rows.append((LEAD_OUT_TRACK, last.track_mode, medium.lead_out(last.session_number)))
    return Toc(
        first_track_number=tracks[0].logical_track_number,
        last_track_number=last.logical_track_number & 0xFF,
        tracks=tuple(
            TocTrack(control=control, track_number=number, track_start_address=_address(lba, msf))
            for number, control, lba in rows
        ),
    )


def _multi_session_information(medium: Medium, msf: bool) -> MultiSessionInformation:
    tracks = medium.recorded()
    if not tracks:
        raise Refusal(NO_TABLE_OF_CONTENTS)
    last = tracks[-1].session_number
    first_track = next(track for track in tracks if track.session_number == last)
    return MultiSessionInformation(
        last_complete_session_number=last & 0xFF,
        control=first_track.track_mode,
        first_track_number_in_last_complete_session=first_track.logical_track_number & 0xFF,
        start_address_of_first_track_in_last_session=_address(first_track.logical_track_start_address, msf),
    )
