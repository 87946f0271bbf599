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
from discstack.emulator.conditions import INVALID_FIELD_IN_CDB, INVALID_OPCODE
from discstack.emulator.faults import Fault
from discstack.mmc.spec.sense import Sense

TUR, TRACK_INFORMATION, OPC, CLOSE = 0x00, 0x52, 0x54, 0x5B
STREAMING, PERFORMANCE, FLUSH = 0xB6, 0xAC, 0x35


@dataclass(frozen=True, slots=True, kw_only=True)
class Personality:
    """A drive: its name, and what it does; `source` says who saw that. `untimed_lead_in` is a setting of its own."""

    vendor: str
    product: str
    does: str
    source: str
    faults: tuple[Fault, ...] = ()
    untimed_lead_in: bool = False


def refusing(opcode: int, sense: Sense = INVALID_OPCODE, **fields: int) -> Fault:
    """Return the fault of a drive that never does something."""
    return Fault(opcode=opcode, fields=fields, sense=sense, times=None)


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
        "lg-untimed-lead-in": Personality(
            vendor="HL-DT-ST",
            product="DVDRAM GP08LU10",
            does="refuses a cue sheet whose lead-in has a time with 5/26/00",
            source="Psysonic",
            untimed_lead_in=True,
        ),
    }
)
