"""The region state in bytes."""

from __future__ import annotations

import pytest

from discstack.mmc.spec.region import RpcState, RpcType


@pytest.mark.parametrize(
    ("data", "state", "regions"),
    [
        (
            "0006 0000 25 FF 01 00",
            RpcState(vendor_resets_available=4, user_controlled_changes_available=5),
            (),
        ),
        (
            "0006 0000 62 FD 01 00",
            RpcState(
                type_code=RpcType.SET, vendor_resets_available=4, user_controlled_changes_available=2, rpc_mask=0xFD
            ),
            (2,),
        ),
        ("0006 0000 00 00 00 00", RpcState(rpc_mask=0, rpc_scheme=0), (1, 2, 3, 4, 5, 6, 7, 8)),
    ],
)
def test_region_state_is_the_bytes_of_its_table(data: str, state: RpcState, regions: tuple[int, ...]) -> None:
    raw = bytes.fromhex(data)
    assert RpcState.parse(raw) == state
    assert state.build() == raw
    assert state.regions == regions
