"""The region state of a drive, by REPORT KEY with key format 8 (MMC-6 6.28.3.1.5)."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar, Final

from discstack.mmc.spec.counted import Counted
from discstack.mmc.spec.layout import Layout, bits, enumerated, reserved
from discstack.mmc.spec.value import declared

RPC_STATE: Final = 0x08  # key format
REGIONS: Final = range(1, 9)


class RpcType(IntEnum):
    """Whether a region is set, and whether it can be changed."""

    NONE = 0  # no region is set
    SET = 1
    LAST_CHANCE = 2  # set, and to be changed once more
    PERMANENT = 3


@declared
class RpcState(Counted):
    """In which regions the drive plays a DVD, and how often that may still be changed, by users and by its maker.

    A bit of `rpc_mask` is set for each region that it does not play.
    """

    layout: ClassVar[Layout] = Layout(
        "RPC state",
        *("report_key_data_length" / bits(16), reserved(16), "type_code" / enumerated(2, RpcType)),
        *("vendor_resets_available" / bits(3), "user_controlled_changes_available" / bits(3)),
        *("rpc_mask" / bits(8), "rpc_scheme" / bits(8), reserved(8)),
        clause="MMC-6 6.28.3.1.5",
    )
    length_field: ClassVar[str] = "report_key_data_length"
    required: ClassVar[int] = 8
    told: ClassVar[tuple[str, ...]] = ("regions",)

    type_code: int = RpcType.NONE
    vendor_resets_available: int = 0
    user_controlled_changes_available: int = 0
    rpc_mask: int = 0xFF
    rpc_scheme: int = 1

    @property
    def regions(self) -> tuple[int, ...]:
        """The regions that the drive plays; none before one is set."""
        return tuple(region for region in REGIONS if not self.rpc_mask >> region - 1 & 1)
