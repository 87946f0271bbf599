"""The thread that takes commands out of the kernel's ring and lets a device answer them."""

from __future__ import annotations

import logging
import math
import os
import select
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import discstack.mmc.spec.commands  # noqa: F401 - declares the commands that `lookup` knows
from discstack.emulator.kernel.configfs import node_of
from discstack.emulator.kernel.ring import CommandRing, RingCommand
from discstack.mmc.spec.cdb import GROUP_LENGTH, Direction, describe, lookup
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import (
    CHECK_CONDITION,
    GOOD,
    Command,
    Reply,
    Transport,
    TransportError,
    TransportTimeout,
)

LOG: Final = logging.getLogger(__name__)
KERNEL_GROUP_LENGTH: Final = {3: 12, 6: 12, 7: 10}  # where no standard fixes one: the kernel's scsi_command_size_tbl
UNIT_FAILURE: Final = Sense(0x4, 0x3E, 0x01)
INTERNAL_FAILURE: Final = Sense(0x4, 0x44, 0x00)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command of the ring as a transport takes it, with the pieces where its answer belongs."""

    command: Command
    pieces: tuple[memoryview, ...]
    room: memoryview

    @classmethod
    def of(cls, ring_command: RingCommand) -> Exchange:
        """Find out the length of the CDB and the direction of its data, which the ring does not tell."""
        cdb, pieces = split_cdb(ring_command.cdb), ring_command.pieces
        known = lookup(cdb)
        direction = known.direction if known is not None and pieces else Direction.NONE
        room = memoryview(b"")
        if direction is Direction.TO_DEVICE:
            room = pieces[0] if len(pieces) == 1 else memoryview(b"".join(pieces))
        elif direction is Direction.FROM_DEVICE:
            room = pieces[0] if len(pieces) == 1 else memoryview(bytearray(sum(map(len, pieces))))
        data = None if direction is Direction.NONE else room
        allocation = len(room) if direction is Direction.FROM_DEVICE else 0
        return cls(Command(cdb, direction, data, allocation, timeout=math.inf), pieces, room)

    def received(self, reply: Reply) -> int | None:
        """Put the answer where the host looks for it; return its length, None where there is nothing to say."""
        if self.command.direction is not Direction.FROM_DEVICE or not (reply.status == GOOD or reply.data):
            return None
        count = len(self.room) - reply.residual
        if len(self.pieces) > 1:
            done = 0
            for piece in self.pieces:
                part = self.room[done : min(done + len(piece), count)]
                piece[: len(part)] = part
                done += len(part)
        return count


def split_cdb(data: bytes) -> bytes:
    """Return the CDB that bytes begin with; its length goes by its group code (SPC-4 4.2.5.1)."""
    known = lookup(data)
    group = data[0] >> 5
    return data[: known.length if known is not None else {**GROUP_LENGTH, **KERNEL_GROUP_LENGTH}[group]]


class KernelServer:
    """Serves the commands of one device until it is stopped.

    A command that the device does not answer (TransportTimeout) stays unanswered until the kernel gives it up.
    """

    def __init__(self, channel: Path, transport: Transport) -> None:
        """Open the channel, a sysfs folder of UIO; nobody else can from then on."""
        self._transport = transport
        self._descriptor = os.open(node_of(channel), os.O_RDWR | os.O_CLOEXEC)
        try:
            self._ring = CommandRing(self._descriptor, int((channel / "maps/map0/size").read_text(), 0))
            self._wake, self._woken = os.pipe2(os.O_CLOEXEC)
        except BaseException:
            os.close(self._descriptor)
            raise
        self._thread = threading.Thread(target=self._serve, name=f"discstack {channel.name}", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Serve no more; a command that runs is finished first."""
        os.write(self._woken, b"\0")
        self._thread.join()
        self._ring.close()
        for descriptor in (self._descriptor, self._wake, self._woken):
            os.close(descriptor)

    def _serve(self) -> None:
        while self._called():
            self._ring.acknowledge()
            for command in self._ring.commands():
                if not self._answer(command):
                    return

    def _called(self) -> bool:
        """Wait for the kernel; False when it is time to end."""
        ready, _, _ = select.select([self._descriptor, self._wake], [], [])
        return self._wake not in ready

    def _answer(self, ring_command: RingCommand) -> bool:
        """Answer a command; False when it is time to end instead."""
        exchange = Exchange.of(ring_command)
        try:
            reply = self._transport.execute(exchange.command)
        except TransportTimeout as error:
            LOG.warning("%s", error)
            while not self._ring.is_aborted(ring_command):
                if not self._called():
                    return False
                self._ring.acknowledge()
            reply = Reply(CHECK_CONDITION, UNIT_FAILURE.build())
        except TransportError as error:
            LOG.warning("%s", error)
            reply = Reply(CHECK_CONDITION, UNIT_FAILURE.build())
        except Exception:
            # What the kernel waits for must be answered, or everybody who uses the device hangs
            LOG.exception("%s", describe(exchange.command.cdb))
            reply = Reply(CHECK_CONDITION, INTERNAL_FAILURE.build())
        self._ring.answer(ring_command, reply.status, reply.sense, exchange.received(reply))
        return True
