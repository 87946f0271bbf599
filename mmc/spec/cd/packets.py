"""Packets of user data on CD-R and CD-RW: what lies around them, and what that leaves room for (MMC-6 4.2.3.7).

A packet is linked to the one before it by a link block and four run-in blocks, and ends with two run-out blocks. Those
of packets that vary have addresses, those of packets of a fixed size have none. What comes before the first packet of a
track lies in its pre-gap.
"""

from __future__ import annotations

from typing import Final

LINK, RUN_IN, RUN_OUT = 1, 4, 2  # blocks around a packet
LINKS: Final = LINK + RUN_IN + RUN_OUT


def packet_overhead(blocks: int, packet: int) -> int:
    """Return how many blocks lie around packets of `packet` blocks that hold so many blocks of user data."""
    return max(-(-blocks // packet) * LINKS - LINK - RUN_IN, 0)


def packet_room(blocks: int, packet: int) -> int:
    """Return how many blocks of user data packets of `packet` blocks hold that lie in so many blocks of the disc."""
    return max(blocks + LINK + RUN_IN, 0) // (packet + LINKS) * packet
