"""Commands that read, verify, or move the head."""

from __future__ import annotations

from typing import Final

from discstack.mmc.spec.cdb import CDB, Direction, bits, flag, reserved, signed

DAMAGED_MEDIUM: Final = 120.0  # seconds; how long retries on bad blocks go on
LONG_VERIFY: Final = 600.0  # seconds; 65,535 blocks may be asked for at once

# Bytes 9 and 10 of READ CD and READ CD MSF: what of each sector to transfer, MMC-6 6.19.
_SECTOR_FIELDS: Final = (
    *("sync" / flag(), "header_codes" / bits(2), "user_data" / flag(), "edc_ecc" / flag()),
    *("c2_error_information" / bits(2), reserved(1), reserved(5), "sub_channel_selection" / bits(3)),
)

READ_6: Final = CDB(
    "READ (6)",
    0x08,
    *(reserved(3), "lba" / bits(21), "transfer_length" / bits(8)),
    clause="SBC-2 5.5",
    direction=Direction.FROM_DEVICE,
    timeout=DAMAGED_MEDIUM,
)

READ_10: Final = CDB(
    "READ (10)",
    0x28,
    *(reserved(3), "dpo" / flag(), "fua" / flag(), reserved(3), "lba" / signed(32)),
    *(reserved(8), "transfer_length" / bits(16)),
    clause="MMC-6 6.14",
    direction=Direction.FROM_DEVICE,
    timeout=DAMAGED_MEDIUM,
)

READ_12: Final = CDB(
    "READ (12)",
    0xA8,
    *(reserved(3), "dpo" / flag(), "fua" / flag(), reserved(3), "lba" / signed(32), "transfer_length" / bits(32)),
    *("streaming" / flag(), reserved(7)),
    clause="MMC-6 6.15",
    direction=Direction.FROM_DEVICE,
    timeout=DAMAGED_MEDIUM,
)

READ_CD: Final = CDB(
    "READ CD",
    0xBE,
    *(reserved(3), "expected_sector_type" / bits(3), "dap" / flag(), reserved(1), "lba" / signed(32)),
    *("transfer_length" / bits(24), *_SECTOR_FIELDS),
    clause="MMC-6 6.19",
    direction=Direction.FROM_DEVICE,
    timeout=DAMAGED_MEDIUM,
)

READ_CD_MSF: Final = CDB(
    "READ CD MSF",
    0xB9,
    *(reserved(3), "expected_sector_type" / bits(3), "dap" / flag(), reserved(1), reserved(8)),
    *("starting_m" / bits(8), "starting_s" / bits(8), "starting_f" / bits(8)),
    *("ending_m" / bits(8), "ending_s" / bits(8), "ending_f" / bits(8), *_SECTOR_FIELDS),
    clause="MMC-6 6.20",
    direction=Direction.FROM_DEVICE,
    timeout=DAMAGED_MEDIUM,
)

SEEK_10: Final = CDB(
    "SEEK (10)",
    0x2B,
    *(reserved(8), "lba" / signed(32), reserved(24)),
    clause="MMC-6 6.34",
    timeout=DAMAGED_MEDIUM,
)

SET_READ_AHEAD: Final = CDB(
    "SET READ AHEAD",
    0xA7,
    *(reserved(8), "trigger_lba" / bits(32), "read_ahead_lba" / bits(32), reserved(8)),
    clause="MMC-6 6.40",
)

VERIFY_10: Final = CDB(
    "VERIFY (10)",
    0x2F,
    *(reserved(3), "dpo" / flag(), reserved(2), "bytchk" / flag(), reserved(1), "lba" / signed(32)),
    *(reserved(8), "verification_length" / bits(16)),
    clause="MMC-6 6.45",
    timeout=LONG_VERIFY,
)
