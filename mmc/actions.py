"""Commands that change the drive or the disc, one small procedure each.

Long operations are asked for with Immed and are then still running; `discstack.mmc.steps` waits for them.
"""

from __future__ import annotations

from discstack.mmc.command import BLOCK_SIZE, act, command
from discstack.mmc.errors import ShortTransfer
from discstack.mmc.procedure import Procedure
from discstack.mmc.spec.commands import (
    BLANK,
    CLOSE_TRACK_SESSION,
    FORMAT_UNIT,
    MODE_SELECT_10,
    PREVENT_ALLOW_MEDIUM_REMOVAL,
    READ_10,
    RESERVE_TRACK,
    SEND_CUE_SHEET,
    SEND_DISC_STRUCTURE,
    SEND_OPC_INFORMATION,
    SET_CD_SPEED,
    SET_STREAMING,
    START_STOP_UNIT,
    SYNCHRONIZE_CACHE_10,
    WRITE_10,
)
from discstack.transport.base import Reply

MODE_PARAMETER_HEADER_10 = 8  # bytes, SPC-4 7.5.5
FASTEST = 0xFFFF  # SET CD SPEED: no limit


def load_medium() -> Procedure[None]:
    """Close the tray; without Immed, because some drives tell nonsense of a disc that they are still loading."""
    yield from act(START_STOP_UNIT, loej=True, start=True)


def eject_medium() -> Procedure[None]:
    """Open the tray."""
    yield from act(START_STOP_UNIT, loej=True)


def prevent_removal(*, prevent: bool) -> Procedure[None]:
    """Lock or unlock the tray (MMC-6 6.13)."""
    yield from act(PREVENT_ALLOW_MEDIUM_REMOVAL, prevent=prevent)


def set_cd_speed(*, read: int = FASTEST, write: int = FASTEST) -> Procedure[None]:
    """Set both speeds in kB/s; FFFFh for the fastest (MMC-6 6.39)."""
    yield from act(SET_CD_SPEED, logical_unit_read_speed=read, logical_unit_write_speed=write)


def set_streaming(performance_descriptor: bytes) -> Procedure[None]:
    """Send a performance descriptor (MMC-6 6.41)."""
    yield from act(SET_STREAMING, data=performance_descriptor)


def calibrate() -> Procedure[None]:
    """Let the drive find the right laser power for this disc (MMC-6 6.38)."""
    yield from act(SEND_OPC_INFORMATION, do_opc=True)


def reserve_track(blocks: int) -> Procedure[None]:
    """Reserve the next track for exactly `blocks` blocks (MMC-6 6.31)."""
    yield from act(RESERVE_TRACK, logical_track_reservation_parameter=blocks)


def send_cue_sheet(cue_sheet: bytes) -> Procedure[None]:
    """Announce a session at once (MMC-6 6.35)."""
    yield from act(SEND_CUE_SHEET, data=cue_sheet)


def send_disc_structure(format: int, structure: bytes, *, media_type: int = 0) -> Procedure[None]:
    """Send a disc structure, header included (MMC-6 6.36)."""
    yield from act(SEND_DISC_STRUCTURE, data=structure, media_type=media_type, format=format)


def write_zeros(lba: int, blocks: int) -> Procedure[None]:
    """Write empty blocks of 2048 bytes (MMC-6 6.46)."""
    yield from act(WRITE_10, data=bytes(blocks * BLOCK_SIZE), lba=lba, transfer_length=blocks)


def synchronize_cache(*, immed: bool = False) -> Procedure[None]:
    """Write everything that the drive still buffers (MMC-6 6.43)."""
    yield from act(SYNCHRONIZE_CACHE_10, immed=immed)


def close_track_session(function: int, track: int = 0, *, immed: bool = True) -> Procedure[None]:
    """Close a track, a session or the disc, as `function` says (MMC-6 6.3)."""
    yield from act(CLOSE_TRACK_SESSION, immed=immed, close_function=function, logical_track_number=track)


def blank(blanking_type: int, start_address: int = 0, *, immed: bool = True) -> Procedure[None]:
    """Blank a rewritable medium (MMC-6 6.2)."""
    yield from act(BLANK, immed=immed, blanking_type=blanking_type, start_address=start_address)


def format_unit(parameter_list: bytes, *, cmp_list: bool = False) -> Procedure[None]:
    """Format with a parameter list of one descriptor; its Immed bit says whether to wait (MMC-6 6.4)."""
    yield from act(FORMAT_UNIT, data=parameter_list, fmt_data=True, cmp_list=cmp_list, format_code=1)


def mode_select(page: bytes) -> Procedure[None]:
    """Set one mode page (SPC-4 6.10); its PS bit, reserved here, is cleared."""
    data = bytes(MODE_PARAMETER_HEADER_10) + bytes((page[0] & 0x7F,)) + page[1:]
    yield from act(MODE_SELECT_10, data=data, pf=True)


def read_blocks(lba: int, buffer: memoryview) -> Procedure[None]:
    """Fill `buffer`, a whole number of blocks, from the disc (MMC-6 6.14).

    Raises ShortTransfer where the drive says GOOD but sent less: the rest of the buffer is then what was in it before.
    """
    request = command(READ_10, data=buffer, lba=lba, transfer_length=len(buffer) // BLOCK_SIZE)
    reply: Reply = yield request
    if missing := len(buffer) - len(reply.data):
        raise ShortTransfer(request.cdb, missing)
