"""CD-R and CD-RW, one data track a session: at once, or in packets (MMC-6 4.2.3.7, 4.2.3.8; docs/cookbook/cd-r.md)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from discstack.mmc import actions, queries
from discstack.mmc.cd.cue import cue_sheet, variants
from discstack.mmc.cd.following import check_data_mode, multi_session, next_track_number
from discstack.mmc.cd.packet_tracks import PACKETS, is_xa, modes, open_packets, packet_size, room, unit
from discstack.mmc.cd.program import Program, ProgramTrack, TrackForm, lay_out
from discstack.mmc.command import optional
from discstack.mmc.errors import IllegalRequest, UnsupportedMedium
from discstack.mmc.formatting import choices
from discstack.mmc.job import BurnJob
from discstack.mmc.media import cd_packets, sequential
from discstack.mmc.medium import Action, MediumStatus, Track, WriteMode
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Phase, Procedure
from discstack.mmc.recipe import BurnPlan, Recipe, Survey, Work
from discstack.mmc.spec.cd.sector import DATA_SUB_HEADER
from discstack.mmc.spec.cue_sheet import build_cue_sheet
from discstack.mmc.spec.features import CdTrackAtOnce, Configuration, IncrementalStreamingWritable
from discstack.mmc.spec.mode_page_values import DataBlockType, MultiSession, SessionFormat, WriteType
from discstack.mmc.spec.msf import PREGAP, Msf
from discstack.mmc.spec.track_information import DATA_TRACK, DataMode
from discstack.mmc.steps import CLOSE_TRACK, blank, close, close_damaged, flush

NOMINAL_SPEED: Final = 176.4
CLOSE_SESSION: Final = 2
INVISIBLE_TRACK: Final = 0xFF
INCOMPLETE_TRACK: Final = (0x72, 0x03)  # additional sense of a session with an open track
AUDIO_PAUSE: Final = 150
PREGAP_STEP: Final = 25  # blocks of the pre-gap that one command writes


def check(work: Work, job: BurnJob) -> None:
    """Raise UnsupportedMedium for sectors of XA where the drive does not write them.

    And for data of another mode than what the open track, or the open session, has.
    """
    xa = is_xa(work.status, wanted=job.xa)
    check_data_mode(work.status, DataMode.MODE_2 if xa else DataMode.MODE_1)
    if not job.xa:
        return
    configuration = work.survey.configuration
    if (job.mode or work.status.usual_mode) in PACKETS:
        packets = configuration.get(IncrementalStreamingWritable)
        known = packets.data_block_types_supported if packets is not None else 0
    else:
        tracks = configuration.get(CdTrackAtOnce)
        known = tracks.data_type_supported if tracks is not None else 0
    if known and not known >> DataBlockType.MODE_2_XA_FORM_1 & 1:  # a drive that names none has not been asked
        raise UnsupportedMedium("this drive does not write sectors of CD-ROM XA in this way; nothing was written")


def prepare(work: Work, job: BurnJob) -> Procedure[None]:
    """Send the write parameters; their multi-session field decides what closing the session will mean.

    Packets of a fixed size come one in a WRITE, as older drives want it; those of a track that goes on are like the
    ones before.
    """
    packet = packet_size(work.status, work.mode)
    if packet:
        work.recipe = replace(work.recipe, transfer=packet)
    yield from _select(
        multi_session=MultiSession.FINAL if job.close else MultiSession.NEXT_SESSION_ALLOWED,
        test_write=job.simulate,
        bufe=job.underrun_protection,
        packet=packet,
        xa=is_xa(work.status, wanted=job.xa),
    )


def _select(
    *,
    multi_session: int,
    test_write: bool = False,
    bufe: bool = True,
    write_type: int = WriteType.TRACK_AT_ONCE,
    packet: int | None = None,
    xa: bool = False,
) -> Procedure[None]:
    """Change only what matters in the page that the drive has: some refuse combinations that were left over.

    `packet` is the size of packets, 0 for packets that vary, None for none; `xa` makes sectors of CD-ROM XA, form 1.
    """
    current = yield from persist(queries.write_parameters)
    page = replace(
        current,
        bufe=bufe,
        ls_v=False,
        test_write=test_write,
        write_type=write_type if packet is None else WriteType.PACKET_INCREMENTAL,
        multi_session=multi_session,
        fp=bool(packet),
        copy=False,
        track_mode=DATA_TRACK if packet is None else cd_packets.INCREMENTAL,
        data_block_type=DataBlockType.MODE_2_XA_FORM_1 if xa else DataBlockType.MODE_1,
        session_format=SessionFormat.CD_ROM_XA if xa else SessionFormat.CD_DA_OR_CD_ROM,
        sub_header=DATA_SUB_HEADER if xa else current.sub_header,
        packet_size=packet or 0,
        audio_pause_length=AUDIO_PAUSE,
    )
    yield from persist(partial(actions.mode_select, page.build()))


def assess(recipe: Recipe, survey: Survey) -> MediumStatus:
    """Read the state; free are the blocks for user data, though some drives count the run-out blocks, too.

    A track that goes on is told of by its number and as the invisible one; either answer is enough.
    """
    status = sequential.assess(recipe, survey)
    going_on = survey.open_track
    if going_on is not None and not going_on.blank and not _is_told(status, going_on):
        others = (track for track in status.tracks if track.number != going_on.number)
        status = replace(status, tracks=(*others, going_on))
    if survey.groove_capacity and status.next_writable_address is not None:
        most = max(survey.groove_capacity - status.next_writable_address - recipe.run_out, 0)
        status = replace(status, free_blocks=min(status.free_blocks, most))
    formats = choices(survey.formats) if recipe.format is not None else ()
    return replace(status, modes=modes(recipe, status), formats=formats, actions=_actions(status))


def _actions(status: MediumStatus) -> frozenset[Action]:
    """Add what an open track of packets allows; one that is full, as a session at once, ends with its session only."""
    if open_packets(status) is not None:
        return status.actions | {Action.APPEND}
    full = any(track.next_writable_address is not None and not track.free for track in status.tracks)
    return status.actions - {Action.CLOSE_TRACK} if full else status.actions


def _is_told(status: MediumStatus, going_on: Track) -> bool:
    """Say whether the answer for its number tells where a track goes on."""
    return any(track.number == going_on.number and track.next_writable_address is not None for track in status.tracks)


def announce(work: Work, job: BurnJob, plan: BurnPlan) -> Procedure[None]:
    """Send the cue sheet of a session at once, and its pre-gap, which is the host's business then."""
    if plan.mode is not WriteMode.DISC_AT_ONCE:
        return
    yield from _select(
        multi_session=multi_session(work, close=plan.closes),
        test_write=job.simulate,
        bufe=job.underrun_protection,
        write_type=WriteType.SESSION_AT_ONCE,
    )
    program = Program(tracks=(ProgramTrack(source=Announced(plan.total), form=TrackForm.MODE_1),))
    layout = lay_out(program, base=plan.start - PREGAP, first_number=next_track_number(work))
    yield from optional(queries.track_information(INVISIBLE_TRACK))  # as in mmc/cd/at_once.py
    sheet = build_cue_sheet(cue_sheet(layout, variants(layout)[0], Msf(0, 0, 0)))
    yield from persist(partial(actions.send_cue_sheet, sheet))
    for lba in range(layout.base, plan.start, PREGAP_STEP):
        yield from persist(partial(actions.write_zeros, lba, min(PREGAP_STEP, plan.start - lba)))


class Announced:
    """Stands for an image of so many blocks whose bytes come later."""

    def __init__(self, sectors: int) -> None:
        self.sectors = sectors

    def readinto(self, buffer: memoryview, /) -> int:
        """Give nothing."""
        return 0


def finish(work: Work, job: BurnJob) -> Procedure[None]:
    """Close the session, unless its track of packets is to go on.

    A track at once was closed by the flush: function 1 is for packets only. A session at once has got its lead-out with
    the flush. After both the page is set back, as what the drive says of the room that is left depends on it.
    """
    if work.mode is WriteMode.DISC_AT_ONCE:
        return (yield from _select(multi_session=MultiSession.FINAL))
    if not job.leave_open:
        yield from _end(work, job)
    if work.mode in PACKETS:
        yield from _select(multi_session=MultiSession.FINAL)


def _end(work: Work, job: BurnJob) -> Procedure[None]:
    try:
        if work.mode in PACKETS:
            yield from close(work, CLOSE_TRACK, INVISIBLE_TRACK)
        yield from close(work, CLOSE_SESSION)
    except IllegalRequest as error:
        if not job.simulate:
            raise
        yield from work.notice(Phase.FINALISING, f"the drive closes nothing after a test: {error}")


def close_track(work: Work) -> Procedure[None]:
    """End the track that grows, or broke off: the flush ends a track at once, function 1 one of packets."""
    yield from _select(multi_session=MultiSession.NEXT_SESSION_ALLOWED)
    yield from flush(work)
    if open_packets(work.status) is not None:
        yield from close(work, CLOSE_TRACK, INVISIBLE_TRACK)
    yield from close_damaged(work)


def close_session(work: Work) -> Procedure[None]:
    """Close the open session so that another one can follow."""
    yield from _select(multi_session=MultiSession.NEXT_SESSION_ALLOWED)
    yield from _close(work)


def close_disc(work: Work) -> Procedure[None]:
    """Close the open session as the last one; a CD without an open session cannot be finalized by itself."""
    yield from _select(multi_session=MultiSession.FINAL)
    yield from _close(work)


def _close(work: Work) -> Procedure[None]:
    """Close the session, and before that a track of packets that was left open, which no flush ends."""
    try:
        yield from close(work, CLOSE_SESSION)
    except IllegalRequest as error:
        if (error.sense.asc, error.sense.ascq) != INCOMPLETE_TRACK:
            raise
        yield from close(work, CLOSE_TRACK, INVISIBLE_TRACK)
        yield from close(work, CLOSE_SESSION)


CD_R: Final = Recipe(
    name="CD-R",
    assess=assess,
    write_unit=1,
    transfer=16,
    raw_block=2352,
    nominal_speed=NOMINAL_SPEED,
    fastest=9173,  # 52x
    sequential=True,
    minimum_track=300,
    postgap=150,
    run_out=2,
    flush_ends_recording=True,
    session_gap=11400,
    simulates=True,
    calibrates=True,
    is_cd=True,
    open_track=lambda _: INVISIBLE_TRACK,
    modes=(WriteMode.INCREMENTAL, WriteMode.DISC_AT_ONCE, WriteMode.FIXED_PACKETS, WriteMode.VARIABLE_PACKETS),
    finalize=frozenset(),
    overburn=frozenset({WriteMode.DISC_AT_ONCE}),
    go_on=frozenset({WriteMode.FIXED_PACKETS, WriteMode.VARIABLE_PACKETS}),
    xa=frozenset({WriteMode.INCREMENTAL, WriteMode.FIXED_PACKETS, WriteMode.VARIABLE_PACKETS}),
    room=room,
    unit=unit,
    check=check,
    prepare=prepare,
    announce=announce,
    finish=finish,
    close_track=close_track,
    close_session=close_session,
    close_disc=close_disc,
)


def with_packets(configuration: Configuration) -> Recipe | None:
    """Return the recipe of a disc that is formatted for fixed packets, if that is what is in the drive."""
    return CD_RW_PACKETS if cd_packets.is_current(configuration) else None


CD_RW: Final = replace(
    CD_R,
    name="CD-RW",
    fastest=5645,  # 32x
    blank=blank,
    format=cd_packets.format_disc,
    format_choices=cd_packets.FORMAT_CHOICES,
    variant=with_packets,
)
CD_RW_PACKETS: Final = cd_packets.packets(CD_RW)
