"""The media table: every disc that the emulator knows, as it is sold."""

from __future__ import annotations

from typing import Any, Final

from discstack.emulator.media.base import Medium
from discstack.emulator.media.bd_formats import CLUSTER, FULL_SIZE
from discstack.emulator.media.bd_r import BDR
from discstack.emulator.media.bd_re import BDRE
from discstack.emulator.media.compact.disc import CDR
from discstack.emulator.media.compact.rewritable import CDRW
from discstack.emulator.media.dvd_minus_r import DVDMinusR, DVDMinusRDL
from discstack.emulator.media.dvd_minus_rw import DVDMinusRW
from discstack.emulator.media.dvd_plus_r import DVDPlusR, DVDPlusRDL
from discstack.emulator.media.dvd_plus_rw import DVDPlusRW
from discstack.emulator.media.dvd_ram import DVDRAM, WHOLE
from discstack.emulator.media.kind import Durations, MediumKind, Speeds
from discstack.emulator.media.layer_jump import LayerJump
from discstack.emulator.rotation import CD_ZONES, Rotation

SPINNING: Final = ((40.0, Rotation.CAV), (20.0, Rotation.ZCLV))  # from these speeds on CDs turn so
CD: Final[dict[str, Any]] = {
    "reported": 176.4,
    "payload": 153_600.0,
    "read": 48.0,
    "rotations": SPINNING,
    "zones": CD_ZONES,
}
CALIBRATIONS: Final = 100  # of a write-once disc
ZONED: Final = ((12.0, Rotation.ZCLV),)  # from this speed on DVDs are written in zones
DVD: Final[dict[str, Any]] = {"reported": 1385.0, "payload": 1_385_000.0, "read": 16.0, "rotations": ZONED}
ANGULAR: Final = ((8.0, Rotation.CAV),)
BD: Final[dict[str, Any]] = {"reported": 4495.5, "payload": 4_495_500.0, "read": 12.0, "rotations": ANGULAR}

MINUS: Final = Durations(lead_in=60.0, close_session=120.0, finalise=180.0)

BD_SIZES: Final = {1: FULL_SIZE, 2: 2 * FULL_SIZE, 3: 48878592, 4: 62500864}  # blocks, by layers


def blu_ray(name: str, family: type[Medium], profile: int, layers: int, factors: tuple[float, ...]) -> MediumKind:
    """Return the row of a BD; three and four layers are BDXL."""
    return MediumKind(
        name=name,
        family=family,
        profile=profile,
        capacity=BD_SIZES[layers],
        layers=layers,
        write_unit=CLUSTER,
        speeds=Speeds(factors=factors, **BD),
        calibrations=CALIBRATIONS if family is BDR else None,
    )


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
        calibrations=CALIBRATIONS,
        family=DVDMinusR,
        profile=0x0011,
        capacity=2298496,
        write_unit=16,
        speeds=Speeds(factors=(16, 12, 8, 6, 4, 2), **DVD),
        durations=MINUS,
    ),
    MediumKind(
        name="dvd-r-dl",
        calibrations=CALIBRATIONS,
        family=DVDMinusRDL,
        profile=0x0015,
        capacity=4171712,
        layers=2,
        write_unit=16,
        speeds=Speeds(factors=(12, 8, 6, 4, 2), **DVD),
        durations=MINUS,
    ),
    MediumKind(
        name="dvd-r-dl-lj",
        calibrations=CALIBRATIONS,
        family=LayerJump,
        profile=0x0016,
        capacity=4171712,
        layers=2,
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
        name="dvd-ram",
        family=DVDRAM,
        profile=0x0012,
        capacity=WHOLE,
        write_unit=16,
        speeds=Speeds(factors=(5, 3, 2), **DVD),
    ),
    MediumKind(
        name="dvd+r",
        calibrations=CALIBRATIONS,
        family=DVDPlusR,
        profile=0x001B,
        capacity=2295104,
        write_unit=16,
        speeds=Speeds(factors=(16, 12, 8, 6, 4, 2.4), **DVD),
    ),
    MediumKind(
        name="dvd+r-dl",
        calibrations=CALIBRATIONS,
        family=DVDPlusRDL,
        profile=0x002B,
        capacity=4173824,
        layers=2,
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
    blu_ray("bd-r", BDR, 0x0041, 1, (16, 12, 8, 6, 4, 2)),
    blu_ray("bd-r-dl", BDR, 0x0041, 2, (8, 6, 4, 2)),
    blu_ray("bd-r-tl", BDR, 0x0041, 3, (4, 2)),
    blu_ray("bd-r-ql", BDR, 0x0041, 4, (4, 2)),
    blu_ray("bd-re", BDRE, 0x0043, 1, (2, 1)),
    blu_ray("bd-re-dl", BDRE, 0x0043, 2, (2, 1)),
    blu_ray("bd-re-tl", BDRE, 0x0043, 3, (2, 1)),
)

MEDIA: Final = {kind.name: kind for kind in KINDS}
PROFILES: Final = frozenset(kind.profile for kind in KINDS) | {0x0013}  # the other face of a DVD-RW
