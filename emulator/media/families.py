"""The media table: every disc that the emulator knows, as it is sold."""

from __future__ import annotations

from typing import Final

from discstack.emulator.media.base import Durations, MediumKind, Speeds
from discstack.emulator.media.blu_ray import BDR, BDRE, CLUSTER, FULL_SIZE
from discstack.emulator.media.compact.disc import CDR
from discstack.emulator.media.compact.rewritable import CDRW
from discstack.emulator.media.dvd_minus_r import DVDMinusR, DVDMinusRDL
from discstack.emulator.media.dvd_minus_rw import DVDMinusRW
from discstack.emulator.media.dvd_plus_r import DVDPlusR, DVDPlusRDL
from discstack.emulator.media.dvd_plus_rw import DVDPlusRW

CD: Final = {"reported": 176.4, "payload": 153_600.0, "read": 48.0}
DVD: Final = {"reported": 1385.0, "payload": 1_385_000.0, "read": 16.0}
BD: Final = {"reported": 4495.5, "payload": 4_495_500.0, "read": 12.0}

MINUS: Final = Durations(lead_in=60.0, close_session=120.0, finalise=180.0)

KINDS: Final = (
    MediumKind(
        name="cd-r",
        family=CDR,
        profile=0x0009,
        capacity=359849,  # the last lead-out begins at 79:59.74
        write_unit=1,
        speeds=Speeds(factors=(48, 40, 32, 24, 16, 8, 4), **CD),
        durations=Durations(close_session=35.0, finalise=35.0),
    ),
    MediumKind(
        name="cd-rw",
        family=CDRW,
        profile=0x000A,
        capacity=359849,
        write_unit=1,
        speeds=Speeds(factors=(12, 10, 8, 4), **CD),
        durations=Durations(close_session=60.0, finalise=60.0),
    ),
    MediumKind(
        name="dvd-r",
        family=DVDMinusR,
        profile=0x0011,
        capacity=2298496,
        write_unit=16,
        speeds=Speeds(factors=(16, 12, 8, 6, 4, 2), **DVD),
        durations=MINUS,
    ),
    MediumKind(
        name="dvd-r-dl",
        family=DVDMinusRDL,
        profile=0x0015,
        capacity=4171712,
        write_unit=16,
        speeds=Speeds(factors=(12, 8, 6, 4, 2), **DVD),
        durations=MINUS,
    ),
    MediumKind(
        name="dvd-rw",
        family=DVDMinusRW,
        profile=0x0014,
        capacity=2297888,
        write_unit=16,
        speeds=Speeds(factors=(6, 4, 2, 1), **DVD),
        durations=MINUS,
    ),
    MediumKind(
        name="dvd+r",
        family=DVDPlusR,
        profile=0x001B,
        capacity=2295104,
        write_unit=16,
        speeds=Speeds(factors=(16, 12, 8, 6, 4, 2.4), **DVD),
    ),
    MediumKind(
        name="dvd+r-dl",
        family=DVDPlusRDL,
        profile=0x002B,
        capacity=4173824,
        write_unit=16,
        speeds=Speeds(factors=(8, 6, 4, 2.4), **DVD),
    ),
    MediumKind(
        name="dvd+rw",
        family=DVDPlusRW,
        profile=0x001A,
        capacity=2295104,
        write_unit=16,
        speeds=Speeds(factors=(8, 6, 4, 2.4), **DVD),
    ),
    MediumKind(
        name="bd-r",
        family=BDR,
        profile=0x0041,
        capacity=FULL_SIZE,
        write_unit=CLUSTER,
        speeds=Speeds(factors=(16, 12, 8, 6, 4, 2), **BD),
    ),
    MediumKind(
        name="bd-re",
        family=BDRE,
        profile=0x0043,
        capacity=FULL_SIZE,
        write_unit=CLUSTER,
        speeds=Speeds(factors=(2, 1), **BD),
    ),
)

MEDIA: Final = {kind.name: kind for kind in KINDS}
PROFILES: Final = frozenset(kind.profile for kind in KINDS) | {0x0013}  # the other face of a DVD-RW
