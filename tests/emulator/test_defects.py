"""DVD-RAM, spare areas, defects and pseudo-overwrite, in bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Load = Callable[..., Any]
SPARE_AREAS = "AD {:02X} 00000000 00 0A 0010 00 00"


def spares(host: Any, media_type: int) -> tuple[int, int, int]:
    data = host.ok(SPARE_AREAS.format(media_type), allocation=16)
    first, second, third = (int.from_bytes(data[at : at + 4], "big") for at in (4, 8, 12))
    return first, second, third


def stream(host: Any, lba: int, blocks: int, fill: int = 7) -> bytes:
    return host.ok(f"AA 00 {lba:08X} {blocks:08X} 80 00", bytes([fill]) * (blocks * 2048))


def test_a_dvd_ram_is_formatted_and_offers_its_sizes(load: Load) -> None:
    host = load("dvd-ram")
    assert host.disc()[2] & 3 == 3
    assert host.capacity() == 2236703
    # of 2048 bytes: 00h as it is sold and without supplementary spare area, 01h with one that is larger by a sixth, two
    rows = "00222120 00000800 00230520 00000800 0021fb20 04000800 0021d520 04000800"
    assert host.formats()[12:].hex(" ", 4) == rows
    assert host.feature_is_current(0x24)
    assert host.write(3, 1) == b""


def test_a_dvd_ram_is_formatted_to_its_whole_size_and_loses_some_of_it_again(load: Load) -> None:
    host = load("dvd-ram", capacity=65536)
    host.format(65536, 0x00)
    assert host.capacity() == 65535
    host.format(65264, 0x04)
    assert host.capacity() == 65263
    assert host.refused("04 11 00 00 00 00", host.format_list(100, 0x00)) == "5/26/00"


def test_quick_formatting_leaves_certification_out(load: Load) -> None:
    host = load("dvd-ram")
    clock = host.transport.clock
    quick = bytearray(host.format_list(2236704, 0x00))
    quick[1] |= 0x20
    before = clock.now()
    host.ok("04 19 00 00 00 00", bytes(quick))
    quickly = clock.now() - before
    host.format(2236704, 0x00)
    assert clock.now() - before - quickly > 10 * quickly


@pytest.mark.parametrize(
    ("medium", "media_type", "kind"), [("dvd-ram", 0, None), ("bd-re", 1, 0xC0), ("bd-r", 1, 0xC9)]
)
def test_a_defect_is_replaced_while_there_are_spares(
    load: Load, medium: str, media_type: int, kind: int | None
) -> None:
    host = load(medium, defects="64-95")
    if kind is not None:
        host.format(12088320, kind)
    before = spares(host, media_type)
    for lba in range(0, 128, 32):
        host.write(lba, 32, fill=lba + 1)
    host.sync()
    assert host.read(64) == bytes([65]) * 2048
    after = spares(host, media_type)
    assert sum(after[:2]) < sum(before[:2])


def test_streaming_leaves_defects_where_they_are(load: Load) -> None:
    host = load("bd-re", defects="64-95")
    host.format(0, 0x00)
    stream(host, 64, 32)
    assert host.read_refused(64) == "3/11/05"
    assert host.refused("AA 00 00000040 00000010 80 00", bytes(16 * 2048)) == "3/0C/00"


def test_without_spare_areas_a_rewritable_disc_says_nothing_and_a_write_once_one_does(load: Load) -> None:
    host = load("bd-re", defects="64-95")
    host.format(12219392, 0xC4)
    host.write(64, 32)
    assert host.read_refused(70) == "3/11/05"
    once = load("bd-r", defects="32")
    once.write(0, 32)
    assert once.write_refused(32, 32) == "3/0C/00"


def test_what_verifies_finds_what_nothing_replaced(load: Load) -> None:
    host = load("bd-re", defects="64-95")
    host.format(12219392, 0xC4)
    assert host.ok("2E 00 00000000 00 0040 00", bytes(64 * 2048)) == b""
    assert host.refused("2E 00 00000040 00 0020 00", bytes(32 * 2048)) == "3/11/05"
    assert host.refused("2F 00 00000000 00 0060 00") == "3/11/05"
    assert host.ok("2F 00 00000000 00 0040 00") == b""
    host.format(0, 0xC0)
    assert host.ok("2E 00 00000040 00 0020 00", bytes(32 * 2048)) == b""
    assert host.ok("2F 00 00000000 00 0060 00") == b""


def test_spares_run_out(load: Load) -> None:
    host = load("bd-re", capacity=128 * 32, defects="0-4095")
    host.format(0, 0x00)
    free = spares(host, 1)[1]
    assert free
    for cluster in range(free):
        host.write(cluster * 32, 32)
    assert spares(host, 1)[1] == 0
    assert host.write_refused(free * 32, 32) == "3/32/00"


def test_what_was_replaced_survives(load: Load, tmp_path: Any) -> None:
    host = load("bd-re", file=tmp_path / "disc", defects="64-95")
    host.format(0, 0x00)
    host.write(64, 32, fill=9)
    before = spares(host, 1)
    host.transport.close()
    again = load("bd-re", file=tmp_path / "disc", defects="64-95")
    assert spares(again, 1) == before
    assert again.read(64) == b"\x09" * 2048


def test_verifying_halves_the_speed_and_streaming_does_not(load: Load) -> None:
    host = load("bd-re", buffer=1)
    host.format(0, 0x00)
    clock = host.transport.clock
    start = clock.now()
    host.write(0, 512)
    plain = clock.now() - start
    host.sync()
    start = clock.now()
    stream(host, 0, 512)
    assert plain == pytest.approx(2 * (clock.now() - start), rel=0.01)


def test_pseudo_overwrite_tells_what_is_left(load: Load) -> None:
    host = load("bd-r")
    assert host.refused("51 02 00 00 00 00 00 0010 00", allocation=16) == "5/24/00"
    host.format(12088320, 0xC8)
    host.write(0, 64)
    left = host.ok("51 02 00 00 00 00 00 0010 00", allocation=16)
    assert left[:4] == bytes.fromhex("000E 4000")
    host.write(0, 64, fill=3)
    after = host.ok("51 02 00 00 00 00 00 0010 00", allocation=16)
    assert int.from_bytes(left[4:8], "big") - int.from_bytes(after[4:8], "big") == 2
    assert int.from_bytes(left[8:12], "big") - int.from_bytes(after[8:12], "big") == 2
    assert host.read(0) == b"\3" * 2048


@pytest.mark.parametrize(("medium", "layers", "blocks"), [("bd-r-dl", 2, 24438784), ("bd-r-ql", 4, 62500864)])
def test_a_blu_ray_disc_has_a_unit_of_information_for_each_layer(
    load: Load, medium: str, layers: int, blocks: int
) -> None:
    host = load(medium)
    data = host.ok("AD 01 00000000 00 00 1004 00 00", allocation=0x1004)[4:]
    units = [data[at : at + 112] for at in range(0, 112 * layers, 112)]
    assert [unit[:2] for unit in units] == [b"DI"] * layers
    assert [unit[3] & 7 for unit in units] == list(range(layers))
    assert {unit[12] >> 4 for unit in units} == {layers}
    assert data[112 * layers :][:2] != b"DI"
    assert int.from_bytes(host.track()[16:20], "big") == blocks
