"""Personalities: real drives by what they do differently, as others have reported it.

A personality is a name as INQUIRY tells it and faults that never end. `virtual:MEDIUM?personality=NAME` gives it to a
drive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from discstack.emulator import lies
from discstack.emulator.conditions import (
    INVALID_FIELD_IN_CDB,
    INVALID_OPCODE,
    LONG_WRITE,
    NO_MEDIUM_TRAY_CLOSED,
    SEQUENCE_ERROR,
)
from discstack.emulator.drive import BECOMING_READY_ASCQ, Drive
from discstack.emulator.faults import Fault
from discstack.mmc.spec.disc_information import DiscStatus
from discstack.mmc.spec.mode_page_values import WriteType
from discstack.mmc.spec.profiles import Profile
from discstack.mmc.spec.sense import Sense

TUR, TRACK_INFORMATION, OPC, CLOSE = 0x00, 0x52, 0x54, 0x5B
STREAMING, PERFORMANCE, FLUSH = 0xB6, 0xAC, 0x35
FORMAT, CONFIGURATION, MODE_SENSE = 0x04, 0x46, 0x5A
RESERVE_TRACK, EVENTS = 0x53, 0x4A
DVDS: Final = range(0x10, 0x30)  # their profiles
OVERWRITTEN: Final = frozenset({Profile.DVD_PLUS_RW, Profile.DVD_RW_RESTRICTED_OVERWRITE, Profile.BD_RE})
NOT_READY: Final = Sense(0x2, 0x24)
CUE_SHEET, DISC_INFORMATION = 0x5D, 0x51


@dataclass(frozen=True, slots=True, kw_only=True)
class Personality:
    """A drive: its name, and what it does; `source` says who saw that. `untimed_lead_in` is a setting of its own.

    Drives for `cds_only` are of MMC's first edition, or older.
    """

    vendor: str
    product: str
    does: str
    source: str
    faults: tuple[Fault, ...] = ()
    untimed_lead_in: bool = False
    cds_only: bool = False


def is_full(drive: Drive) -> bool:
    """Whether the drive has a disc that nothing can be added to, nor written over."""
    if drive.profile in OVERWRITTEN or not drive.profile:
        return False
    return drive.loaded.disc().disc_status == DiscStatus.FINALIZED


def is_full_dvd(drive: Drive) -> bool:
    """Whether that disc is a DVD."""
    return is_full(drive) and drive.profile in DVDS


def is_at_once(drive: Drive) -> bool:
    """Whether the write parameters ask for a session at once."""
    return drive.profile != 0 and drive.loaded.parameters.write_type == WriteType.SESSION_AT_ONCE


def is_loading(drive: Drive) -> bool:
    """Whether the drive is getting to know a disc."""
    return drive.operation is not None and drive.operation.ascq == BECOMING_READY_ASCQ


def refusing(opcode: int, sense: Sense = INVALID_OPCODE, **fields: int) -> Fault:
    """Return the fault of a drive that never does something."""
    return Fault(opcode=opcode, fields=fields, sense=sense, times=None)


FIRST_EDITION: Final = (
    refusing(CONFIGURATION),
    Fault(opcode=MODE_SENSE, fields={"page_code": 0x2A}, alter=lies.compact_discs_only, times=None),
)
PERSONALITIES: Final[Mapping[str, Personality]] = MappingProxyType(
    {
        "hp-dvd520n": Personality(
            vendor="HP",
            product="DVD Writer 520n",
            does="finalizes a DVD+R DL by close function 5 only",
            source="growisofs",
            faults=(refusing(CLOSE, INVALID_FIELD_IN_CDB, close_function=6),),
        ),
        "no-minimal-lead-out": Personality(
            vendor="DISCSTAK",
            product="FINALIZES BY 6",
            does="finalizes by close function 6 only",
            source="cdrecord, which knows no other",
            faults=(refusing(CLOSE, INVALID_FIELD_IN_CDB, close_function=5),),
        ),
        "pioneer-dvr-k04ra": Personality(
            vendor="PIONEER",
            product="DVD-RW DVR-K04RA",
            does="says that it is ready while CLOSE SESSION still answers 2/04/07",
            source="growisofs",
            faults=(Fault(opcode=TUR, busy=True, ignore=True, times=None),),
        ),
        "pioneer-bdr-205": Personality(
            vendor="PIONEER",
            product="BD-RW   BDR-205",
            does="tells -150 as the next writable address of a blank disc",
            source="libburn",
            faults=(Fault(opcode=TRACK_INFORMATION, alter=lies.minus_150, times=None),),
        ),
        "panasonic-ld-f321": Personality(
            vendor="MATSHITA",
            product="DVD-RAM LF-D321",
            does="does not know SEND OPC INFORMATION",
            source="growisofs",
            faults=(refusing(OPC),),
        ),
        "plextor-px-716uf": Personality(
            vendor="PLEXTOR",
            product="DVDR   PX-716UF",
            does="answers SEND OPC INFORMATION with 5/2C/00",
            source="growisofs",
            faults=(refusing(OPC, Sense(0x5, 0x2C)),),
        ),
        "plextor-px-712a": Personality(
            vendor="PLEXTOR",
            product="DVDR   PX-712A",
            does="answers SEND OPC INFORMATION with 7/27/00",
            source="growisofs",
            faults=(refusing(OPC, Sense(0x7, 0x27)),),
        ),
        "toshiba-ts-h542a": Personality(
            vendor="TSSTcorp",
            product="CD/DVDW TS-H542A",
            does="answers SEND OPC INFORMATION with 5/30/02",
            source="growisofs",
            faults=(refusing(OPC, Sense(0x5, 0x30, 0x02)),),
        ),
        "lg-gca-4040n": Personality(
            vendor="HL-DT-ST",
            product="RW/DVD GCA-4040N",
            does="tells no write performance",
            source="growisofs",
            faults=(Fault(opcode=PERFORMANCE, fields={"type": 0}, alter=lies.no_descriptors, times=None),),
        ),
        "one-descriptor": Personality(
            vendor="DISCSTAK",
            product="ONE DESCRIPTOR",
            does="counts one write speed descriptor when it is asked for one",
            source="libburn",
            faults=(
                Fault(
                    opcode=PERFORMANCE,
                    fields={"maximum_number_of_descriptors": 1},
                    alter=lies.one_descriptor,
                    times=None,
                ),
            ),
        ),
        "no-streaming": Personality(
            vendor="DISCSTAK",
            product="NO STREAMING",
            does="knows neither SET STREAMING nor GET PERFORMANCE",
            source="libburn, growisofs: they fall back to SET CD SPEED",
            faults=(refusing(STREAMING), refusing(PERFORMANCE)),
        ),
        "usb-bridge": Personality(
            vendor="DISCSTAK",
            product="USB BRIDGE",
            does="answers 2/04/00 to TEST UNIT READY for as long as an operation runs",
            source="libburn",
            faults=(Fault(opcode=TUR, busy=True, sense=Sense(0x2, 0x04, 0x00), times=None),),
        ),
        "one-percent": Personality(
            vendor="DISCSTAK",
            product="ONE PERCENT",
            does="tells 1 % of progress until it is done",
            source="udftools",
            faults=(Fault(opcode=TUR, progress=0.01, times=None), Fault(opcode=0x03, progress=0.01, times=None)),
        ),
        "no-immed": Personality(
            vendor="DISCSTAK",
            product="NO IMMED",
            does="knows no Immed bit in CLOSE TRACK/SESSION and SYNCHRONIZE CACHE",
            source="imagined",
            faults=(refusing(CLOSE, INVALID_FIELD_IN_CDB, immed=1), refusing(FLUSH, INVALID_FIELD_IN_CDB, immed=1)),
        ),
        "hp-dvd200i": Personality(
            vendor="HP",
            product="DVD Writer 200i",
            does="answers READ TRACK INFORMATION of a disc that is full with 5/24/00",
            source="growisofs",
            faults=(Fault(opcode=TRACK_INFORMATION, when=is_full, sense=INVALID_FIELD_IN_CDB, times=None),),
        ),
        "nec-cd-speeds": Personality(
            vendor="_NEC",
            product="DVD_RW",
            does="tells the write speeds of CDs in mode page 2Ah with a DVD in it",
            source="growisofs, of NEC's drives and their derivatives",
            faults=(Fault(opcode=MODE_SENSE, fields={"page_code": 0x2A}, alter=lies.speeds_of_cds, times=None),),
        ),
        "lite-on-no-speeds": Personality(
            vendor="LITE-ON",
            product="DVDRW",
            does="tells zeros for the write speeds in mode page 2Ah",
            source="growisofs",
            faults=(Fault(opcode=MODE_SENSE, fields={"page_code": 0x2A}, alter=lies.no_speeds, times=None),),
        ),
        "philips-spd3300l": Personality(
            vendor="PHILIPS",
            product="SPD3300L",
            does="leaves the size of a DVD-RAM as it is when that is formatted without certification",
            source="libburn",
            faults=(Fault(opcode=FORMAT, fields={"cmp_list": 1}, ignore=True, times=None),),
        ),
        "lg-gsa-4082b": Personality(
            vendor="HL-DT-ST",
            product="DVDRAM GSA-4082B",
            does="says that there is no medium, and then something wrong of it, while it loads one with Immed",
            source="libburn",
            faults=(
                Fault(opcode=TUR, when=is_loading, sense=NO_MEDIUM_TRAY_CLOSED, times=2),
                Fault(opcode=TUR, when=is_loading, sense=Sense(0x2, 0x04, 0x00), times=None),
                Fault(opcode=CONFIGURATION, when=is_loading, alter=lies.profile(Profile.NONE), times=None),
            ),
        ),
        "tgt": Personality(
            vendor="IET",
            product="VIRTUAL-CDROM",
            does="calibrates and reserves nothing, tells no events, takes a full DVD for a pressed one, and answers "
            "what it knows nothing of with NOT READY",
            source="the MMC target of tgt",
            faults=(
                *map(refusing, (OPC, RESERVE_TRACK, EVENTS)),
                Fault(opcode=CONFIGURATION, when=is_full_dvd, alter=lies.profile(Profile.DVD_ROM), times=None),
                Fault(opcode=TRACK_INFORMATION, fields={"address": 0xFF}, when=is_full, sense=NOT_READY, times=None),
            ),
        ),
        "sanyo-page-lengths": Personality(
            vendor="SANYO",
            product="CRD-BP1500P",
            does="counts too few bytes in the headers of mode pages",
            source="growisofs",
            faults=(Fault(opcode=MODE_SENSE, alter=lies.short_mode_header, times=None),),
        ),
        "panasonic-cw-7502": Personality(
            vendor="MATSHITA",
            product="CD-R   CW-7502",
            does="takes a cue sheet only after READ TRACK INFORMATION, in answer to which it tells a wrong address",
            source="cdrdao",
            cds_only=True,
            faults=(
                *FIRST_EDITION,
                Fault(opcode=CUE_SHEET, without=TRACK_INFORMATION, sense=SEQUENCE_ERROR, times=None),
                Fault(opcode=TRACK_INFORMATION, when=is_at_once, alter=lies.wrong_next_writable_address, times=None),
            ),
        ),
        "old-mitsumi": Personality(
            vendor="MITSUMI",
            product="CR-4802TE",
            does="answers 6/2E/00 for as long as it closes or blanks",
            source="cdrecord",
            cds_only=True,
            faults=(*FIRST_EDITION, Fault(opcode=TUR, busy=True, sense=Sense(0x6, 0x2E), times=None)),
        ),
        "sony": Personality(
            vendor="SONY",
            product="CD-RW  CRX140E",
            does="answers 2/04/08 for as long as it closes or blanks",
            source="cdrecord",
            faults=(Fault(opcode=TUR, busy=True, sense=LONG_WRITE, times=None),),
        ),
        "philips-cdd2600": Personality(
            vendor="PHILIPS",
            product="CDD2600",
            does="is older than MMC: it knows none of the commands that tell of discs, tracks and features",
            source="cdrecord, which has a driver of its own for it and for the HP C4324 that it is sold as, too",
            cds_only=True,
            faults=(
                *FIRST_EDITION,
                *(refusing(opcode) for opcode in (DISC_INFORMATION, TRACK_INFORMATION, CUE_SHEET)),
            ),
        ),
        "lg-untimed-lead-in": Personality(
            vendor="HL-DT-ST",
            product="DVDRAM GP08LU10",
            does="refuses a cue sheet whose lead-in has a time with 5/26/00",
            source="Psysonic",
            untimed_lead_in=True,
        ),
    }
)
