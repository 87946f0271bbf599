"""REPORT KEY, as far as a drive without keys has something to report (MMC-6 6.28)."""

from __future__ import annotations

from discstack.emulator.conditions import invalid_field
from discstack.emulator.drive import Drive
from discstack.emulator.request import Request
from discstack.mmc.spec.region import RPC_STATE, RpcState

VENDOR_RESETS, USER_CHANGES = 4, 5  # what a drive comes with


def report_key(drive: Drive, request: Request, *, key_class: int, key_format: int) -> bytes:
    """REPORT KEY: the region state, which nobody has set."""
    if key_class:
        raise invalid_field(7)
    if key_format != RPC_STATE:
        raise invalid_field(10)
    return RpcState(vendor_resets_available=VENDOR_RESETS, user_controlled_changes_available=USER_CHANGES).build()
