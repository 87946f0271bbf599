"""Reading sectors of a CD in all their parts: READ CD, typed (MMC-6 6.19)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from discstack.mmc.command import command, received
from discstack.mmc.errors import BlankCheck, IllegalRequest, MediumError, ResponseError
from discstack.mmc.spec.cd import sub_channel
from discstack.mmc.spec.cd.sector import SectorType, intact, sector_type
from discstack.mmc.spec.commands import READ_CD
from discstack.mmc.spec.layout import StructureError

if TYPE_CHECKING:
    from discstack.mmc.procedure import Procedure
    from discstack.transport.base import Reply

MAIN: Final = 2352
UNREADABLE: Final = (MediumError, BlankCheck, IllegalRequest)  # what READ CD ends with at a sector
MOST_BYTES: Final = 64 << 10  # that one READ CD asks for


class SubChannels(IntEnum):
    """What of the sub-channels READ CD hands out behind each sector."""

    NONE = 0
    RAW = 1
    Q = 2
    R_TO_W = 4


class ErrorBits(IntEnum):
    """Whether a bit comes for each byte of the sector that C2 could not correct, and their sum before them."""

    NONE = 0
    BITS = 1
    BITS_AND_BLOCK = 2


SUB_SIZES: Final = {SubChannels.NONE: 0, SubChannels.RAW: 96, SubChannels.Q: 16, SubChannels.R_TO_W: 96}
ERROR_SIZES: Final = {ErrorBits.NONE: 0, ErrorBits.BITS: 294, ErrorBits.BITS_AND_BLOCK: 296}


@dataclass(frozen=True, slots=True, kw_only=True)
class CdSector:
    """One sector as the drive handed it out; `error_bits` and `sub` are empty where they were not asked for."""

    lba: int
    main: bytes
    error_bits: bytes = b""
    sub: bytes = b""
    form: SubChannels = SubChannels.NONE

    @property
    def kind(self) -> SectorType:
        """What the sector is, judging from its bytes; audio may look like anything."""
        return sector_type(self.main)

    @property
    def intact(self) -> bool:
        """Whether data agrees with its error detection and correction codes."""
        return intact(self.main)

    @property
    def doubtful_bytes(self) -> int:
        """How many bytes the drive could not correct."""
        return sum(byte.bit_count() for byte in self.error_bits[-ERROR_SIZES[ErrorBits.BITS] :])

    @property
    def q(self) -> bytes | None:
        """The 12 bytes of Q, None where they did not come, or came damaged."""
        if self.form is SubChannels.RAW:
            found = sub_channel.deinterleave(self.sub, 2)[12:24]
        elif self.form is SubChannels.Q:
            found = self.sub[:12]
        else:
            return None
        return found if sub_channel.intact(found) else None

    @property
    def channels(self) -> bytes:
        """The sub-channels P to W one after the other, as image files keep them; empty unless they came raw."""
        return sub_channel.deinterleave(self.sub) if self.form is SubChannels.RAW else b""


def block_size(errors: ErrorBits, sub: SubChannels) -> int:
    """Return how many bytes READ CD hands out for each sector."""
    return MAIN + ERROR_SIZES[errors] + SUB_SIZES[sub]


def read_sectors(
    lba: int, count: int, *, errors: ErrorBits = ErrorBits.NONE, sub: SubChannels = SubChannels.NONE
) -> Procedure[list[CdSector]]:
    """Read whole sectors of any kind: all 2352 bytes, the error bits and sub-channels that are asked for."""
    size = block_size(errors, sub)
    request = command(
        READ_CD,
        allocation=size * count,
        lba=lba,
        transfer_length=count,
        sync=True,
        header_codes=3,
        user_data=True,
        edc_ecc=True,
        c2_error_information=int(errors),
        sub_channel_selection=int(sub),
    )
    reply: Reply = yield request
    data = received(reply)
    if len(data) != size * count:
        raise ResponseError(request.cdb, StructureError(READ_CD.name, data, f"not {count} times {size} bytes long"))
    return list(_sectors(lba, data, errors, sub))


def _sectors(lba: int, data: bytes, errors: ErrorBits, sub: SubChannels) -> Iterator[CdSector]:
    size, behind = block_size(errors, sub), MAIN + ERROR_SIZES[errors]
    for number in range(len(data) // size):
        block = data[number * size : (number + 1) * size]
        yield CdSector(lba=lba + number, main=block[:MAIN], error_bits=block[MAIN:behind], sub=block[behind:], form=sub)
