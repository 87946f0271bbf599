"""Personalities: real drives by what they do differently, as others have reported it.

A personality is a name as INQUIRY tells it and faults that never end. `virtual:MEDIUM?personality=NAME` gives it to a
drive.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from discstack.emulator import lies
from discstack.emulator.conditions import (
    ILLEGAL_MODE,
    INVALID_FIELD_IN_CDB,
    INVALID_FIELD_IN_PARAMETERS,
    LONG_WRITE,
    NO_MEDIUM_TRAY_CLOSED,
    SEQUENCE_ERROR,
)
from discstack.emulator.faults import Fault
from discstack.emulator.personality import (
    CONFIGURATION,
    FIRST_EDITION,
    MODE_SENSE,
    Personality,
    has_whole_tracks,
    is_at_once,
    is_bd,
    is_dvd_r,
    is_full,
    is_full_dvd,
    is_loading,
    is_raw,
    not_incremental,
    part_of_a_buffer,
    refusing,
)
from discstack.mmc.spec.profiles import Profile
from discstack.mmc.spec.sense import Sense

TUR, WRITE, WRITE_12, TRACK_INFORMATION, OPC, CLOSE = 0x00, 0x2A, 0xAA, 0x52, 0x54, 0x5B
STREAMING, PERFORMANCE, FLUSH = 0xB6, 0xAC, 0x35
FORMAT, MODE_SELECT, BUFFER_CAPACITY = 0x04, 0x55, 0x5C
RESERVE_TRACK, EVENTS = 0x53, 0x4A
CUE_SHEET, DISC_INFORMATION = 0x5D, 0x51
NOT_READY: Final = Sense(0x2, 0x24)
CLOSE_TRACK: Final = 1

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
            does="answers SEND OPC INFORMATION with 5/30/02, and does not know the data mode of a track",
            source="growisofs",
            faults=(
                refusing(OPC, Sense(0x5, 0x30, 0x02)),
                Fault(opcode=TRACK_INFORMATION, alter=lies.unknown_data_mode, times=None),
            ),
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
        "load-first": Personality(
            vendor="DISCSTAK",
            product="LOAD FIRST",
            does="knows nothing of a disc in its closed tray, with the power just on, until it is told to load it",
            source="growisofs",
            loads_when_told=True,
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
        "panasonic-lf-d310": Personality(
            vendor="MATSHITA",
            product="DVD-RAM LF-D310",
            does="takes no write parameters for a DVD-R but with track mode 5",
            source="growisofs",
            faults=(
                Fault(
                    opcode=MODE_SELECT,
                    when=is_dvd_r,
                    sends=not_incremental,
                    sense=INVALID_FIELD_IN_PARAMETERS,
                    times=None,
                ),
            ),
        ),
        "pioneer-dvr-104": Personality(
            vendor="PIONEER",
            product="DVD-RW  DVR-104",
            does="tells a preferred link size that no disc has",
            source="growisofs",
            faults=(Fault(opcode=CONFIGURATION, alter=lies.wrong_link_size, times=None),),
        ),
        "pioneer-buffer": Personality(
            vendor="PIONEER",
            product="DVD-RW",
            does="tells that more of its buffer is free than it has",
            source="growisofs, of Pioneer's drives at high speeds, and libburn",
            faults=(Fault(opcode=BUFFER_CAPACITY, alter=lies.more_room_than_there_is, times=None),),
        ),
        "lg-gh22ls30": Personality(
            vendor="HL-DT-ST",
            product="DVD-RAM GH22LS30",
            does="refuses to close a track of a CD that a flush has closed already",
            source="libburn",
            faults=(
                Fault(
                    opcode=CLOSE,
                    fields={"close_function": CLOSE_TRACK},
                    when=has_whole_tracks,
                    sense=INVALID_FIELD_IN_CDB,
                    times=None,
                ),
            ),
        ),
        "lg-ggw-h20l": Personality(
            vendor="HL-DT-ST",
            product="BD-RE  GGW-H20L",
            does="records nothing of a BD's stream that comes in less than 64 KiB at once, and does not say so",
            source="libburn",
            faults=(
                Fault(
                    opcode=WRITE_12,
                    fields={"streaming": 1},
                    when=is_bd,
                    sends=part_of_a_buffer,
                    ignore=True,
                    times=None,
                ),
            ),
        ),
        "new-mitsumi": Personality(
            vendor="MITSUMI",
            product="CR-48X9TE",
            does="answers 2/04/07 for as long as it closes or blanks, and tells how far it is only to REQUEST SENSE",
            source="cdrecord, and libburn of old HP drives",
            faults=(Fault(opcode=TUR, busy=True, sense=Sense(0x2, 0x04, 0x07), times=None),),
        ),
        "asus-drw-24f1st": Personality(
            vendor="ASUS",
            product="DRW-24F1ST   a",
            does="takes write parameters for raw recording, and then no lead-in; so does a Samsung SH-224",
            source="cdrdao",
            faults=(Fault(opcode=WRITE, when=is_raw, sense=ILLEGAL_MODE, times=None),),
        ),
    }
)
