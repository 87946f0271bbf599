"""A stream of 40 blocks, each full of its own number, in a ring that holds all of them."""

from __future__ import annotations

from typing import Any

from discstack.native import Ring
from discstack.transport.base import Stream

BLOCK, UNIT = 2048, 16


def stream(ring: Ring, **changes: Any) -> Stream:
    fields: dict[str, Any] = {
        "ring": ring,
        "template": bytes.fromhex("2a 00 00 00 00 00 00 00 00 00"),
        "lba_place": (2, 32),
        "length_place": (7, 16),
        "lba": 1000,
        "blocks": 40,
        "block_size": BLOCK,
        "unit": UNIT,
        "timeout": 60.0,
        "nap": 0.002,
        "watch": 0.0,  # the drive's buffer, on a clock that a loaded machine lets jump
    }
    return Stream(**{**fields, **changes})


def filled_ring(blocks: int = 40) -> Ring:
    ring = Ring(8 * UNIT * BLOCK, UNIT * BLOCK)
    for number in range(blocks):
        ring.reserve(BLOCK)[:] = bytes([number]) * BLOCK
        ring.commit(BLOCK)
    ring.close()
    return ring
