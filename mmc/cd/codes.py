"""The media catalogue number and the ISRCs of a CD, as the drive tells them, and as the sub-channel Q has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from discstack.mmc.cd.sectors import SubChannels, read_sectors
from discstack.mmc.command import ask
from discstack.mmc.errors import BlankCheck, DriveTimeout, IllegalRequest, MediumError, ResponseError
from discstack.mmc.procedure import Procedure
from discstack.mmc.spec.cd import sub_channel
from discstack.mmc.spec.commands import READ_SUB_CHANNEL

UNREADABLE: Final = (IllegalRequest, MediumError, BlankCheck, ResponseError, DriveTimeout)
REPLY: Final = 24  # bytes
STEP: Final = 25  # sectors of one READ CD
SEARCHED: Final = 125  # sectors; of 100 in a row one has the code (ECMA-130 22.3.3), and its check sum may be wrong


def catalogue_number() -> Procedure[str]:
    """Ask for the media catalogue number, 13 digits; empty where the drive tells none."""
    return (yield from _code(sub_channel.CATALOGUE, 0, 13))


def recording_code(track: int) -> Procedure[str]:
    """Ask for a track's ISRC, 12 characters; empty where the drive tells none."""
    return (yield from _code(sub_channel.RECORDING, track, 12))


def catalogue_number_in_q(start: int) -> Procedure[str]:
    """Look for the media catalogue number in the sectors from an address on; empty where it is not there."""
    return (yield from _in_q(start, sub_channel.CATALOGUE, sub_channel.catalogue_of))


def recording_code_in_q(start: int) -> Procedure[str]:
    """Look for an ISRC in the sectors from an address on; empty where it is not there."""
    return (yield from _in_q(start, sub_channel.RECORDING, sub_channel.recording_of))


def _code(parameter: int, track: int, size: int) -> Procedure[str]:
    """Ask for one or the other: the parameter is the ADR of its Q blocks (MMC-2 6.1.23)."""
    data = yield from ask(
        READ_SUB_CHANNEL, bytes, REPLY, subq=True, sub_channel_parameter_list=parameter, track_number=track
    )
    valid = len(data) >= REPLY and data[8] & 0x80
    code = data[9 : 9 + size].decode("ascii", "replace") if valid else ""
    return code if code.isalnum() else ""


def _in_q(start: int, adr: int, decoded: Callable[[bytes], str]) -> Procedure[str]:
    for lba in range(start, start + SEARCHED, STEP):
        for sector in (yield from read_sectors(lba, STEP, sub=SubChannels.Q)):
            if sector.q is not None and sector.q[0] & 0x0F == adr:
                return decoded(sector.q)
    return ""
