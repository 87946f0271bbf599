"""Blocks in and out, the cache, the buffer."""

from __future__ import annotations

from discstack.emulator.conditions import OUT_OF_RANGE, Refusal, at, invalid_field
from discstack.emulator.drive import Drive
from discstack.emulator.media.base import Job
from discstack.emulator.request import Request
from discstack.emulator.store import BLOCK
from discstack.mmc.spec.capacities import BufferCapacity


def read(drive: Drive, request: Request, *, lba: int, transfer_length: int) -> memoryview:
    """READ (10), READ (12) (MMC-6 6.14, 6.15)."""
    buffer = request.answer(transfer_length * BLOCK)
    drive.read(lba, transfer_length, buffer)
    return buffer


def write_10(drive: Drive, request: Request, *, lba: int, transfer_length: int) -> bytes:
    """WRITE (10) (MMC-6 6.46)."""
    drive.write(
        lba, transfer_length, request.parameters(transfer_length * drive.loaded.block_size(lba)), streaming=False
    )
    return b""


def write_12(drive: Drive, request: Request, *, lba: int, transfer_length: int, streaming: bool) -> bytes:
    """WRITE (12) (MMC-6 6.47)."""
    drive.write(
        lba, transfer_length, request.parameters(transfer_length * drive.loaded.block_size(lba)), streaming=streaming
    )
    return b""


def write_and_verify(drive: Drive, request: Request, *, lba: int, transfer_length: int) -> bytes:
    """WRITE AND VERIFY (10): reading back costs a second pass (MMC-6 6.48)."""
    write_10(drive, request, lba=lba, transfer_length=transfer_length)
    drive.clock.sleep(drive.buffer.time_to_empty())
    drive.pass_by(lba, transfer_length)
    drive.loaded.defects.readable(lba, transfer_length)
    return b""


def verify(drive: Drive, request: Request, *, bytchk: bool, lba: int, verification_length: int) -> bytes:
    """VERIFY (10): read without handing over (MMC-6 6.45)."""
    if bytchk:
        raise invalid_field(1)
    if lba < 0 or lba + verification_length > drive.loaded.capacity:
        raise Refusal(at(OUT_OF_RANGE, lba))
    drive.loaded.readable(lba, verification_length)
    drive.loaded.defects.readable(lba, verification_length)
    drive.pass_by(lba, verification_length)
    return b""


def seek(drive: Drive, request: Request, *, lba: int) -> bytes:
    """SEEK (10) (MMC-6 6.34)."""
    if not 0 <= lba < drive.loaded.capacity:
        raise Refusal(at(OUT_OF_RANGE, lba))
    drive.seek(lba)
    return b""


def synchronize_cache(drive: Drive, request: Request, *, immed: bool) -> bytes:
    """SYNCHRONIZE CACHE (10) (MMC-6 6.43)."""
    medium = drive.loaded
    drive.sequence_broken = False
    drive.run(Job(medium.flush_duration, medium.flush), immediate=immed)
    return b""


def read_buffer_capacity(drive: Drive, request: Request, *, block: bool) -> bytes:
    """READ BUFFER CAPACITY, in bytes or in blocks (MMC-6 6.17)."""
    free = drive.buffer.free
    if block:
        return BufferCapacity(block=True, available_length_of_buffer=free // BLOCK).build()
    return BufferCapacity(length_of_the_buffer=drive.buffer.size, available_length_of_buffer=free).build()


def read_buffer(drive: Drive, request: Request, *, mode: int, buffer_id: int, buffer_offset: int) -> bytes:
    """READ BUFFER: the descriptor, or data of a buffer that holds nothing to see (SPC-4 6.18)."""
    size = min(drive.buffer.size, 0xFFFFFF)
    if buffer_id:
        raise invalid_field(2)
    if mode == 3:
        return bytes([0]) + size.to_bytes(3, "big")
    if mode != 2 or buffer_offset > size:
        raise invalid_field(1)
    return bytes(min(size - buffer_offset, len(request.incoming)))
