"""Raw recording: everything from lead-in to lead-out is ours, sub-channels and all (docs/cookbook/cd/raw.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from discstack.mmc import actions, queries
from discstack.mmc.cd import by_track
from discstack.mmc.cd.at_once import LEAD_IN
from discstack.mmc.cd.composing import RawSession, RawSource, SubChannelForm
from discstack.mmc.cd.job import CdJob
from discstack.mmc.cd.program import Layout, Program
from discstack.mmc.cd.session import Recorded, Session
from discstack.mmc.command import UNSUPPORTED, optional
from discstack.mmc.errors import IllegalRequest, UnsupportedMedium
from discstack.mmc.polling import persist, wait_ready
from discstack.mmc.procedure import Phase, Procedure
from discstack.mmc.recipe import Work
from discstack.mmc.spec.mode_page_values import WriteType

LADDER: Final = (SubChannelForm.PQ, SubChannelForm.RAW, SubChannelForm.PACKED)  # cdrdao's order
WITH_R_TO_W: Final = (SubChannelForm.RAW,)  # CD-TEXT lies in the lead-in as it is: nothing may be added to it
WITH_PACKS: Final = (SubChannelForm.PACKED, SubChannelForm.RAW)


def check(work: Work, job: CdJob, layout: Layout) -> None:
    """Raise UnsupportedMedium for a form of sub-channels that cannot carry what the program has for them."""
    form, fitting = job.sub_channels, suiting(layout.program)
    if form is not None and form not in fitting:
        names = " or ".join(form.name for form in fitting)
        raise UnsupportedMedium(
            f"sub-channels in the form {form.name} do not carry the program's CD-TEXT or packs, {names} does"
        )


def prepare(session: Session, layout: Layout) -> Procedure[None]:
    """Send the write parameters with the first form of sub-channels that the drive takes."""
    forms = candidates(session, layout)
    for form in forms:
        try:
            yield from session.select(write_type=WriteType.RAW, track_mode=0, data_block_type=form.block_type)
        except IllegalRequest as error:
            if error.sense.asc not in UNSUPPORTED:
                raise
            yield from session.work.notice(Phase.WRITING, f"no raw recording with {form.size} bytes: {error}")
        else:
            session.sub_channels = form
            return
    raise UnsupportedMedium(
        f"this drive takes no raw recording in any form that the program needs; {instead(layout.program)}"
    )


def instead(program: Program) -> str:
    """Say how a program gets onto a disc in a drive that records nothing raw."""
    if program.has_packs:
        return "session at once writes the disc without what its sub-channels hold"
    return "session at once writes the same disc"


def candidates(session: Session, layout: Layout) -> Sequence[SubChannelForm]:
    """Return the forms worth a try: the one that was asked for, or those that can carry what there is."""
    if session.job.sub_channels is not None:
        return (session.job.sub_channels,)
    return suiting(layout.program)


def suiting(program: Program) -> Sequence[SubChannelForm]:
    """Return the forms that can carry what a program has for the sub-channels, the one to be tried first."""
    if program.cd_text:
        return WITH_R_TO_W
    return WITH_PACKS if program.has_packs else LADDER


def write(session: Session, layout: Layout) -> Procedure[None]:
    """Write all blocks, from where the drive says that the lead-in starts."""
    form = session.sub_channels
    start = yield from lead_in_start(session, layout)
    raw = RawSession(
        layout=layout,
        lead_in=start,
        session=1 + (0 if session.work.status.blank else session.work.status.sessions),
        last_lead_out=max(session.work.survey.groove_capacity, layout.lead_out),
        appendable=not session.job.close,
    )
    source = RawSource(raw, form)
    try:
        yield from session.write(source, start, form.block_size)
    except IllegalRequest as error:  # seen of drives that had taken the write parameters
        error.add_note(f"many drives record nothing raw; {instead(layout.program)}")
        raise
    session.recorded[-1:] = [
        Recorded(tally.lba, tally.blocks, tally.block_size, tuple(tally.digests), tally.witness)
        for tally in source.tallies
    ]


def lead_in_start(session: Session, layout: Layout) -> Procedure[int]:
    """Return where the lead-in of this session starts: the next address in raw mode, else what the pre-groove says."""
    address = yield from next_writable_in_raw(session)
    if address is not None and address < layout.base:
        return address
    if session.work.status.blank:
        return (yield from persist(queries.atip)).lead_in.lba
    return layout.base - LEAD_IN


def next_writable_in_raw(session: Session) -> Procedure[int | None]:
    """Ask for the next address as it is: in raw mode that of a blank disc is rightly below 0."""
    information = yield from persist(lambda: queries.track_information(by_track.INVISIBLE))
    return information.valid_next_writable_address


def finish(session: Session, layout: Layout) -> Procedure[None]:
    """Close nothing; what the drive says of its next address shall be track at once's again."""
    yield from by_track.select(session, layout.program.tracks[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLimits:
    """What a drive and its disc have for a raw CD: forms of sub-channels, and addresses between which it must lie."""

    sub_channels: tuple[SubChannelForm, ...]
    lead_in: int
    last_possible_start_of_lead_out: int


def raw_limits() -> Procedure[RawLimits]:
    """Ask for them: a form is supported if the drive takes write parameters with it, which are then set back.

    Raises UnsupportedMedium for what has no pre-groove of a CD.
    """
    yield from wait_ready()
    atip = yield from persist(lambda: optional(queries.atip()), swallow_attentions=True)
    if atip is None:
        raise UnsupportedMedium("raw recording is for CD-R and CD-RW, and this disc has no pre-groove of such a one")
    before = yield from persist(queries.write_parameters)
    found = []
    for form in LADDER:
        page = replace(before, write_type=WriteType.RAW, track_mode=0, data_block_type=form.block_type)
        if (yield from optional(_takes(page.build()))):
            found.append(form)
    yield from persist(lambda: actions.mode_select(before.build()))
    return RawLimits(
        sub_channels=tuple(found),
        lead_in=atip.lead_in.lba,
        last_possible_start_of_lead_out=atip.last_lead_out.lba,
    )


def _takes(page: bytes) -> Procedure[bool]:
    yield from persist(lambda: actions.mode_select(page))
    return True
