"""Programs of audio and data for the laboratory."""

from __future__ import annotations

from typing import Any

from discstack.emulator.media.compact import toc
from discstack.mmc.cd import composing
from discstack.mmc.cd.job import CdJob
from discstack.mmc.cd.program import Program, ProgramTrack, TrackForm
from discstack.mmc.spec.cdb import Direction
from discstack.mmc.spec.msf import Msf
from discstack.transport.base import Command

# What makes the lead areas of a raw disc short, for the sake of time: where, its name, and what it then is
SHORT_LEADS = ((toc, "LEAD_IN_START", Msf(99, 59, 0)), (composing, "FIRST_LEAD_OUT", 10))


class Studio:
    """Makes tracks and jobs, and reads discs sector by sector."""

    def __init__(self, lab: Any) -> None:
        self.lab = lab

    def track(
        self, blocks: int = 400, seed: int = 1, form: TrackForm = TrackForm.AUDIO, **options: Any
    ) -> ProgramTrack:
        options.setdefault("source", self.lab.blocks(blocks, seed, form.size))
        return ProgramTrack(form=form, **options)

    def samples(self, blocks: int, seed: int = 1, size: int = 2352) -> bytes:
        return bytes(self.lab.blocks(blocks, seed, size).data)

    def job(self, *tracks: ProgramTrack, catalogue: str = "", cd_text: Any = (), **options: Any) -> CdJob:
        options.setdefault("ring_bytes", 1 << 18)
        return CdJob(program=Program(tracks=tracks, catalogue=catalogue, cd_text=cd_text), **options)

    def sectors(self, tap: Any, lba: int, blocks: int, fields: int = 0x10, size: int = 2352, sub: int = 0) -> bytes:
        """Read with READ CD."""
        pieces = []
        for at in range(0, blocks, 25):
            count = min(25, blocks - at)
            cdb = bytes((0xBE, 0)) + (lba + at & 0xFFFFFFFF).to_bytes(4, "big") + count.to_bytes(3, "big")
            command = Command(cdb + bytes((fields, sub, 0)), Direction.FROM_DEVICE, None, size * count, 1e6)
            reply = tap.inner.execute(command)
            assert reply.status == 0, reply.sense.hex(" ")
            pieces.append(bytes(reply.data))
        return b"".join(pieces)

    def answer(self, tap: Any, cdb: str, allocation: int = 2048) -> bytes:
        command = Command(bytes.fromhex(cdb), Direction.FROM_DEVICE, None, allocation, 1e6)
        return bytes(tap.inner.execute(command).data)
