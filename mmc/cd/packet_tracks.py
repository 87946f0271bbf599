"""Tracks of packets on CD-R and CD-RW: how large packets are, what they leave room for, and which track goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from discstack.mmc.errors import DiscStateError, UnsupportedMedium
from discstack.mmc.medium import DiscState, WriteMode
from discstack.mmc.spec.cd.packets import packet_room
from discstack.mmc.spec.track_information import DataMode

if TYPE_CHECKING:
    from discstack.mmc.medium import MediumStatus, Track
    from discstack.mmc.recipe import Recipe

PACKET: Final = 32  # blocks; the size that all drives take
# How many blocks a packet of a new track has in these ways of writing; 0: it ends where writing pauses
PACKETS: Final[Mapping[WriteMode | None, int]] = {WriteMode.FIXED_PACKETS: PACKET, WriteMode.VARIABLE_PACKETS: 0}
EMPTY_SESSION_ONLY: Final = WriteMode.DISC_AT_ONCE


def open_packets(status: MediumStatus) -> Track | None:
    """Return the track of packets that was left open, in which nothing but packets of its kind can follow."""
    last = status.tracks[-1] if status.open_session and status.tracks else None
    if last is None or last.packet is None or last.next_writable_address is None:
        return None
    return last


def is_xa(status: MediumStatus, *, wanted: bool) -> bool:
    """Say whether sectors of XA are to be written: what goes on in a track of packets is what is in it.

    Raises UnsupportedMedium where `wanted` is another kind.
    """
    track = open_packets(status)
    if track is None or track.blank:
        return wanted
    mode_2 = track.data_mode is DataMode.MODE_2
    if wanted and not mode_2:
        raise UnsupportedMedium(f"the open track of packets is of mode 1, which no XA can follow in ({status})")
    return mode_2


def check_open_packets(status: MediumStatus, *, blank: bool) -> None:
    """Raise DiscStateError for a disc with an open track of packets, unless it is blanked first."""
    if not blank and open_packets(status) is not None:
        raise DiscStateError(f"the disc has an open track of packets, which has to be closed first ({status})")


def modes(recipe: Recipe, status: MediumStatus) -> tuple[WriteMode, ...]:
    """Return the ways in which a disc can be written now, the usual one first."""
    if status.state not in (DiscState.BLANK, DiscState.APPENDABLE):
        return recipe.modes[:1]
    if not status.open_session:
        return recipe.modes
    if (track := open_packets(status)) is not None:
        return (WriteMode.FIXED_PACKETS if track.packet else WriteMode.VARIABLE_PACKETS,)
    if status.tracks and status.tracks[-1].next_writable_address is not None:  # a track at once that has no end yet
        return recipe.modes[:1]
    return tuple(mode for mode in recipe.modes if mode is not EMPTY_SESSION_ONLY)


def packet_size(status: MediumStatus, mode: WriteMode | None) -> int | None:
    """Return how many blocks a packet has in a way of writing; 0 where that varies, None without packets."""
    track = open_packets(status)
    return track.packet if track is not None and mode in PACKETS else PACKETS.get(mode)


def unit(recipe: Recipe, status: MediumStatus, mode: WriteMode | None) -> int:
    """Return in multiples of how many blocks a disc is written."""
    return packet_size(status, mode) or recipe.write_unit


def room(status: MediumStatus, mode: WriteMode | None) -> int:
    """Return how many blocks there are for a way of writing: what is around packets goes off, run-out at once not."""
    behind = max(status.capacity_blocks - (status.next_writable_address or 0), 0)
    if mode is WriteMode.DISC_AT_ONCE:
        return behind
    packet = packet_size(status, mode)
    if not packet or open_packets(status) is not None:
        return status.free_blocks
    return min(status.free_blocks, packet_room(behind, packet))
