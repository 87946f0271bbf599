"""How much one WRITE carries: what medium, way and buffer allow, what was asked for, and less where that fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from discstack.mmc import recording, stream
from discstack.mmc.burn import burn
from discstack.mmc.errors import AbortedCommand, IllegalRequest, UnsupportedMedium
from discstack.mmc.identify import identify
from discstack.mmc.job import WriteCommand
from discstack.mmc.procedure import Observer
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import CHECK_CONDITION, Command, FeedCounters, Reply, Stream, TransferRefused

KIB = 1 << 10
MIB = 1 << 20
WRITES = {b"\x2a", b"\xaa"}
SYNCHRONIZE_CACHE = b"\x35"
WIDE = {"usual_transfer": 256 * KIB}


def sizes(tap: Any) -> list[int]:
    """Return how many KiB each WRITE carried; the last one, which takes the rest, aside."""
    return [int.from_bytes(cdb[6:10] if cdb[:1] == b"\xaa" else cdb[7:9]) * 2 for cdb in tap.seen if cdb[:1] in WRITES]


@pytest.mark.parametrize(
    ("medium", "options", "kib"),
    [
        ("bd-r", {**WIDE, "buffer": 4 * MIB}, 256),
        ("dvd+r", {**WIDE, "buffer": 2 * MIB}, 256),
        ("dvd+r", {**WIDE, "buffer": MIB}, 128),  # no more than an eighth of the drive's buffer
        ("dvd+r", {**WIDE, "buffer": 256 * KIB}, 64),
        ("bd-r", {**WIDE, "max_transfer": 120 * KIB}, 64),  # halves, so that they are whole ECC blocks
        ("bd-r", {"usual_transfer": 128 * KIB}, 128),
        ("bd-r", {"usual_transfer": 32 * KIB}, 32),
        ("bd-r", {}, 64),
        ("cd-r", WIDE, 32),
    ],
)
def test_a_write_carries_what_medium_way_and_buffer_allow(
    lab: Any, medium: str, options: dict[str, int], kib: int
) -> None:
    tap = lab.drive(medium, 8192, **options)
    lab.run(burn(lab.job(600, ring_bytes=None)), tap)
    assert set(sizes(tap)[:-1]) == {kib}


@pytest.mark.parametrize(
    ("medium", "speed", "buffer", "block", "nap"),
    [
        ("dvd+r", 5540, MIB, False, MIB / 2 / 5_540_000),
        ("bd-r", 17982, 4 * MIB, False, 2 * MIB / 17_982_000),
        ("cd-r", 1411, MIB // 2, False, MIB / 4 / (1_411_000 * 2048 / 2352)),  # speeds of CDs are those of raw sectors
        ("dvd+r", 5540, 32 * MIB, False, 1.0),
        ("dvd+r", 5540, None, False, 1.0),  # the drive does not tell
        ("dvd+r", 5540, 512, True, 1.0),  # or tells in blocks
    ],
)
def test_a_drive_without_room_is_asked_again_before_half_of_its_buffer_is_written(
    lab: Any, medium: str, speed: int, buffer: int | None, block: bool, nap: float
) -> None:
    tap, found = lab.drive(medium, 8192), set()
    execute = tap.execute

    def told(command: Command) -> Reply:
        if command.cdb[:1] != b"\x5c":
            return execute(command)
        if buffer is None:
            return Reply(CHECK_CONDITION, Sense(0x5, 0x20).build())
        return Reply(data=bytes((0, 10, 0, block)) + buffer.to_bytes(4) + bytes(4))

    class Naps(Observer):
        def streaming(self, stream: Stream, counters: FeedCounters, /) -> None:
            found.add(stream.nap)

    tap.execute = told
    assert lab.run(burn(lab.job(600, speed=speed)), tap, observer=Naps()).speed.accepted == speed
    assert list(found) == [pytest.approx(nap)]


@pytest.mark.parametrize(("most", "kib"), [(MIB, 64), (48 * KIB, 48), (2 * KIB, 2)])
def test_a_read_of_what_was_written_asks_for_64_kib_and_no_more_than_the_way_carries(
    lab: Any, most: int, kib: int
) -> None:
    tap = lab.drive("cd-r", 1024, max_transfer=most)
    assert lab.run(burn(lab.job(200)), tap).verified == 200
    asked = [int.from_bytes(cdb[7:9]) * 2 for cdb in tap.seen if cdb[:1] == b"\x28"]
    assert max(asked) == kib
    assert sum(asked) == 400  # and each sector once


def test_what_is_asked_for_is_sent_whatever_suits(lab: Any) -> None:
    tap = lab.drive("bd-r", 8192, buffer=MIB)
    lab.run(burn(lab.job(600, ring_bytes=None, transfer_bytes=512 * KIB)), tap)
    assert set(sizes(tap)[:-1]) == {512}


@pytest.mark.parametrize("asked", [96 * KIB, 0, 2 * MIB])
def test_what_does_not_suit_medium_or_way_is_refused_before_anything_is_written(lab: Any, asked: int) -> None:
    tap = lab.drive("bd-r", 8192)
    with pytest.raises(UnsupportedMedium):
        lab.run(burn(lab.job(600, transfer_bytes=asked)), tap)
    assert not sizes(tap)


@pytest.mark.parametrize(
    ("medium", "asked", "why"),
    [("bd-r", 1, "131072 bytes at least"), ("bd-r", 128 * KIB - 1, "at least"), ("cd-r", 4095, "4096 bytes at least")],
)
def test_a_ring_without_room_for_two_units_is_refused_before_anything_is_written(
    lab: Any, medium: str, asked: int, why: str
) -> None:
    tap = lab.drive(medium, 8192)
    with pytest.raises(UnsupportedMedium, match=why):
        lab.run(burn(lab.job(600, ring_bytes=asked)), tap)
    assert not sizes(tap)


def test_a_ring_that_there_is_no_memory_for_is_refused_before_anything_is_written(
    lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tap = lab.drive("bd-r", 8192)
    monkeypatch.setattr(stream, "_available_memory", lambda: 1 << 20)
    with pytest.raises(UnsupportedMedium, match="no memory for a buffer of 1048577 bytes"):
        lab.run(burn(lab.job(600, ring_bytes=(1 << 20) + 1)), tap)
    assert not sizes(tap)
    lab.run(burn(lab.job(600, ring_bytes=1 << 20)), tap)
    assert sizes(tap)


class Narrow:
    """A way to a drive on which WRITEs of more than `most` bytes fail from the `first` one on, as `fail` has it."""

    def __init__(self, tap: Any, most: int, fail: Callable[[], Reply], first: int = 1) -> None:
        self.tap, self.most, self.fail, self.first, self.failed = tap, most, fail, first, 0
        self.max_transfer, self.usual_transfer = tap.max_transfer, tap.usual_transfer
        self.clock, self.close = tap.clock, tap.close

    def execute(self, command: Command, /) -> Reply:
        size = memoryview(command.data or b"").nbytes
        if command.cdb[:1] in WRITES and size > self.most and len(sizes(self.tap)) + 1 >= self.first:
            self.failed += 1
            return self.fail()
        return self.tap.execute(command)  # type: ignore[no-any-return]


def unsent() -> Reply:
    raise TransferRefused("no memory for so large a transfer")


def invalid() -> Reply:
    return Reply(CHECK_CONDITION, Sense(key=5, asc=0x24).build())


def data_phase_error() -> Reply:
    return Reply(CHECK_CONDITION, Sense(key=0xB, asc=0x4B).build())


def narrow(lab: Any, medium: str, most: int, fail: Callable[[], Reply], first: int = 1) -> Narrow:
    return Narrow(lab.drive(medium, 8192, **WIDE, buffer=4 * MIB), most, fail, first)


@pytest.mark.parametrize("medium", ["dvd+r", "bd-r", "bd-re"])
@pytest.mark.parametrize("fail", [unsent, invalid, data_phase_error])
def test_smaller_commands_are_tried_before_anything_is_written(
    lab: Any, medium: str, fail: Callable[[], Reply]
) -> None:
    way = narrow(lab, medium, 64 * KIB, fail)
    result = lab.run(burn(lab.job(600, ring_bytes=None)), way)
    assert way.failed == 2  # 256 and 128 KiB
    assert max(sizes(way.tap)) == 64
    assert way.tap.on_disc(0, 600) == lab.image(600)
    assert result.verified == 600
    assert result.counters.blocks == result.blocks + result.padding
    told = [notice for notice in result.notices if "KiB in one WRITE from here on" in notice]
    assert [notice.split(" in one")[0] for notice in told] == ["128 instead of 256 KiB", "64 instead of 128 KiB"]


def test_what_the_system_does_not_send_goes_out_in_smaller_commands_at_any_time(lab: Any) -> None:
    way = narrow(lab, "bd-r", 128 * KIB, unsent, first=3)
    result = lab.run(burn(lab.job(600, ring_bytes=None)), way)
    assert sizes(way.tap)[:4] == [256, 256, 128, 128]
    assert way.tap.on_disc(0, 600) == lab.image(600)
    assert result.counters.blocks == result.blocks + result.padding


def test_a_command_that_was_refused_after_others_were_taken_is_an_error(lab: Any) -> None:
    way = narrow(lab, "bd-r", 64 * KIB, invalid, first=3)
    with pytest.raises(IllegalRequest):
        lab.run(burn(lab.job(600, ring_bytes=None)), way)
    assert way.failed == 1


@pytest.mark.parametrize("fail", [invalid, data_phase_error])
@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
def test_what_a_cd_may_have_taken_is_not_sent_again_where_it_does_not_say_so(
    lab: Any, fail: Callable[[], Reply], told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(work: Any) -> Any:
        yield from ()

    if not told:
        monkeypatch.setattr(recording, "next_writable", silent)
    way = narrow(lab, "cd-r", 64 * KIB, fail)
    job = lab.job(600, ring_bytes=None, transfer_bytes=128 * KIB)
    if told or fail is invalid:  # which has left nothing anywhere
        lab.run(burn(job), way)
        assert way.tap.on_disc(0, 600) == lab.image(600)
    else:
        with pytest.raises(AbortedCommand):
            lab.run(burn(job), way)
        assert not sizes(way.tap)


@pytest.mark.parametrize(("fail", "error"), [(unsent, TransferRefused), (invalid, IllegalRequest)])
def test_where_small_commands_fail_too_the_burn_does(
    lab: Any, fail: Callable[[], Reply], error: type[Exception]
) -> None:
    way = narrow(lab, "bd-r", 0, fail)
    with pytest.raises(error):
        lab.run(burn(lab.job(600, ring_bytes=None)), way)
    assert way.failed == 3
    assert not sizes(way.tap)


def test_three_units_become_one_where_halves_would_not_be_whole(lab: Any) -> None:
    way = narrow(lab, "bd-re", 64 * KIB, unsent)
    lab.run(burn(lab.job(600, ring_bytes=None, transfer_bytes=192 * KIB, command=WriteCommand.STREAMING)), way)
    assert max(sizes(way.tap)) == 64
    assert way.tap.on_disc(0, 600) == lab.image(600)


@pytest.mark.parametrize("medium", ["dvd-r", "dvd+r", "bd-r"])
def test_a_disc_is_left_as_after_any_error_where_nothing_was_sent(lab: Any, medium: str) -> None:
    """The system refused it, the drive still answers: what it has taken is flushed, and its track closed."""
    way = narrow(lab, medium, 0, unsent, first=3)
    with pytest.raises(TransferRefused) as caught:
        lab.run(burn(lab.job(600, ring_bytes=None)), way)
    assert SYNCHRONIZE_CACHE in [cdb[:1] for cdb in way.tap.seen]
    tracks = lab.run(identify(), way.tap).tracks
    assert tracks[0].next_writable_address is None, caught.value.__notes__
