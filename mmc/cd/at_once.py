"""Session at once: a cue sheet, CD-TEXT into the lead-in, and all blocks without a gap (docs/cookbook/cd-r.md)."""

from __future__ import annotations

from functools import partial
from typing import Final

from discstack.mmc import actions, queries
from discstack.mmc.cd import by_track
from discstack.mmc.cd.cue import cue_sheet, variants
from discstack.mmc.cd.job import CdJob
from discstack.mmc.cd.program import Layout
from discstack.mmc.cd.session import Session
from discstack.mmc.cd.sources import TEXT_BLOCK, TextSource, runs_at_once
from discstack.mmc.command import optional
from discstack.mmc.errors import IllegalRequest, MediaError
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Phase, Procedure
from discstack.mmc.recipe import Work
from discstack.mmc.spec.cue_sheet import build_cue_sheet
from discstack.mmc.spec.features import CdMastering
from discstack.mmc.spec.mode_page_values import DataBlockType, WriteType
from discstack.mmc.spec.msf import PREGAP, Msf
from discstack.mmc.stream import BlockSource

LEAD_IN: Final = 4500  # blocks of the lead-in of any session but the first
OWN_LEAD_IN: Final = -PREGAP


def check(work: Work, job: CdJob, layout: Layout) -> None:
    """Raise UnsupportedMedium for sub-channels of one's own, MediaError for more indexes than the drive takes."""
    by_track.check_packs(layout.program)
    size = len(build_cue_sheet(cue_sheet(layout, variants(layout)[0], Msf(0, 0, 0))))
    mastering = work.survey.configuration.get(CdMastering)
    if mastering is not None and 0 < mastering.maximum_cue_sheet_length < size:
        most = mastering.maximum_cue_sheet_length
        raise MediaError(f"the cue sheet has {size} bytes, the drive takes {most}: too many indexes")


def prepare(session: Session, layout: Layout) -> Procedure[None]:
    """Send the write parameters; track mode and block type do not matter, the cue sheet says what comes."""
    yield from _select(session, sub_channel_block=False)


def _select(session: Session, *, sub_channel_block: bool) -> Procedure[None]:
    block_type = DataBlockType.RAW_RW_RAW if sub_channel_block else DataBlockType.RAW
    yield from session.select(write_type=WriteType.SESSION_AT_ONCE, track_mode=0, data_block_type=block_type)


def announce(session: Session, layout: Layout, lead_in: int) -> Procedure[None]:
    """Send the cue sheet, in one variant after the other until the drive takes one.

    A Panasonic CW-7502 wants to be asked for the invisible track before, and answers nonsense.
    """
    tried = variants(layout)
    selected = False
    for variant in tried:
        if variant.sub_channel_block is not selected:
            yield from _select(session, sub_channel_block=variant.sub_channel_block)
            selected = variant.sub_channel_block
        yield from optional(queries.track_information(by_track.INVISIBLE))
        data = build_cue_sheet(cue_sheet(layout, variant, Msf.from_lba(lead_in)))
        try:
            yield from persist(partial(actions.send_cue_sheet, data))
        except IllegalRequest as error:
            if variant is tried[-1]:
                raise
            yield from session.work.notice(Phase.WRITING, f"cue sheet refused ({variant}): {error}")
        else:
            if variant is not tried[0]:
                yield from session.work.notice(Phase.WRITING, f"cue sheet accepted ({variant})")
            return


def lead_in_start(layout: Layout) -> Procedure[int]:
    """Return where the lead-in of this session starts: what the pre-groove says for the first one of a disc."""
    if layout.base != OWN_LEAD_IN:
        return layout.base - LEAD_IN
    atip = yield from persist(queries.atip)
    return atip.lead_in.lba


def write(session: Session, layout: Layout) -> Procedure[None]:
    """Announce the session, then write CD-TEXT and all extents, from the lead-in to the lead-out."""
    lead_in = yield from lead_in_start(layout)
    runs: list[tuple[int, int, BlockSource]] = list(runs_at_once(layout))
    if layout.program.cd_text:
        runs.insert(0, (lead_in, TEXT_BLOCK, TextSource(layout.program.cd_text, layout.base - lead_in)))
    yield from session.write_all(runs, partial(announce, session, layout, lead_in))


def finish(session: Session, layout: Layout) -> Procedure[None]:
    """Close nothing: the flush wrote the lead-out. What the drive says of its next address shall be track at once's."""
    yield from by_track.select(session, layout.program.tracks[0])
