"""Track at once in single steps, for whoever has the tracks one after the other: prepare, add, release."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from discstack.mmc.aftermath import attempt
from discstack.mmc.calibration import calibrate
from discstack.mmc.cd import by_track
from discstack.mmc.cd.burn import erased, must_blank, recorded
from discstack.mmc.cd.following import check_data_mode, next_track_number
from discstack.mmc.cd.job import CdChoices
from discstack.mmc.cd.outcome import check_codes, check_state, check_table
from discstack.mmc.cd.packet_tracks import check_open_packets
from discstack.mmc.cd.program import MINIMUM_TRACK, MOST_TRACKS, Placed, ProgramTrack, filled_up
from discstack.mmc.cd.session import Session, check_sizes
from discstack.mmc.errors import DiscStateError, MediumFull, UnsupportedMedium
from discstack.mmc.guard import attach_status, lock, unlock
from discstack.mmc.identify import open_work, status_of
from discstack.mmc.medium import DiscState, MediumStatus
from discstack.mmc.outcome import check_untouched
from discstack.mmc.procedure import Checkpoint, Phase, Procedure, Report
from discstack.mmc.spec.mode_page_values import SessionFormat
from discstack.mmc.speed import set_write_speed

__all__ = ["OpenTracks", "add_track", "prepare_tracks", "release_tracks"]


@dataclass(slots=True)
class OpenTracks:
    """A session that takes tracks; `placed` are those that it has got."""

    session: Session
    first_number: int
    placed: list[Placed] = field(default_factory=list)


def prepare_tracks(choices: CdChoices, catalogue: str = "") -> Procedure[OpenTracks]:
    """Lock the tray and get the disc ready for the first track.

    Raises UnsupportedMedium, MediumNotBlank or DiscStateError if it cannot take tracks.
    """
    yield Report(Phase.VALIDATING)
    work = yield from open_work()
    if not work.recipe.is_cd:
        raise UnsupportedMedium(f"tracks of audio are for CDs; this is {work.status}")
    erase_first = must_blank(work.status, choices)
    if not erase_first and work.status.state not in (DiscState.BLANK, DiscState.APPENDABLE):
        raise DiscStateError(f"the medium is not in a state to be written: {work.status}")
    check_open_packets(work.status, blank=erase_first)
    yield from check_sizes(work, choices)
    yield Checkpoint()
    yield from lock()
    try:
        if erase_first:
            work = yield from erased(work)
        session = Session(work=work, job=choices, catalogue=catalogue)
        session.speed = (yield from set_write_speed(work, choices.speed)).accepted
        yield from calibrate(work, choices)
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from attempt(error, unlock)
        raise
    return OpenTracks(session, next_track_number(work))


def add_track(tracks: OpenTracks, track: ProgramTrack) -> Procedure[Placed]:
    """Write one track and end it; MediumFull if it does not fit, UnsupportedMedium for what track at once cannot."""
    session, number = tracks.session, tracks.first_number + len(tracks.placed)
    by_track.check(track)
    if number > MOST_TRACKS:
        raise DiscStateError(f"a disc has at most {MOST_TRACKS} tracks")
    status = yield from status_of(session.work)
    check_data_mode(status, track.form.data_mode)
    blocks = max(track.source.sectors + track.postgap, MINIMUM_TRACK)
    excess = blocks - status.free_blocks
    if excess > 0 and not session.job.overburn:
        raise MediumFull(f"the track needs {blocks} blocks, {excess} more than are free ({status})", excess=excess)
    if track.form.is_xa:
        session.session_format = SessionFormat.CD_ROM_XA
    for notice in filled_up(number, track):
        yield from session.work.notice(Phase.VALIDATING, notice)
    yield Checkpoint()
    try:
        yield from recorded(session.work, by_track.add_track(session, number, track))
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from attempt(error, partial(attach_status, error))
        raise
    start = session.starts[number]
    placed = Placed(number=number, plan=track, first=start, start=start, end=start + blocks)
    tracks.placed.append(placed)
    return placed


def release_tracks(tracks: OpenTracks) -> Procedure[MediumStatus]:
    """Close the session if anything was written, compare the table of contents, and let the tray be opened again."""
    session = tracks.session
    yield Report(Phase.FINALISING)
    try:
        if tracks.placed:
            yield from by_track.close_session(session)
        status = yield from status_of(session.work)
        if session.job.simulate:
            check_untouched(session.work.status, status)
        elif tracks.placed:
            yield from check_state(session, status)
            yield from check_table(tuple(tracks.placed), None, status)
            yield from check_codes(session, tuple(tracks.placed), status)
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from attempt(error, unlock)
        raise
    yield from unlock()
    yield Report(Phase.DONE)
    return status
