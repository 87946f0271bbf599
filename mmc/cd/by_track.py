"""Track at once: each track by itself, a flush ends it, two seconds lie between them (docs/cookbook/cd-r.md)."""

from __future__ import annotations

from typing import Final

from discstack.mmc.cd.job import CdJob
from discstack.mmc.cd.program import MINIMUM_TRACK, Layout, Program, ProgramTrack
from discstack.mmc.cd.session import Session
from discstack.mmc.errors import DiscStateError, IllegalRequest, UnsupportedMedium
from discstack.mmc.identify import next_writable
from discstack.mmc.procedure import Checkpoint, Phase, Procedure
from discstack.mmc.recipe import Work
from discstack.mmc.spec.cd.sector import DATA_SUB_HEADER, FORM_2_SUB_HEADER
from discstack.mmc.spec.mode_page_values import WriteType
from discstack.mmc.spec.msf import PREGAP
from discstack.mmc.steps import close, flush

CLOSE_SESSION: Final = 2
INVISIBLE: Final = 0xFF  # the number of the track that is written next
NO_TEXTS: Final = (
    "CD-TEXT (titles, performers): track at once cannot write that, session at once can; it can be left off"
)


def check_program(work: Work, job: CdJob, layout: Layout) -> None:
    """Raise UnsupportedMedium for what only a session at once, or raw recording, can write."""
    check_packs(layout.program)
    if layout.program.cd_text:
        raise UnsupportedMedium(NO_TEXTS)
    for track in layout.program.tracks:
        check(track)


def check_packs(owner: Program | ProgramTrack) -> None:
    """Raise UnsupportedMedium for sub-channels that the drive would not take."""
    if owner.has_packs:
        raise UnsupportedMedium("sub-channels R to W of one's own: only raw recording writes them")


def prepare(session: Session, layout: Layout) -> Procedure[None]:
    """Send the write parameters of the first track."""
    yield from select(session, layout.program.tracks[0])


def check(track: ProgramTrack) -> None:
    """Raise UnsupportedMedium for what track at once leaves to the drive."""
    check_packs(track)
    if track.indexes or track.lead or track.pregap not in (None, 0, PREGAP):
        raise UnsupportedMedium(
            "indexes and pre-gaps other than 2 s: track at once cannot write that, session at once can"
        )


def select(session: Session, track: ProgramTrack) -> Procedure[None]:
    """Send the write parameters of a track."""
    sub_header = FORM_2_SUB_HEADER if track.form.size == 2324 else DATA_SUB_HEADER
    yield from session.select(
        track,
        write_type=WriteType.TRACK_AT_ONCE,
        track_mode=track.control,
        data_block_type=track.form.block_type,
        sub_header=sub_header,
    )


def write(session: Session, layout: Layout) -> Procedure[None]:
    """Write the tracks one after the other."""
    for placed in layout.tracks:
        yield Checkpoint()
        yield from add_track(session, placed.number, placed.plan)


def add_track(session: Session, number: int, track: ProgramTrack) -> Procedure[None]:
    """Write one track where the disc goes on, and end it."""
    yield from select(session, track)
    start = yield from next_writable(session.work)
    if start is None:
        raise DiscStateError("the drive does not know where to write the next track")
    session.starts[number] = start
    padding = max(track.postgap, MINIMUM_TRACK - track.source.sectors)
    yield from session.write(track.source, start, track.form.size, padding=padding)
    yield from flush(session.work)


def finish(session: Session, layout: Layout) -> Procedure[None]:
    """Close the session."""
    yield from close_session(session)


def close_session(session: Session) -> Procedure[None]:
    """Close the session; what follows is as the multi-session field of the last write parameters says."""
    try:
        yield from close(session.work, CLOSE_SESSION)
    except IllegalRequest as error:
        if not session.job.simulate:
            raise
        yield from session.work.notice(Phase.FINALISING, f"the drive closes nothing after a test: {error}")
