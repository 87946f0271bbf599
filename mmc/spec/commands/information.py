"""Commands that ask the drive and the medium what they are: features, speeds, disc, sessions, tracks."""

from __future__ import annotations

from typing import Final

from discstack.mmc.spec.cdb import CDB, Direction, bits, const, flag, reserved, signed

SPIN_UP: Final = 120.0  # seconds; a drive may take this long to make sense of a disc before it answers

GET_CONFIGURATION: Final = CDB(
    "GET CONFIGURATION",
    0x46,
    *(reserved(6), "rt" / bits(2), "starting_feature_number" / bits(16), reserved(24), "allocation_length" / bits(16)),
    clause="MMC-6 6.5",
    direction=Direction.FROM_DEVICE,
)

GET_EVENT_STATUS_NOTIFICATION: Final = CDB(
    "GET EVENT STATUS NOTIFICATION",
    0x4A,
    *(reserved(7), "polled" / flag(), reserved(16), "notification_class_request" / bits(8), reserved(16)),
    "allocation_length" / bits(16),
    clause="MMC-6 6.6",
    direction=Direction.FROM_DEVICE,
)

# tolerance, write and except_ are the Data Type field as type 00h (performance) divides it; zero for all other types.
GET_PERFORMANCE: Final = CDB(
    "GET PERFORMANCE",
    0xAC,
    *(reserved(3), "tolerance" / bits(2), "write" / flag(), "except_" / bits(2)),
    *("starting_lba" / bits(32), reserved(16), "maximum_number_of_descriptors" / bits(16), "type" / bits(8)),
    clause="MMC-6 6.7",
    direction=Direction.FROM_DEVICE,
    timeout=SPIN_UP,
)

MECHANISM_STATUS: Final = CDB(
    "MECHANISM STATUS",
    0xBD,
    *(reserved(56), "allocation_length" / bits(16), reserved(8)),
    clause="MMC-6 6.10",
    direction=Direction.FROM_DEVICE,
)

READ_CAPACITY: Final = CDB(
    "READ CAPACITY",
    0x25,
    *(reserved(8), "lba" / bits(32), reserved(16), reserved(7), "pmi" / flag()),
    clause="MMC-6 6.18",
    direction=Direction.FROM_DEVICE,
    timeout=SPIN_UP,
)

READ_DISC_INFORMATION: Final = CDB(
    "READ DISC INFORMATION",
    0x51,
    *(reserved(5), "data_type" / bits(3), reserved(40), "allocation_length" / bits(16)),
    clause="MMC-6 6.21",
    direction=Direction.FROM_DEVICE,
    timeout=SPIN_UP,
)

READ_DISC_STRUCTURE: Final = CDB(
    "READ DISC STRUCTURE",
    0xAD,
    *(reserved(4), "media_type" / bits(4), "address" / bits(32), "layer_number" / bits(8), "format" / bits(8)),
    *("allocation_length" / bits(16), "agid" / bits(2), reserved(6)),
    clause="MMC-6 6.22",
    direction=Direction.FROM_DEVICE,
    timeout=SPIN_UP,
)

READ_FORMAT_CAPACITIES: Final = CDB(
    "READ FORMAT CAPACITIES",
    0x23,
    *(reserved(48), "allocation_length" / bits(16)),
    clause="MMC-6 6.23",
    direction=Direction.FROM_DEVICE,
    timeout=SPIN_UP,
)

READ_MEDIA_SERIAL_NUMBER: Final = CDB(
    "READ MEDIA SERIAL NUMBER",
    0xAB,
    *(reserved(3), "service_action" / const(5, 0x01), reserved(32), "allocation_length" / bits(32), reserved(8)),
    clause="MMC-6 6.24",
    direction=Direction.FROM_DEVICE,
    timeout=SPIN_UP,
    selector="service_action",
)

# Drives made to SFF-8020 expect the format in the upper two bits of the control byte as well.
READ_TOC_PMA_ATIP: Final = CDB(
    "READ TOC/PMA/ATIP",
    0x43,
    *(reserved(6), "msf" / flag(), reserved(1), reserved(4), "format" / bits(4), reserved(24)),
    *("track_session_number" / bits(8), "allocation_length" / bits(16)),
    clause="MMC-6 6.25",
    direction=Direction.FROM_DEVICE,
    timeout=SPIN_UP,
)

READ_TRACK_INFORMATION: Final = CDB(
    "READ TRACK INFORMATION",
    0x52,
    *(reserved(5), "open" / flag(), "address_number_type" / bits(2), "address" / signed(32), reserved(8)),
    "allocation_length" / bits(16),
    clause="MMC-6 6.26",
    direction=Direction.FROM_DEVICE,
    timeout=SPIN_UP,
)

READ_SUB_CHANNEL: Final = CDB(
    "READ SUB-CHANNEL",
    0x42,
    *(reserved(6), "msf" / flag(), reserved(1), reserved(1), "subq" / flag(), reserved(6)),
    *("sub_channel_parameter_list" / bits(8), reserved(16), "track_number" / bits(8), "allocation_length" / bits(16)),
    clause="MMC-2 6.1.23",
    direction=Direction.FROM_DEVICE,
    timeout=SPIN_UP,
)

READ_HEADER: Final = CDB(
    "READ HEADER",
    0x44,
    *(reserved(6), "msf" / flag(), reserved(1), "lba" / signed(32), reserved(8), "allocation_length" / bits(16)),
    clause="MMC-2 6.1.21",
    direction=Direction.FROM_DEVICE,
    timeout=SPIN_UP,
)
