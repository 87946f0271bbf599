"""Commands that move, lock, blank or format the medium.

Time-outs suit the form without Immed, and the slowest medium seen.
"""

from __future__ import annotations

from typing import Final

from discstack.mmc.spec.cdb import CDB, Direction, bits, flag, reserved, signed

MECHANICS: Final = 300.0  # seconds; load, spin up and recognise a disc
WHOLE_CD: Final = 9600.0  # seconds; a CD-RW at single speed, with reserve
WHOLE_DISC: Final = 11000.0  # seconds; a dual layer BD-RE with certification

BLANK: Final = CDB(
    "BLANK",
    0xA1,
    *(reserved(3), "immed" / flag(), reserved(1), "blanking_type" / bits(3), "start_address" / signed(32)),
    reserved(40),
    clause="MMC-6 6.2",
    timeout=WHOLE_CD,
)

# The parameter list has a length of its own: nothing in the CDB bounds it.
FORMAT_UNIT: Final = CDB(
    "FORMAT UNIT",
    0x04,
    *("fmtpinfo" / bits(2), "longlist" / flag(), "fmt_data" / flag(), "cmp_list" / flag(), "format_code" / bits(3)),
    *("vendor_specific" / bits(8), "interleave" / bits(16)),
    clause="MMC-6 6.4",
    direction=Direction.TO_DEVICE,
    timeout=WHOLE_DISC,
)

LOAD_UNLOAD_MEDIUM: Final = CDB(
    "LOAD/UNLOAD MEDIUM",
    0xA6,
    *(reserved(7), "immed" / flag(), reserved(16), reserved(6), "lo_unlo" / flag(), "start" / flag(), reserved(24)),
    *("slot" / bits(8), reserved(16)),
    clause="MMC-6 6.9",
    timeout=MECHANICS,
)

PREVENT_ALLOW_MEDIUM_REMOVAL: Final = CDB(
    "PREVENT ALLOW MEDIUM REMOVAL",
    0x1E,
    *(reserved(24), reserved(6), "persistent" / flag(), "prevent" / flag()),
    clause="MMC-6 6.13",
)

START_STOP_UNIT: Final = CDB(
    "START STOP UNIT",
    0x1B,
    *(reserved(7), "immed" / flag(), reserved(8), reserved(6), "format_layer_number" / bits(2)),
    *("power_conditions" / bits(4), reserved(1), "fl" / flag(), "loej" / flag(), "start" / flag()),
    clause="MMC-6 6.42",
    timeout=MECHANICS,
)
