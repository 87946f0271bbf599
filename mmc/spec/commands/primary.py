"""Commands of every SCSI device, as far as an optical drive takes them.

Clauses are of SPC-3, which MMC-6 refers to; rtd, rctd and mode_specific came with SPC-4.
"""

from __future__ import annotations

from typing import Final

from discstack.mmc.spec.cdb import CDB, Direction, bits, const, flag, reserved

TEST_UNIT_READY: Final = CDB("TEST UNIT READY", 0x00, reserved(32), clause="SPC-3 6.33")

REQUEST_SENSE: Final = CDB(
    "REQUEST SENSE",
    0x03,
    *(reserved(7), "desc" / flag(), reserved(16), "allocation_length" / bits(8)),
    clause="SPC-3 6.27",
    direction=Direction.FROM_DEVICE,
)

INQUIRY: Final = CDB(
    "INQUIRY",
    0x12,
    *(reserved(6), "cmddt" / flag(), "evpd" / flag(), "page_code" / bits(8), "allocation_length" / bits(16)),
    clause="SPC-3 6.4",
    direction=Direction.FROM_DEVICE,
)

MODE_SELECT_6: Final = CDB(
    "MODE SELECT (6)",
    0x15,
    *(reserved(3), "pf" / flag(), reserved(3), "sp" / flag(), reserved(16), "parameter_list_length" / bits(8)),
    clause="SPC-3 6.7",
    direction=Direction.TO_DEVICE,
)

MODE_SENSE_6: Final = CDB(
    "MODE SENSE (6)",
    0x1A,
    *(reserved(4), "dbd" / flag(), reserved(3), "page_control" / bits(2), "page_code" / bits(6)),
    *("subpage_code" / bits(8), "allocation_length" / bits(8)),
    clause="SPC-3 6.9",
    direction=Direction.FROM_DEVICE,
)

MODE_SELECT_10: Final = CDB(
    "MODE SELECT (10)",
    0x55,
    *(reserved(3), "pf" / flag(), reserved(2), "rtd" / flag(), "sp" / flag(), reserved(40)),
    "parameter_list_length" / bits(16),
    clause="SPC-3 6.8",
    direction=Direction.TO_DEVICE,
)

MODE_SENSE_10: Final = CDB(
    "MODE SENSE (10)",
    0x5A,
    *(reserved(3), "llbaa" / flag(), "dbd" / flag(), reserved(3), "page_control" / bits(2), "page_code" / bits(6)),
    *("subpage_code" / bits(8), reserved(24), "allocation_length" / bits(16)),
    clause="SPC-3 6.10",
    direction=Direction.FROM_DEVICE,
)

LOG_SELECT: Final = CDB(
    "LOG SELECT",
    0x4C,
    *(reserved(6), "pcr" / flag(), "sp" / flag(), "page_control" / bits(2), "page_code" / bits(6)),
    *("subpage_code" / bits(8), reserved(24), "parameter_list_length" / bits(16)),
    clause="SPC-3 6.5",
    direction=Direction.TO_DEVICE,
)

LOG_SENSE: Final = CDB(
    "LOG SENSE",
    0x4D,
    *(reserved(6), "ppc" / flag(), "sp" / flag(), "page_control" / bits(2), "page_code" / bits(6)),
    *("subpage_code" / bits(8), reserved(8), "parameter_pointer" / bits(16), "allocation_length" / bits(16)),
    clause="SPC-3 6.6",
    direction=Direction.FROM_DEVICE,
)

RECEIVE_DIAGNOSTIC_RESULTS: Final = CDB(
    "RECEIVE DIAGNOSTIC RESULTS",
    0x1C,
    *(reserved(7), "pcv" / flag(), "page_code" / bits(8), "allocation_length" / bits(16)),
    clause="SPC-3 6.18",
    direction=Direction.FROM_DEVICE,
)

SEND_DIAGNOSTIC: Final = CDB(
    "SEND DIAGNOSTIC",
    0x1D,
    *("self_test_code" / bits(3), "pf" / flag(), reserved(1), "selftest" / flag(), "devoffl" / flag()),
    *("unitoffl" / flag(), reserved(8), "parameter_list_length" / bits(16)),
    clause="SPC-3 6.28",
    direction=Direction.TO_DEVICE,
    timeout=3600.0,  # a foreground self-test
)

WRITE_BUFFER: Final = CDB(
    "WRITE BUFFER",
    0x3B,
    *("mode_specific" / bits(3), "mode" / bits(5), "buffer_id" / bits(8), "buffer_offset" / bits(24)),
    "parameter_list_length" / bits(24),
    clause="SPC-3 6.35",
    direction=Direction.TO_DEVICE,
    timeout=300.0,  # microcode is burned into flash memory
)

READ_BUFFER: Final = CDB(
    "READ BUFFER",
    0x3C,
    *("mode_specific" / bits(3), "mode" / bits(5), "buffer_id" / bits(8), "buffer_offset" / bits(24)),
    "allocation_length" / bits(24),
    clause="SPC-3 6.15",
    direction=Direction.FROM_DEVICE,
)

REPORT_LUNS: Final = CDB(
    "REPORT LUNS",
    0xA0,
    *(reserved(8), "select_report" / bits(8), reserved(24), "allocation_length" / bits(32), reserved(8)),
    clause="SPC-3 6.21",
    direction=Direction.FROM_DEVICE,
)

REPORT_SUPPORTED_OPERATION_CODES: Final = CDB(
    "REPORT SUPPORTED OPERATION CODES",
    0xA3,
    *(reserved(3), "service_action" / const(5, 0x0C), "rctd" / flag(), reserved(4), "reporting_options" / bits(3)),
    *("requested_operation_code" / bits(8), "requested_service_action" / bits(16)),
    *("allocation_length" / bits(32), reserved(8)),
    clause="SPC-3 6.23",
    direction=Direction.FROM_DEVICE,
    selector="service_action",
)

RESERVE_6: Final = CDB("RESERVE (6)", 0x16, reserved(32), clause="SPC-2 7.22")

RELEASE_6: Final = CDB("RELEASE (6)", 0x17, reserved(32), clause="SPC-2 7.17")

RESERVE_10: Final = CDB(
    "RESERVE (10)",
    0x56,
    *(reserved(3), "third_party" / flag(), reserved(2), "long_id" / flag(), reserved(9)),
    *("third_party_device_id" / bits(8), reserved(24), "parameter_list_length" / bits(16)),
    clause="SPC-2 7.21",
    direction=Direction.TO_DEVICE,
)

RELEASE_10: Final = CDB(
    "RELEASE (10)",
    0x57,
    *(reserved(3), "third_party" / flag(), reserved(2), "long_id" / flag(), reserved(9)),
    *("third_party_device_id" / bits(8), reserved(24), "parameter_list_length" / bits(16)),
    clause="SPC-2 7.16",
    direction=Direction.TO_DEVICE,
)

PERSISTENT_RESERVE_IN: Final = CDB(
    "PERSISTENT RESERVE IN",
    0x5E,
    *(reserved(3), "service_action" / bits(5), reserved(40), "allocation_length" / bits(16)),
    clause="SPC-3 6.11",
    direction=Direction.FROM_DEVICE,
)

PERSISTENT_RESERVE_OUT: Final = CDB(
    "PERSISTENT RESERVE OUT",
    0x5F,
    *(reserved(3), "service_action" / bits(5), "scope" / bits(4), "type" / bits(4), reserved(16)),
    "parameter_list_length" / bits(32),
    clause="SPC-3 6.12",
    direction=Direction.TO_DEVICE,
)
