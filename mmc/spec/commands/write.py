"""Commands of a recording: calibrate, reserve, write, flush, close.

Time-outs suit the form without Immed, and the slowest medium seen.
"""

from __future__ import annotations

from typing import Final

from discstack.mmc.spec.cdb import CDB, Direction, bits, flag, reserved, signed

LEAD_IN: Final = 180.0  # seconds; the first WRITE of a DVD-R disc-at-once records the lead-in before it answers
LEAD_OUT: Final = 900.0  # seconds; the last flush of a disc-at-once recording writes the lead-out
CLOSING: Final = 1800.0  # seconds; finishing a dual layer disc fills the outer rim of both layers

WRITE_6: Final = CDB(
    "WRITE (6)",
    0x0A,
    *(reserved(3), "lba" / bits(21), "transfer_length" / bits(8)),
    clause="SBC-2 5.24",
    direction=Direction.TO_DEVICE,
    timeout=LEAD_IN,
)

WRITE_10: Final = CDB(
    "WRITE (10)",
    0x2A,
    *(reserved(3), "dpo" / flag(), "fua" / flag(), "tsr" / flag(), reserved(2), "lba" / signed(32)),
    *(reserved(8), "transfer_length" / bits(16)),
    clause="MMC-6 6.46",
    direction=Direction.TO_DEVICE,
    timeout=LEAD_IN,
)

WRITE_12: Final = CDB(
    "WRITE (12)",
    0xAA,
    *(reserved(3), "dpo" / flag(), "fua" / flag(), "tsr" / flag(), reserved(2), "lba" / signed(32)),
    *("transfer_length" / bits(32), "streaming" / flag(), reserved(7)),
    clause="MMC-6 6.47",
    direction=Direction.TO_DEVICE,
    timeout=LEAD_IN,
)

WRITE_AND_VERIFY_10: Final = CDB(
    "WRITE AND VERIFY (10)",
    0x2E,
    *(reserved(3), "dpo" / flag(), reserved(2), "bytchk" / flag(), reserved(1), "lba" / signed(32)),
    *(reserved(8), "transfer_length" / bits(16)),
    clause="MMC-6 6.48",
    direction=Direction.TO_DEVICE,
    timeout=LEAD_IN,
)

SYNCHRONIZE_CACHE_10: Final = CDB(
    "SYNCHRONIZE CACHE (10)",
    0x35,
    *(reserved(6), "immed" / flag(), reserved(1), "lba" / signed(32), reserved(8), "number_of_blocks" / bits(16)),
    clause="MMC-6 6.43",
    timeout=LEAD_OUT,
)

READ_BUFFER_CAPACITY: Final = CDB(
    "READ BUFFER CAPACITY",
    0x5C,
    *(reserved(7), "block" / flag(), reserved(40), "allocation_length" / bits(16)),
    clause="MMC-6 6.17",
    direction=Direction.FROM_DEVICE,
)

CLOSE_TRACK_SESSION: Final = CDB(
    "CLOSE TRACK/SESSION",
    0x5B,
    *(reserved(7), "immed" / flag(), reserved(5), "close_function" / bits(3), reserved(8)),
    *("logical_track_number" / bits(16), reserved(24)),
    clause="MMC-6 6.3",
    timeout=CLOSING,
)

REPAIR_TRACK: Final = CDB(
    "REPAIR TRACK",
    0x58,
    *(reserved(7), "immed" / flag(), reserved(16), "logical_track_number" / bits(16), reserved(24)),
    clause="MMC-6 6.27",
    timeout=LEAD_OUT,
)

# The parameter is the size in blocks, or with arsv the logical block address where the track shall be split.
RESERVE_TRACK: Final = CDB(
    "RESERVE TRACK",
    0x53,
    *(reserved(6), "rmz" / flag(), "arsv" / flag(), reserved(24), "logical_track_reservation_parameter" / bits(32)),
    clause="MMC-6 6.31",
    timeout=LEAD_IN,
)

SEND_OPC_INFORMATION: Final = CDB(
    "SEND OPC INFORMATION",
    0x54,
    *(reserved(7), "do_opc" / flag(), reserved(6), "exclude_1" / flag(), "exclude_0" / flag(), reserved(32)),
    "parameter_list_length" / bits(16),
    clause="MMC-6 6.38",
    direction=Direction.TO_DEVICE,
    timeout=300.0,  # calibrating every speed of a fresh disc
)

SEND_CUE_SHEET: Final = CDB(
    "SEND CUE SHEET",
    0x5D,
    *(reserved(40), "parameter_list_length" / bits(24)),  # the standard says Cue Sheet Size
    clause="MMC-6 6.35",
    direction=Direction.TO_DEVICE,
    timeout=LEAD_IN,
)

SEND_DISC_STRUCTURE: Final = CDB(
    "SEND DISC STRUCTURE",
    0xBF,
    *(reserved(4), "media_type" / bits(4), reserved(40), "format" / bits(8)),
    *("parameter_list_length" / bits(16), reserved(8)),  # the standard says Structure Data Length
    clause="MMC-6 6.36",
    direction=Direction.TO_DEVICE,
    timeout=LEAD_IN,  # a layer break is calibrated for
)

SET_CD_SPEED: Final = CDB(
    "SET CD SPEED",
    0xBB,
    *(reserved(6), "rotational_control" / bits(2), "logical_unit_read_speed" / bits(16)),
    *("logical_unit_write_speed" / bits(16), reserved(40)),
    clause="MMC-6 6.39",
)

SET_STREAMING: Final = CDB(
    "SET STREAMING",
    0xB6,
    *(reserved(56), "type" / bits(8), "parameter_list_length" / bits(16)),
    clause="MMC-6 6.41",
    direction=Direction.TO_DEVICE,
)
