"""Reading discs: blocks that cannot be read, and READs that say GOOD and bring less."""

from __future__ import annotations

from typing import Any

import pytest
from laboratory import Diary

from discstack.emulator.faults import Fault
from discstack.mmc.burn import burn
from discstack.mmc.errors import MediumError, ShortTransfer, VerificationError
from discstack.mmc.identify import identify
from discstack.mmc.job import VerifyLevel
from discstack.mmc.reading import read_disc
from discstack.mmc.spec.sense import Sense
from discstack.mmc.verify import verify

READ = 0x28
BLOCK = 2048


def burnt(lab: Any, blocks: int, *faults: Fault, **options: Any) -> Any:
    tap = lab.drive("dvd+r", 8192, faults=faults)
    lab.run(burn(lab.job(blocks, verify=VerifyLevel.NONE, **options)), tap)
    return tap


def short(*, keep: int, blocks: range) -> Fault:
    return Fault(opcode=READ, lba=blocks, keep=keep, times=None)


def test_a_disc_is_read_as_it_is(lab: Any) -> None:
    tap, copy = burnt(lab, 100), bytearray()
    assert lab.run(read_disc(range(100), copy.extend), tap) == []
    assert copy == lab.image(100)


def test_what_lies_in_gaps_is_not_read(lab: Any) -> None:
    tap, copy = burnt(lab, 100), bytearray()
    lab.run(read_disc(range(100), copy.extend, gaps=[range(10, 90)]), tap)
    assert copy == lab.image(100)[: 10 * BLOCK] + bytes(80 * BLOCK) + lab.image(100)[90 * BLOCK :]


@pytest.mark.parametrize("keep", [0, BLOCK - 1])
def test_a_read_that_says_good_and_brings_less_is_an_error_with_its_address(lab: Any, keep: int) -> None:
    tap, copy = burnt(lab, 100, short(keep=keep, blocks=range(50, 51))), bytearray()
    with pytest.raises(ShortTransfer, match=rf"READ \(10\).*{BLOCK - keep} bytes did not move") as caught:
        lab.run(read_disc(range(100), copy.extend), tap)
    assert "LBA 50" in caught.value.__notes__[0]
    assert copy == lab.image(100)[: len(copy)]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(opcode=READ, lba=range(50, 52), sense=Sense(3, 0x11, 5), times=None),
        short(keep=BLOCK // 2, blocks=range(50, 52)),
    ],
)
def test_bad_blocks_that_are_skipped_are_zeros_and_are_told(lab: Any, fault: Fault) -> None:
    tap, copy = burnt(lab, 100, fault), bytearray()
    assert lab.run(read_disc(range(100), copy.extend, skip_bad=True), tap) == [range(50, 52)]
    assert copy == lab.image(100)[: 50 * BLOCK] + bytes(2 * BLOCK) + lab.image(100)[52 * BLOCK :]


def test_what_lies_behind_all_that_a_disc_holds_is_asked_for_once(lab: Any) -> None:
    tap, copy, wanted = burnt(lab, 100), bytearray(), range(8190, 12_000)
    tap.seen.clear()
    assert lab.run(read_disc(wanted, copy.extend, skip_bad=True, ends_track=False, capacity=8192), tap) == [wanted]
    assert copy == bytes(len(wanted) * BLOCK)
    assert len(tap.seen) < 40  # a piece of which some is on the disc, block by block, and the next one


def test_blocks_that_cannot_be_read_are_an_error_with_the_address(lab: Any) -> None:
    fault = Fault(opcode=READ, lba=range(50, 51), sense=Sense(3, 0x11, 5), times=None)
    with pytest.raises(MediumError) as caught:
        lab.run(read_disc(range(100), bytearray().extend), burnt(lab, 100, fault))
    assert "LBA 50" in caught.value.__notes__[0]


def test_run_out_in_front_of_a_gap_becomes_zeros_and_is_told(lab: Any) -> None:
    fault = Fault(opcode=READ, lba=range(8, 10), sense=Sense(3, 0x11, 5), times=None)
    diary, copy = Diary(), bytearray()
    gaps = [range(10, 90)]
    assert (
        lab.run(read_disc(range(100), copy.extend, gaps=gaps, run_out=2), burnt(lab, 100, fault), observer=diary) == []
    )
    assert copy == lab.image(100)[: 8 * BLOCK] + bytes(82 * BLOCK) + lab.image(100)[90 * BLOCK :]
    assert [message for message in diary.messages if "sectors 8 to 9" in message]


def test_run_out_blocks_end_the_reading_quietly(lab: Any) -> None:
    tap, copy = lab.drive("cd-r", 40000), bytearray()
    lab.run(burn(lab.job(400, verify=VerifyLevel.NONE)), tap)
    whole = lab.run(identify(), tap).tracks[0].blocks
    assert lab.run(read_disc(range(whole), copy.extend, run_out=2), tap) == []
    assert copy == lab.image(400) + bytes((whole - 400 - 2) * BLOCK)


def test_what_was_read_before_does_not_pass_for_what_was_not_read(lab: Any) -> None:
    tap = lab.drive("dvd+rw", 8192, faults=[short(keep=0, blocks=range(512, 1024))])
    same = lab.source(1024)
    same.data = b"\x5a" * len(same.data)
    result = lab.run(burn(lab.job(source=same, verify=VerifyLevel.NONE)), tap)
    with pytest.raises(VerificationError) as caught:
        lab.run(verify(result.digests), tap)
    assert caught.value.bad == (range(512, 1024),)
