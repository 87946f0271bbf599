"""The recording of a CD program: the steps that all ways of writing share, and their order.

A session at once and a raw one need a disc whose last session is complete; track at once goes on in an open one.
Whatever goes wrong after the tray was locked, the tray is unlocked again and the error says what a fresh look at the
disc found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Final

from discstack.mmc.aftermath import attempt, disc_is_lost, flush_after
from discstack.mmc.calibration import calibrate
from discstack.mmc.cd import at_once, by_track, raw
from discstack.mmc.cd.following import check_data_mode, next_track_number
from discstack.mmc.cd.job import CdChoices, CdJob, CdResult, CdWriteMode
from discstack.mmc.cd.outcome import check_contents
from discstack.mmc.cd.packet_tracks import check_open_packets
from discstack.mmc.cd.program import Layout, Program, filled_up, lay_out
from discstack.mmc.cd.session import Session, check_sizes
from discstack.mmc.cd.verify import verify_program
from discstack.mmc.errors import DiscStateError, MediumFull, MediumNotBlank, UnsupportedMedium
from discstack.mmc.guard import locked
from discstack.mmc.identify import next_writable, open_work, status_of
from discstack.mmc.job import VerifyLevel
from discstack.mmc.medium import DiscState, MediumStatus
from discstack.mmc.planning import erases_first, must_erase
from discstack.mmc.procedure import Checkpoint, Now, Phase, Procedure, Report
from discstack.mmc.read_speed import at_read_speed
from discstack.mmc.recipe import Work
from discstack.mmc.spec.cd.text import build_cd_text, parse_cd_text
from discstack.mmc.spec.msf import PREGAP
from discstack.mmc.speed import set_write_speed
from discstack.mmc.steps import flush

__all__ = ["burn_program"]

Step = Callable[[Session, Layout], Procedure[None]]


@dataclass(frozen=True, slots=True)
class Way:
    """The steps in which the ways of writing differ: write parameters, the data, what comes after the flush.

    `check` refuses, before anything is done to the disc, what cannot be written in this way.
    """

    check: Callable[[Work, CdJob, Layout], None]
    prepare: Step
    write: Step
    finish: Step


WAYS: Final[Mapping[CdWriteMode, Way]] = {
    CdWriteMode.SESSION_AT_ONCE: Way(at_once.check, at_once.prepare, at_once.write, at_once.finish),
    CdWriteMode.TRACK_AT_ONCE: Way(by_track.check_program, by_track.prepare, by_track.write, by_track.finish),
    CdWriteMode.RAW: Way(raw.check, raw.prepare, raw.write, raw.finish),
}


def burn_program(job: CdJob) -> Procedure[CdResult]:
    """Write a program as one session, and compare the table of contents with what was planned.

    Returns only if all of that is as planned. Raises UnsupportedMedium, MediumNotBlank, MediumFull or DiscStateError
    before anything is written if the program cannot go there; later DiscStateError or VerificationError if the disc did
    not become what was planned, CommandError, DriveTimeout, TransportError, Cancelled, or what a source raised.
    """
    yield Report(Phase.VALIDATING)
    work = yield from open_work()
    if not work.recipe.is_cd:
        raise UnsupportedMedium(f"tracks of audio and data are for CDs; this is {work.status}")
    erase_first = must_blank(work.status, job)
    layout = plan_program(work, job, blank=erase_first)
    WAYS[job.mode].check(work, job, layout)
    yield from check_sizes(work, job)
    short = (filled_up(track.number, track.plan) for track in layout.tracks)
    for notice in chain(job.program.notices, *short):
        yield from work.notice(Phase.VALIDATING, notice)
    yield Checkpoint()
    result = yield from locked(_burn(work, job, erase_first=erase_first))
    yield Report(Phase.DONE)
    return result


def must_blank(status: MediumStatus, choices: CdChoices) -> bool:
    """Say whether the disc has to be blanked first, as one that is formatted for packets has to be for tracks.

    Raises MediumNotBlank where nobody permitted that.
    """
    if status.state is not DiscState.OVERWRITABLE:
        return must_erase(status, choices)
    if not choices.erase:
        raise MediumNotBlank(
            f"no tracks go onto a disc that is formatted for packets ({status}); it may be erased first"
        )
    return erases_first(status, choices)


def plan_program(work: Work, job: CdJob, *, blank: bool, address: int | None = None) -> Layout:
    """Lay the program out on the disc, as it is or blanked, or say why it does not fit.

    `address` is where track at once would go on; what the disc said before depends on the write parameters it had.
    """
    status = work.status
    if not blank and status.state not in (DiscState.BLANK, DiscState.APPENDABLE):
        raise DiscStateError(f"the medium is not in a state to be written: {status}")
    if not blank and status.open_session and job.mode is not CdWriteMode.TRACK_AT_ONCE:
        raise DiscStateError(
            f"the disc has an open session, which {job.mode.value} cannot go on in: close it first, then another one "
            f"can follow ({status})"
        )
    check_open_packets(status, blank=blank)
    if not blank:
        for track in job.program.tracks:
            check_data_mode(status, track.form.data_mode)
    fresh = blank or status.blank
    start = 0 if fresh else address or status.next_writable_address or 0
    first = _first_number(work, job, fresh=fresh)
    layout = lay_out(_with_texts_from(first, job.program), base=start - PREGAP, first_number=first)
    excess = layout.lead_out - max(work.survey.groove_capacity, status.capacity_blocks)
    if excess > 0 and not job.overburn:
        raise MediumFull(
            f"the program ends at block {layout.lead_out}, {excess} more than the disc says that it holds ({status}); "
            "it may be overburnt",
            excess=excess,
        )
    return layout


def _first_number(work: Work, job: CdJob, *, fresh: bool) -> int:
    """Return the first track's number; only on a blank disc may it be another than the next, and POINT A0h tells it."""
    following = 1 if fresh else next_track_number(work)
    wanted = job.program.first_number
    if wanted is None or wanted == following:
        return following
    if fresh and job.mode is not CdWriteMode.TRACK_AT_ONCE:
        return wanted
    why = "track at once cannot choose, session at once can" if fresh else str(work.status)
    raise UnsupportedMedium(f"the first track is to be number {wanted}, the disc goes on with {following} ({why})")


def _with_texts_from(first: int, program: Program) -> Program:
    """Let texts name the tracks by the numbers that they get where these do not begin with 1.

    Damaged packs are left as they are, and all others with them.
    """
    if first == 1 or not all(pack.crc_valid for pack in program.cd_text):
        return program
    blocks = parse_cd_text(program.cd_text)
    if all(block.first_track == first for block in blocks):
        return program
    moved = [
        replace(block, first_track=first, last_track=first + block.last_track - block.first_track) for block in blocks
    ]
    return replace(program, cd_text=build_cd_text(moved))


def _burn(work: Work, job: CdJob, *, erase_first: bool) -> Procedure[CdResult]:
    if erase_first:
        work = yield from erased(work)
    layout = plan_program(work, job, blank=False)
    program = job.program
    session = Session(work=work, job=job, catalogue=program.catalogue, session_format=program.session_format)
    if not work.status.blank:
        yield from by_track.select(session, job.program.tracks[0])
        address = yield from next_writable(work)
        layout = plan_program(work, job, blank=False, address=address)
    way = WAYS[job.mode]
    yield from way.prepare(session, layout)
    speed = yield from set_write_speed(work, job.speed)
    session.speed = speed.accepted
    yield from calibrate(work, job)
    yield Checkpoint()
    began = yield Now()
    yield from recorded(work, way.write(session, layout))
    seconds = (yield Now()) - began - session.counters.prefill_time
    yield from way.finish(session, layout)
    status = yield from status_of(work)
    placed = yield from check_contents(session, layout, status)
    verified, offset = 0, None
    if job.verify is VerifyLevel.FULL and not job.simulate:
        comparing = verify_program(session, placed)
        verified, offset = yield from at_read_speed(job.verify_speed, comparing)
    blocks = session.counters.blocks
    return CdResult(
        tracks=placed,
        medium=status,
        counters=session.counters,
        seconds=seconds,
        speed=replace(speed, measured=blocks * work.recipe.raw_block / 1000 / seconds if seconds else None),
        verified=verified,
        read_offset=offset,
        simulated=job.simulate,
        notices=tuple(work.notices),
    )


def erased(work: Work) -> Procedure[Work]:
    """Blank the disc and look at it anew."""
    yield Report(Phase.ERASING)
    if work.recipe.blank is None:
        raise DiscStateError(f"{work.recipe.name} cannot be erased")
    yield from work.recipe.blank(work, False)
    fresh = yield from open_work()
    fresh.notices[:0] = work.notices
    return fresh


def recorded(work: Work, writing: Procedure[None]) -> Procedure[None]:
    """Write and flush; on the way out of a failure what the drive buffers is flushed too, and nothing else is done."""
    yield Report(Phase.BUFFERING, 0.0)
    try:
        yield from writing
    except GeneratorExit:
        raise
    except BaseException as error:
        if not disc_is_lost(error):
            yield from attempt(error, partial(flush_after, error, work))
        raise
    yield Report(Phase.FINALISING)
    yield from flush(work)
