"""Commands of copy protection and authentication: keys of CSS, CPRM, AACS and VCPS, and security protocols."""

from __future__ import annotations

from typing import Final

from discstack.mmc.spec.cdb import CDB, Direction, bits, const, flag, reserved

REPORT_KEY: Final = CDB(
    "REPORT KEY",
    0xA4,
    *(reserved(8), "lba" / bits(32), "block_count" / bits(8), "key_class" / bits(8), "allocation_length" / bits(16)),
    *("agid" / bits(2), "key_format" / bits(6)),
    clause="MMC-6 6.28",
    direction=Direction.FROM_DEVICE,
)

# SPC gives A3h to MAINTENANCE IN, whose service actions begin above 0; SEND KEY has those bits reserved.
SEND_KEY: Final = CDB(
    "SEND KEY",
    0xA3,
    *(reserved(3), "service_action" / const(5, 0), reserved(40), "key_class" / bits(8)),
    *("parameter_list_length" / bits(16), "agid" / bits(2), "key_format" / bits(6)),
    clause="MMC-6 6.37",
    direction=Direction.TO_DEVICE,
    selector="service_action",
)

SECURITY_PROTOCOL_IN: Final = CDB(
    "SECURITY PROTOCOL IN",
    0xA2,
    *("security_protocol" / bits(8), "security_protocol_specific" / bits(16), "inc_512" / flag(), reserved(7)),
    *(reserved(8), "allocation_length" / bits(32), reserved(8)),
    clause="MMC-6 6.32",
    direction=Direction.FROM_DEVICE,
)

SECURITY_PROTOCOL_OUT: Final = CDB(
    "SECURITY PROTOCOL OUT",
    0xB5,
    *("security_protocol" / bits(8), "security_protocol_specific" / bits(16), "inc_512" / flag(), reserved(7)),
    *(reserved(8), "parameter_list_length" / bits(32), reserved(8)),  # the standard says Transfer Length
    clause="MMC-6 6.33",
    direction=Direction.TO_DEVICE,
)
