"""Commands of the analogue CD player that old drives hold and old tools still send (MMC-2 and before)."""

from __future__ import annotations

from typing import Final

from discstack.mmc.spec.cdb import CDB, bits, flag, reserved, signed

PLAY_AUDIO_10: Final = CDB(
    "PLAY AUDIO (10)",
    0x45,
    *(reserved(8), "starting_lba" / signed(32), reserved(8), "play_length" / bits(16)),
    clause="MMC-2 6.1.10",
)

PLAY_AUDIO_12: Final = CDB(
    "PLAY AUDIO (12)",
    0xA5,
    *(reserved(8), "starting_lba" / signed(32), "play_length" / bits(32), reserved(8)),
    clause="MMC-2 6.1.11",
)

PLAY_AUDIO_MSF: Final = CDB(
    "PLAY AUDIO MSF",
    0x47,
    *(reserved(16), "starting_m" / bits(8), "starting_s" / bits(8), "starting_f" / bits(8)),
    *("ending_m" / bits(8), "ending_s" / bits(8), "ending_f" / bits(8)),
    clause="MMC-2 6.1.12",
)

PLAY_AUDIO_TRACK_INDEX: Final = CDB(
    "PLAY AUDIO TRACK INDEX",
    0x48,
    *(reserved(24), "starting_track" / bits(8), "starting_index" / bits(8)),
    *(reserved(8), "ending_track" / bits(8), "ending_index" / bits(8)),
    clause="SCSI-2 14.2.5",
)

PAUSE_RESUME: Final = CDB("PAUSE/RESUME", 0x4B, *(reserved(63), "resume" / flag()), clause="MMC-2 6.1.9")

STOP_PLAY_SCAN: Final = CDB("STOP PLAY/SCAN", 0x4E, reserved(64), clause="MMC-2 6.1.39")

SCAN: Final = CDB(
    "SCAN",
    0xBA,
    *(reserved(3), "direct" / flag(), reserved(4), "scan_starting_address" / signed(32), reserved(24)),
    *("type" / bits(2), reserved(6), reserved(8)),
    clause="MMC-2 6.1.30",
)
