"""Comparing the table of contents, and the texts and codes beside it, with what was planned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from discstack.mmc import queries
from discstack.mmc.cd.codes import (
    UNREADABLE,
    catalogue_number,
    catalogue_number_in_q,
    recording_code,
    recording_code_in_q,
)
from discstack.mmc.cd.contents import text_packs
from discstack.mmc.cd.program import Layout, Placed
from discstack.mmc.cd.session import Session
from discstack.mmc.errors import AbortedCommand, CommandError, HardwareError
from discstack.mmc.medium import DiscState, MediumStatus
from discstack.mmc.outcome import check_untouched, unplanned
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Phase, Procedure
from discstack.mmc.spec.toc import CdTextPack, QEntry

T = TypeVar("T")
LEAD_OUT_POINT = 0xA2
LATE = 25  # sectors behind a track's start after which no drive's Q is that of the track before


def check_contents(session: Session, layout: Layout, after: MediumStatus) -> Procedure[tuple[Placed, ...]]:
    """Raise DiscStateError unless the disc shows the planned tracks in the planned state; return where they are."""
    if session.job.simulate:
        check_untouched(session.work.status, after)
        return layout.tracks
    yield from check_state(session, after)
    placed = tuple(_moved(session, track) for track in layout.tracks)
    lead_out = None if session.starts else layout.lead_out
    yield from check_table(placed, lead_out, after)
    if layout.program.cd_text and after.sessions == 1:
        yield from _check_texts(session, layout.program.cd_text, after)
    yield from check_codes(session, placed, after)
    return placed


def check_state(session: Session, after: MediumStatus) -> Procedure[None]:
    """Raise DiscStateError unless the session is closed and the disc as open as was asked for."""
    planned = DiscState.FINALIZED if session.job.close else DiscState.APPENDABLE
    if after.state is DiscState.FINALIZED and planned is DiscState.APPENDABLE:
        yield from session.work.notice(Phase.FINALISING, "the drive finalized the disc: no session can follow")
    elif after.state is not planned:
        raise unplanned(f"the disc should be {planned.value} now", after)
    if after.open_session:
        raise unplanned("the session did not get closed", after)


def check_table(placed: tuple[Placed, ...], lead_out: int | None, after: MediumStatus) -> Procedure[None]:
    """Raise DiscStateError unless the last session's table of contents shows these tracks, and that lead-out."""
    number = max(after.sessions, 1)
    toc = yield from persist(partial(queries.raw_toc, number))
    entries = {entry.point: entry for entry in toc.entries if entry.session_number == number and entry.adr == 1}
    for track in placed:
        _check_track(track, entries.get(track.number), after)
    if lead_out is not None:
        _check_lead_out(lead_out, entries.get(LEAD_OUT_POINT), after)


def check_codes(session: Session, placed: tuple[Placed, ...], after: MediumStatus) -> Procedure[None]:
    """Raise DiscStateError for another media catalogue number or ISRC than the planned; tell of those not shown.

    Where the drive tells another than the planned, the sub-channel Q decides: some tell the ISRC of a neighbour. So it
    does behind other sessions, which may have catalogue numbers of their own.
    """
    if session.catalogue:
        first = next((track for track in placed if track.plan.form.is_audio), placed[0])
        search = partial(catalogue_number_in_q, first.start)
        ways = (catalogue_number, search) if after.sessions == 1 else (search,)
        yield from _check_code(session, "the media catalogue number", session.catalogue, after, *ways)
    codes = {track.plan.isrc for track in placed}
    for track in placed:
        if track.plan.isrc:
            told = partial(_told, track.number, codes - {track.plan.isrc})
            search = partial(recording_code_in_q, track.start + LATE)
            yield from _check_code(session, f"the ISRC of track {track.number}", track.plan.isrc, after, told, search)


def _told(number: int, others: set[str]) -> Procedure[str]:
    """Ask for the ISRC of a track; that of another one says nothing of this."""
    code = yield from recording_code(number)
    return "" if code in others else code


def _check_code(
    session: Session, name: str, wanted: str, after: MediumStatus, *ways: Callable[[], Procedure[str]]
) -> Procedure[None]:
    """Ask for a code in one way after the other until it is the wanted one; the last that told one decides."""
    found = ""
    for way in ways:
        found = (yield from _readable(session, name, way)) or found
        if found == wanted:
            return
    if found:
        raise unplanned(f"{name} is {found} on the disc, not {wanted}", after)
    what = f"the drive does not show {name}: another one may tell if it is there"
    yield from session.work.notice(Phase.FINALISING, what)


def _readable(session: Session, name: str, query: Callable[[], Procedure[T]]) -> Procedure[T | None]:
    """Ask for what not every drive can read; None where this one cannot, or fails, which is told.

    That says nothing of the disc, which is closed by then; an error of an earlier command would.
    """
    try:
        return (yield from persist(query))
    except (*UNREADABLE, HardwareError, AbortedCommand) as error:
        if isinstance(error, CommandError) and error.sense.deferred:
            raise
        if isinstance(error, (HardwareError, AbortedCommand)):
            yield from session.work.notice(Phase.FINALISING, f"the drive failed to read {name}: {error}")
        return None


def _check_texts(session: Session, planned: tuple[CdTextPack, ...], after: MediumStatus) -> Procedure[None]:
    """Raise DiscStateError for other texts than the planned; a drive that shows less may not be able to read them."""
    found = (yield from _readable(session, "CD-TEXT", text_packs)) or ()
    shown, wanted = {pack.build() for pack in found if pack.crc_valid}, {pack.build() for pack in planned}
    if shown - wanted:
        raise unplanned(f"{len(shown - wanted)} packs of CD-TEXT on the disc are others than were written", after)
    if shown != wanted:
        what = f"the drive shows {len(shown)} of {len(wanted)} packs of CD-TEXT: another one may tell if they are there"
        yield from session.work.notice(Phase.FINALISING, what)


def _moved(session: Session, track: Placed) -> Placed:
    """Return a track where track at once has put it."""
    start = session.starts.get(track.number, track.start)
    by = start - track.start
    return replace(track, first=track.first + by, start=start, end=track.end + by)


def _check_track(track: Placed, entry: QEntry | None, after: MediumStatus) -> None:
    if entry is None:
        raise unplanned(f"track {track.number} is not in the table of contents", after)
    start = entry.p_time.lba if entry.p_time.valid else None
    if start != track.start:
        raise unplanned(f"track {track.number} starts at {start} in the table of contents, not at {track.start}", after)
    if entry.control != track.plan.control:
        raise unplanned(
            f"track {track.number} has the control field {entry.control:X}h, not {track.plan.control:X}h", after
        )


def _check_lead_out(planned: int, entry: QEntry | None, after: MediumStatus) -> None:
    start = entry.p_time.lba if entry is not None and entry.p_time.valid else None
    if start != planned:
        raise unplanned(f"the lead-out starts at {start} in the table of contents, not at {planned}", after)
