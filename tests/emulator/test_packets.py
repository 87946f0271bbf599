"""CD-R and CD-RW written in packets, of a size that is fixed or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Load = Callable[..., Any]
LINKS = 7


def page(host: Any, *, size: int, bufe: bool = True, track_mode: int = 5) -> None:
    """Send mode page 05h: packets, of a fixed size unless that is 0."""
    data = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    data[2:5] = bytes((bufe << 6, 0xC0 | bool(size) << 5 | track_mode, 8))
    data[10:14] = size.to_bytes(4, "big")
    host.ok(f"55 10 00 00 00 00 00 {len(data) + 8:04X} 00", bytes(8) + data)


@pytest.mark.parametrize("medium", ["cd-r", "cd-rw"])
def test_packets_that_vary_are_linked_by_seven_blocks(load: Load, medium: str) -> None:
    host = load(medium)
    page(host, size=0)
    host.write(0, 32)
    host.write(32, 8)
    assert host.next_writable() == 40
    host.sync()
    assert host.next_writable() == 40 + LINKS
    assert host.write_refused(40) == "5/21/02"
    host.write(47, 32, fill=0x11)
    host.sync()
    # track 1: data, incrementally; packets of no fixed size, mode 1; a next writable address, a last recorded one
    assert host.track(1)[5:8] == bytes((0x05, 0x21, 0x03))
    assert host.read(39) == b"\xa5" * 2048
    assert host.read(47) == b"\x11" * 2048
    assert host.read_refused(40) == host.read_refused(46) == "5/64/00"
    assert host.close_refused(2) == "5/72/03"
    host.close(1, 0xFF)
    assert host.next_writable() == 300 + 2 + 150
    host.close(2)
    assert host.ok("43 00 00 00 00 00 00 0324 00", allocation=804)[4:8] == bytes((0, 0x15, 1, 0))


def test_an_underrun_ends_a_packet(load: Load) -> None:
    host = load("cd-r")
    page(host, size=0, bufe=False)
    host.write(0, 32)
    host.transport.clock.sleep(60)
    assert host.write_refused(32) == "5/21/02"
    assert host.next_writable() == 32 + LINKS
    host.write(39, 32)


def test_packets_of_a_fixed_size_have_no_addresses_between_them(load: Load) -> None:
    host = load("cd-r")
    page(host, size=32)
    for lba in range(0, 320, 32):
        host.write(lba, 32)
        host.sync()
    host.write(320, 10)
    host.sync()
    assert host.next_writable() == 352
    assert host.track(1)[5:8] == bytes((0x05, 0x31, 0x03))
    assert host.track(1)[20:24] == bytes((0, 0, 0, 32))
    assert host.read(0, 32) == host.read(288, 32)
    assert host.read(330) == bytes(2048)
    free = int.from_bytes(host.track()[16:20], "big")
    assert free == (359849 + 5) // 39 * 32 - 352
    host.close(1, 0xFF)
    # eleven packets and what is around them, the first five blocks of which lie in the pre-gap
    assert host.next_writable() == 11 * 39 - 5 + 150
    host.close(2)
    toc = host.ok("43 00 00 00 00 00 00 0324 00", allocation=804)
    assert int.from_bytes(toc[-4:], "big") == 11 * 39 - 5
    assert host.capacity() == 351


def test_a_track_is_of_one_kind(load: Load) -> None:
    host = load("cd-r")
    page(host, size=32)
    host.write(0, 32)
    host.sync()
    page(host, size=0)
    assert host.write_refused(32) == "5/64/00"
    host.select_write_parameters()
    assert host.write_refused(32) == "5/64/00"


def test_audio_is_not_written_in_packets(load: Load) -> None:
    host = load("cd-r")
    data = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    data[2:5] = bytes((0x40, 0xC0, 0))
    host.ok(f"55 10 00 00 00 00 00 {len(data) + 8:04X} 00", bytes(8) + data)
    assert host.refused("2A 00 00000000 00 0001 00", bytes(2352)) == "5/64/00"


def test_a_disc_with_open_packets_is_kept(load: Load, tmp_path: Any) -> None:
    host = load("cd-r", file=tmp_path / "disc")
    page(host, size=0)
    host.write(0, 32)
    host.sync()
    host.write(39, 32)
    host.sync()
    host.transport.close()
    again = load("cd-r", file=tmp_path / "disc")
    assert again.next_writable() == 71 + LINKS
    assert again.read_refused(33) == "5/64/00"


def test_a_test_leaves_nothing(load: Load) -> None:
    host = load("cd-r")
    data = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    data[2:5] = bytes((0x50, 0xC5, 8))
    host.ok(f"55 10 00 00 00 00 00 {len(data) + 8:04X} 00", bytes(8) + data)
    host.write(0, 32)
    host.sync()
    host.select_write_parameters()
    assert host.disc()[2] & 3 == 0
