"""Programs read back and compared, also by drives that read audio a little early or late."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.job import CdWriteMode
from discstack.mmc.cd.program import TrackForm
from discstack.mmc.errors import VerificationError
from discstack.mmc.job import VerifyLevel

pytestmark = pytest.mark.usefixtures("short_leads")
FULL = VerifyLevel.FULL
SIZE = 20000
AT_ONCE, BY_TRACK, RAW = CdWriteMode.SESSION_AT_ONCE, CdWriteMode.TRACK_AT_ONCE, CdWriteMode.RAW


def noise(studio: Any, sectors: int, seed: int) -> Any:
    source = studio.lab.blocks(1)
    source.data = random.Random(seed).randbytes(sectors * 2352)
    return source


@pytest.mark.parametrize("mode", [AT_ONCE, BY_TRACK, RAW])
@pytest.mark.parametrize(
    "form", [TrackForm.AUDIO, TrackForm.MODE_1, TrackForm.MODE_2, TrackForm.XA_FORM_1, TrackForm.XA_FORM_2]
)
def test_every_block_is_compared(studio: Any, form: TrackForm, mode: CdWriteMode) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    result = studio.lab.run(burn_program(studio.job(studio.track(800, 1, form), mode=mode, verify=FULL)), tap)
    written_before = {AT_ONCE: 150, BY_TRACK: 0, RAW: 0}[mode]
    assert result.verified == written_before + 800
    assert not [notice for notice in result.notices if "compared" in notice]


def test_data_and_audio_are_compared(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    job = studio.job(studio.track(320, 1, TrackForm.MODE_1), studio.track(500, 2), verify=FULL)
    assert studio.lab.run(burn_program(job), tap).verified >= 820


def shifted(tap: Any, samples: int, *, first: int = 0) -> None:
    """Let a drive read audio that many samples later than it lies on the disc; nothing before `first` can be read."""
    execute, medium = tap.execute, tap.inner.drive.medium

    def late(command: Any) -> Any:
        lba = int.from_bytes(command.cdb[2:6], "big", signed=True)
        if command.cdb[0] == 0xBE and lba < first:
            return studio_refusal(command)
        reply = execute(command)
        if command.cdb[0] != 0xBE or reply.status:
            return reply
        count = int.from_bytes(command.cdb[6:9], "big")
        around = b"".join(main_of(medium, at) for at in range(lba - 2, lba + count + 2))
        start = 2 * 2352 - samples * 4
        return replace(reply, data=around[start : start + count * 2352])

    studio_refusal = tap.refusal
    tap.execute = late


def main_of(medium: Any, lba: int) -> bytes:
    place = medium.place(lba)
    return bytes(2352) if place is None else bytes(medium.sector(lba)[1])


@pytest.mark.parametrize("samples", [0, 6, -102, 667])
def test_a_read_offset_is_found_and_allowed_for(studio: Any, samples: int) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    tap.refusal = lambda command: studio.lab.refuse(0x5, 0x21)(command, lambda: None)
    shifted(tap, samples)
    job = studio.job(studio.track(source=noise(studio, 1500, 4)), verify=FULL)
    result = studio.lab.run(burn_program(job), tap)
    assert result.read_offset == samples
    assert result.verified >= 1000


@pytest.mark.parametrize("mode", [AT_ONCE, RAW])
def test_one_wrong_sample_is_found(studio: Any, mode: CdWriteMode) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    execute = tap.execute

    def wrong(command: Any) -> Any:
        reply = execute(command)
        lba = int.from_bytes(command.cdb[2:6], "big", signed=True)
        if command.cdb[0] == 0xBE and lba <= 700 < lba + int.from_bytes(command.cdb[6:9], "big"):
            data = bytearray(reply.data)
            data[(700 - lba) * 2352] ^= 1
            return replace(reply, data=bytes(data))
        return reply

    tap.execute = wrong
    with pytest.raises(VerificationError, match="is not what was written: blocks") as caught:
        studio.lab.run(burn_program(studio.job(studio.track(1200), mode=mode, verify=FULL)), tap)
    assert 700 in caught.value.bad[0]


def test_a_bad_end_of_a_track_is_no_matter_of_the_read_offset(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    tap.refusal = lambda command: studio.lab.refuse(0x5, 0x21)(command, lambda: None)
    shifted(tap, 6)
    execute = tap.execute

    def scratched(command: Any) -> Any:
        lba = int.from_bytes(command.cdb[2:6], "big", signed=True)
        if command.cdb[0] == 0xBE and lba <= 895 < lba + int.from_bytes(command.cdb[6:9], "big"):
            return studio.lab.refuse(0x3, 0x11)(command, lambda: None)
        return execute(command)

    tap.execute = scratched
    tracks = (studio.track(source=noise(studio, 900, 4)), studio.track(source=noise(studio, 900, 5)))
    with pytest.raises(VerificationError) as caught:
        studio.lab.run(burn_program(studio.job(*tracks, mode=BY_TRACK, verify=FULL)), tap)
    assert 895 in caught.value.bad[0]


def test_sectors_of_both_forms_are_told_to_be_uncompared(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    job = studio.job(studio.track(300, 1, TrackForm.XA_MIXED), verify=FULL)
    result = studio.lab.run(burn_program(job), tap)
    assert any("blocks could not be compared" in notice for notice in result.notices)


def test_raw_audio_is_compared_by_drives_that_read_it_elsewhere(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    tap.refusal = lambda command: studio.lab.refuse(0x5, 0x21)(command, lambda: None)
    shifted(tap, 12)
    tracks = (studio.track(source=noise(studio, 900, 4), indexes=(300,)), studio.track(source=noise(studio, 900, 5)))
    result = studio.lab.run(burn_program(studio.job(*tracks, mode=RAW, verify=FULL)), tap)
    assert result.read_offset == 12
    assert result.verified > 1300  # but what lies behind the last sector that such a drive reads
