"""The read speed: curbed while a disc is read back, on every medium, and put back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Event
from typing import Any

import pytest

from discstack.emulator.fault_words import parse_faults
from discstack.emulator.faults import Fault
from discstack.emulator.media.families import MEDIA
from discstack.mmc.actions import set_cd_speed
from discstack.mmc.burn import burn
from discstack.mmc.errors import Cancelled, MediumError, VerificationError
from discstack.mmc.job import WriteCommand
from discstack.mmc.media import RECIPES
from discstack.mmc.spec.sense import Sense
from discstack.mmc.verify import verify
from discstack.transport.base import CHECK_CONDITION, Reply

BAD_WAYS = {"SET CD SPEED": "opcode=BB", "SET STREAMING": "opcode=B6"}
READ, WRITE_AND_VERIFY = 0x28, 0x2E


@contextmanager
def watching(tap: Any, opcode: int) -> Iterator[set[int]]:
    """Collect the read speeds that the drive has at each command of this kind."""
    seen: set[int] = set()

    def execute(command: Any, inner: Any = tap.execute) -> Any:
        if command.cdb[0] == opcode:
            seen.add(tap.inner.drive.pace.read_speed)
        return inner(command)

    tap.execute = execute
    yield seen
    del tap.execute


@pytest.mark.parametrize("medium", [name for name, kind in MEDIA.items() if kind.profile in RECIPES])
def test_every_medium_is_read_back_no_faster_than_asked(lab: Any, medium: str) -> None:
    blocks = 320
    tap = lab.drive(medium, 512 if medium == "dvd-r-dl" else 65536)  # an image for two layers reaches the second one
    slow = MEDIA[medium].speeds.kilobytes(2)
    digests = lab.run(burn(lab.job(blocks)), tap).digests
    with watching(tap, READ) as seen:
        assert lab.run(verify(digests, read_speed=slow), tap) == blocks
    assert seen == {slow}
    assert tap.inner.drive.pace.read_speed == tap.inner.drive.pace.fastest_read_speed


@pytest.mark.parametrize(
    ("medium", "asked", "speeds"), [("bd-re", None, {17982}), ("bd-re", 8991, {8991}), ("dvd-ram", 2770, {2770})]
)
def test_what_the_drive_reads_back_while_it_writes_is_curbed_too(
    lab: Any, medium: str, asked: int | None, speeds: set[int]
) -> None:
    tap = lab.drive(medium)
    with watching(tap, WRITE_AND_VERIFY) as seen:
        lab.run(burn(lab.job(40, command=WriteCommand.WRITE_AND_VERIFY, verify_speed=asked)), tap)
    assert seen == speeds
    assert tap.inner.drive.pace.read_speed == tap.inner.drive.pace.fastest_read_speed


def test_the_read_speed_is_set_again_when_a_burn_that_reads_back_fails(lab: Any) -> None:
    tap = lab.drive("bd-re", fault="opcode=2E,sense=3/0C/00,times=0")
    with pytest.raises(MediumError):
        lab.run(burn(lab.job(40, command=WriteCommand.WRITE_AND_VERIFY)), tap)
    assert tap.inner.drive.pace.read_speed == tap.inner.drive.pace.fastest_read_speed


def test_a_drive_that_keeps_its_read_speed_does_not_fail_a_burn_for_that(lab: Any) -> None:
    tap = lab.drive("bd-re")
    written = False

    def execute(command: Any, inner: Any = tap.execute) -> Any:
        nonlocal written
        written = written or command.cdb[0] == WRITE_AND_VERIFY
        if written and command.cdb[0] in (0xBB, 0xB6):
            return Reply(CHECK_CONDITION, Sense(0x4, 0x44).build())
        return inner(command)

    tap.execute = execute
    assert lab.run(burn(lab.job(40, command=WriteCommand.WRITE_AND_VERIFY)), tap).verified == 40


@pytest.mark.parametrize("way", BAD_WAYS)
@pytest.mark.parametrize("what", ["ignore=1", "sense=5/20/00"])
def test_a_drive_that_heeds_only_one_of_the_commands_is_curbed_by_that(lab: Any, way: str, what: str) -> None:
    tap, diary = lab.drive("dvd+r", 8192), lab.diary()
    digests = lab.run(burn(lab.job(40)), tap).digests
    for fault in parse_faults(f"{BAD_WAYS[way]},{what},times=0"):
        tap.inner.faults.add(fault)
    with watching(tap, READ) as seen:
        assert lab.run(verify(digests, read_speed=2770), tap, observer=diary) == 40
    assert seen == {2770}
    assert tap.inner.drive.pace.read_speed == 22160
    assert not diary.messages


def test_each_command_that_was_taken_is_taken_back_as_it_may_be_heeded_late(lab: Any) -> None:
    tap = lab.drive("dvd+r", 8192)
    digests = lab.run(burn(lab.job(40)), tap).digests
    for fault in parse_faults("opcode=BB,ignore=1,times=0"):
        tap.inner.faults.add(fault)
    lab.run(verify(digests, read_speed=2770), tap)
    last_read = max(number for number, cdb in enumerate(tap.seen) if cdb[0] == READ)
    assert [cdb[0] for cdb in tap.seen[last_read:] if cdb[0] in (0xBB, 0xB6)] == [0xB6, 0xBB]


@pytest.mark.parametrize("bad_block", [False, True])
def test_a_command_that_fails_when_it_is_taken_back_does_not_keep_the_other_from_that(
    lab: Any, bad_block: bool
) -> None:
    tap, diary = lab.drive("dvd+r", 8192, fault="opcode=BB,ignore=1,times=0"), lab.diary()
    digests = lab.run(burn(lab.job(40)), tap).digests
    if bad_block:
        tap.inner.drive.medium.store.write(20, bytes(2048))

    def execute(command: Any, inner: Any = tap.execute) -> Any:
        if command.cdb[0] == READ:
            tap.inner.faults.add(Fault(opcode=0xB6, sense=Sense(0x4, 0x44), times=None))
        return inner(command)

    tap.execute = execute
    with pytest.raises(VerificationError) if bad_block else nullcontext():
        lab.run(verify(digests, read_speed=2770), tap, observer=diary)
    assert [cdb[0] for cdb in tap.seen if cdb[0] in (0xBB, 0xB6)][-4:] == [0xBB, 0xB6, 0xB6, 0xBB]
    assert bad_block or any("goes on reading at 2770 kB/s" in message for message in diary.messages)


def test_a_drive_that_goes_on_as_fast_as_before_is_told_of(lab: Any) -> None:
    tap, diary = lab.drive("dvd+r", 8192, fault="opcode=BB,ignore=1,times=0;opcode=B6,ignore=1,times=0"), lab.diary()
    assert lab.run(burn(lab.job(40, verify_speed=2770)), tap, observer=diary).verified == 40
    assert any("no more than 2770 kB/s, the drive says 22160" in message for message in diary.messages)


def test_what_was_written_is_read_back_no_faster_than_asked(lab: Any) -> None:
    tap = lab.drive("dvd+r", 8192)
    lab.run(burn(lab.job(40, verify_speed=2770)), tap)
    reads = [number for number, cdb in enumerate(tap.seen) if cdb[0] == 0x28]
    speeds = {number: int.from_bytes(cdb[2:4], "big") for number, cdb in enumerate(tap.seen) if cdb[0] == 0xBB}
    assert list(speeds.values()) == [2770, 0xFFFF]
    assert min(speeds) < min(reads) <= max(reads) < max(speeds)


def test_the_speeds_that_were_set_before_are_set_again_after_reading_back(lab: Any) -> None:
    tap = lab.drive("dvd+r", 8192)
    digests = lab.run(burn(lab.job(40)), tap).digests
    lab.run(set_cd_speed(read=5540, write=8310), tap)
    lab.run(verify(digests, read_speed=2770), tap)
    assert (tap.inner.drive.pace.read_speed, tap.inner.drive.pace.write_speed) == (5540, 8310)


@pytest.mark.parametrize("what", ["bad block", "cancelled"])
def test_the_read_speed_is_set_again_when_reading_back_fails(lab: Any, what: str) -> None:
    tap = lab.drive("dvd+r", 8192)
    digests = lab.run(burn(lab.job(40)), tap).digests
    cancelled = Event()
    if what == "cancelled":
        cancelled.set()
    else:
        tap.inner.drive.medium.store.write(20, bytes(2048))
    with pytest.raises((VerificationError, Cancelled)):
        lab.run(verify(digests, read_speed=2770), tap, cancelled=cancelled)
    assert tap.inner.drive.pace.read_speed == 22160


def test_a_drive_that_has_its_own_read_speed_is_told_of_and_verified(lab: Any) -> None:
    tap, diary = (
        lab.drive("dvd+r", 8192, fault="opcode=BB,sense=5/20/00,times=0;opcode=B6,sense=5/20/00,times=0"),
        lab.diary(),
    )
    assert lab.run(burn(lab.job(40, verify_speed=2770)), tap, observer=diary).verified == 40
    assert any("reads at its own speed" in message for message in diary.messages)


def test_a_drive_that_talks_nonsense_when_its_read_speed_is_set_is_told_of_and_verified(lab: Any) -> None:
    tap, diary = lab.drive("dvd+r", 8192), lab.diary()
    digests = lab.run(burn(lab.job(40)), tap).digests
    nonsense = lab.copy_of(
        tap,
        "dvd+r",
        8192,
        faults=[
            Fault(opcode=0xBB, sense=Sense(0x5, 0x20), times=None),
            Fault(opcode=0x25, alter=lambda data: data[:3], times=None),
        ],
    )
    assert lab.run(verify(digests, read_speed=2770), nonsense, observer=diary) == 40
    assert any("reads at its own speed" in message for message in diary.messages)
