"""CD-RW formatted for fixed packets: written anywhere, in packets of 32 blocks (MMC-6 4.2.3.7)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from discstack.mmc import actions, queries
from discstack.mmc.cd.packet_tracks import PACKET
from discstack.mmc.formatting import choices, choose, format_medium
from discstack.mmc.job import BurnJob
from discstack.mmc.media import overwritable
from discstack.mmc.medium import MediumStatus, WriteMode
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Procedure
from discstack.mmc.recipe import FormatOptions, Recipe, Survey, Work
from discstack.mmc.spec.features import Configuration, FeatureCode
from discstack.mmc.spec.format_unit import FormatType
from discstack.mmc.spec.mode_page_values import DataBlockType, MultiSession, SessionFormat, WriteType
from discstack.mmc.spec.track_information import DATA_TRACK

FORMAT_CHOICES: Final = frozenset({"full"})  # there is no other way
INCREMENTAL: Final = DATA_TRACK | 0x1  # track mode of data that is written incrementally


def is_current(configuration: Configuration) -> bool:
    """Say whether the disc in the drive is formatted so."""
    return configuration.is_current(FeatureCode.RESTRICTED_OVERWRITE)


def assess(recipe: Recipe, survey: Survey) -> MediumStatus:
    """Read the state of a formatted disc."""
    blocks = survey.formats.current.number_of_blocks if survey.formats is not None else survey.read_capacity
    status = overwritable.assess(recipe, survey, formatted=True, capacity=blocks)
    return replace(status, formats=choices(survey.formats), modes=(WriteMode.FIXED_PACKETS,))


def prepare(work: Work, job: BurnJob) -> Procedure[None]:
    """Send the write parameters: fixed packets of data in mode 1."""
    current = yield from persist(queries.write_parameters)
    page = replace(
        current,
        bufe=job.underrun_protection,
        ls_v=False,
        test_write=False,
        write_type=WriteType.PACKET_INCREMENTAL,
        multi_session=MultiSession.FINAL,
        fp=True,
        copy=False,
        track_mode=INCREMENTAL,
        data_block_type=DataBlockType.MODE_1,
        session_format=SessionFormat.CD_DA_OR_CD_ROM,
        packet_size=PACKET,
    )
    yield from persist(partial(actions.mode_select, page.build()))


def format_disc(work: Work, options: FormatOptions) -> Procedure[None]:
    """Format the whole disc; what it held is lost."""
    chosen = choose(work.survey.formats, (FormatType.CD_RW_DVD_RW_FULL,), "fixed packets")
    yield from format_medium(work, chosen.number_of_blocks, FormatType.CD_RW_DVD_RW_FULL, 0, PACKET)


def packets(plain: Recipe) -> Recipe:
    """Return the recipe of a formatted disc, from the one of a disc that is not."""
    return Recipe(
        name="CD-RW (fixed packets)",
        assess=assess,
        write_unit=PACKET,
        transfer=PACKET,
        raw_block=plain.raw_block,
        nominal_speed=plain.nominal_speed,
        fastest=plain.fastest,
        sequential=False,
        is_cd=True,
        blanks_quickly=False,
        blank=plain.blank,
        prepare=prepare,
        format=format_disc,
        format_choices=FORMAT_CHOICES,
    )
