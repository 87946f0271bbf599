"""Sectors of a CD as they lie on the disc: putting them there, and getting them back with all eight sub-channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from discstack.emulator.media.compact.encode import Sector, pause
from discstack.emulator.media.compact.parts import SUB_CHANNEL, CdSession, CdTrack
from discstack.emulator.store import BLOCK, BlockStore, record
from discstack.mmc.spec.cd import packs, sector, sub_channel
from discstack.mmc.spec.cd.sector import SectorType
from discstack.mmc.spec.msf import Msf

PERIOD: Final = 100  # sectors; of so many in a row one tells the catalogue number and one the ISRC (ECMA-130 22.3.3)
CATALOGUE_AT, RECORDING_AT = 30, 60
PQ: Final = 2 * sub_channel.CHANNEL_SIZE
GATHERED: Final = 3  # sectors over which the packs of one are spread


@dataclass(frozen=True, slots=True)
class Place:
    """What an address belongs to."""

    number: int
    track: CdTrack
    session: CdSession


class Surface:
    """The sectors of a disc."""

    def __init__(self, store: BlockStore) -> None:
        self.store = store

    def put(self, lba: int, recorded: Sequence[Sector]) -> None:
        """Keep whole sectors from `lba` on; their user data, where they have any, lie among the blocks as well."""
        self.store.channels.write(lba, b"".join(record(sector.main, sector.channels) for sector in recorded))
        for at, sector_at in enumerate(recorded, lba):
            if at >= 0 and (data := sector_at.user_data) is not None:
                self.store.write(at, data)
        self.store.extend(max(lba + len(recorded), 0))

    def cut(self, lba: int) -> None:
        """Forget everything from an address on."""
        self.store.cut(max(lba, 0))
        self.store.channels.cut(lba)

    def main(self, lba: int, track: CdTrack) -> bytes:
        """Return the 2352 bytes of a sector."""
        if track.stored:
            main, _ = self.store.channels.read(lba)
            return main if any(main[:16]) or track.form == SectorType.AUDIO else pause(lba, track.form).main
        if lba < track.start or lba >= track.end - track.run_out:
            return pause(lba, track.form).main
        block = memoryview(bytearray(BLOCK))
        self.store.readinto(lba, block)
        return sector.mode_1(lba, block)

    def channels(self, lba: int, place: Place) -> bytes:
        """Return the sub-channels of a sector, one after the other; P and Q are made where none were recorded."""
        kept = self.store.channels.read(lba)[1] if place.track.stored else bytes(SUB_CHANNEL)
        if any(kept[:PQ]):
            return kept
        return made_pq(lba, place) + kept[PQ:]

    def corrected(self, lba: int, place: Place) -> bytes:
        """Return the R to W packs of a sector, in 96 symbols."""
        symbols = b"".join(
            sub_channel.interleave(bytes(PQ) + self.channels(at, place)[PQ:]) for at in range(lba, lba + GATHERED)
        )
        return packs.gather(symbols)


def made_pq(lba: int, place: Place) -> bytes:
    """Return the P and Q channels of a sector whose session the drive composed."""
    track, index = place.track, place.track.index_at(lba)
    p = sub_channel.P_CLEAR if index else sub_channel.P_SET
    absolute, control = Msf.from_lba(lba), track.control_at(lba)
    if place.session.catalogue and lba % PERIOD == CATALOGUE_AT:
        return p + sub_channel.q_catalogue(control, place.session.catalogue, absolute.frame)
    if track.isrc and index and lba % PERIOD == RECORDING_AT:
        return p + sub_channel.q_recording(control, track.isrc, absolute.frame)
    relative = lba - track.start if index else track.start - lba - 1
    return p + sub_channel.q_position(control, place.number, index, relative, absolute)
