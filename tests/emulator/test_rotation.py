"""Speed by address, seeks, spinning up, underruns and the calibration area."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from discstack.emulator.rotation import Line, Rotation, curve, layered, speed_at

Load = Callable[..., Any]


@pytest.mark.parametrize(
    ("rotation", "factor", "lines"),
    [
        (Rotation.CLV, 8, [Line(0, 8, 999, 8)]),
        (Rotation.CAV, 10, [Line(0, 4.2, 999, 10)]),
        (Rotation.ZCLV, 16, [Line(0, 6, 79, 6), Line(80, 8, 239, 8), Line(240, 12, 519, 12), Line(520, 16, 999, 16)]),
        (Rotation.ZCLV, 12, [Line(0, 6, 79, 6), Line(80, 8, 239, 8), Line(240, 12, 999, 12)]),
        (Rotation.ZCLV, 4, [Line(0, 4, 999, 4)]),
    ],
)
def test_a_curve_is_straight_lines_up_to_its_speed(rotation: Rotation, factor: float, lines: list[Line]) -> None:
    assert curve(rotation, factor, 1000) == lines


def test_every_second_layer_is_passed_inwards() -> None:
    lines = layered(Rotation.CAV, 10, 2000, 2)
    assert lines == [Line(0, 4.2, 999, 10), Line(1000, 10, 1999, 4.2)]
    zones = layered(Rotation.ZCLV, 8, 2000, 2)
    assert zones == [Line(0, 6, 79, 6), Line(80, 8, 999, 8), Line(1000, 8, 1919, 8), Line(1920, 6, 1999, 6)]
    assert [line.first for line in layered(Rotation.CAV, 10, 4000, 4)] == [4.2, 10, 4.2, 10]
    assert layered(Rotation.CLV, 4, 2000, 2) == [Line(0, 4, 1999, 4)]


def test_a_disc_with_two_layers_is_written_fastest_at_its_outer_end(load: Load) -> None:
    rows = performance(load("bd-r-dl"), write=True)
    assert rows == [(0, 15105, 12219391, 35964), (12219392, 35964, 24438783, 15105)]
    host = load("bd-r-dl")
    host.read_refused(0)
    clock, seconds = host.transport.clock, []
    for lba in (24438000, 12219392):  # right above the start, and at the outer end
        host.ok("2B 00 00000000 00 0000 00")
        start = clock.now()
        host.ok(f"2B 00 {lba:08X} 00 0000 00")
        seconds.append(clock.now() - start)
    assert seconds[0] < 0.03 < 0.17 < seconds[1]


def test_the_speed_between_two_ends_lies_between_theirs() -> None:
    lines = curve(Rotation.CAV, 10, 1001)
    assert speed_at(lines, 500) == pytest.approx(7.1)
    assert speed_at(lines, 5000) == 10


def performance(host: Any, *, write: bool) -> list[tuple[int, int, int, int]]:
    data = host.ok(f"AC {0x10 | write << 2:02X} 00000000 0000 0010 00 00", allocation=264)[8:]
    numbers = [int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4)]
    return [(numbers[n], numbers[n + 1], numbers[n + 2], numbers[n + 3]) for n in range(0, len(numbers), 4)]


def test_get_performance_tells_the_zones_of_a_dvd(load: Load) -> None:
    rows = performance(load("dvd-r"), write=True)
    assert [row[1] for row in rows] == [8310, 11080, 16620, 22160]
    assert rows[0][0] == 0
    assert all(one[2] + 1 == other[0] for one, other in pairwise(rows))
    assert rows[-1][2] == 2298495


def test_slow_writing_is_at_constant_linear_velocity(load: Load) -> None:
    host = load("dvd+r", speed=4)
    assert performance(host, write=True) == [(0, 5540, 2295103, 5540)]


def test_writing_is_quicker_towards_the_rim(load: Load) -> None:
    host = load("bd-re", speed=8, buffer=1)
    host.format(0, 0xC4)
    clock = host.transport.clock
    seconds = []
    for lba in (0, 12219392 - 512):
        start = clock.now()
        host.write(lba, 512)
        seconds.append(clock.now() - start)
    assert seconds[0] / seconds[1] == pytest.approx(1 / 0.42, rel=0.01)


def test_a_seek_takes_the_longer_the_further_it_goes(load: Load) -> None:
    host = load("dvd-ram")
    clock = host.transport.clock
    seconds = []
    for lba in (0, 1, 1000, 2_000_000):
        start = clock.now()
        host.read(lba)
        seconds.append(clock.now() - start)
    assert seconds[1] < 0.002
    assert 0.02 < seconds[2] < seconds[3] < 0.2


def test_a_disc_at_rest_has_to_spin_up(load: Load) -> None:
    host = load("dvd-ram")
    clock = host.transport.clock
    host.read(0)
    host.ok("1B 00 00 00 00 00")
    start = clock.now()
    host.read(1)
    assert clock.now() - start > 2
    start = clock.now()
    host.read(2)
    assert clock.now() - start < 1


def page_05h(host: Any, *, bufe: bool) -> None:
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2], page[3], page[4], page[5] = 0x20 | bufe << 6, 0xC5, 8, 16
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)


@pytest.mark.parametrize("medium", ["dvd-r", "dvd-rw"])
def test_an_underrun_without_protection_ends_the_track(load: Load, medium: str) -> None:
    host = load(medium)
    page_05h(host, bufe=False)
    host.write(0, 16)
    host.transport.clock.sleep(60)
    assert host.write_refused(16, 16) == "3/0C/09"
    assert host.track(1)[5] & 0x20, "damaged"
    host.close(1, 1)
    host.close(2)


@pytest.mark.parametrize("medium", ["dvd-r", "dvd-rw", "dvd+r", "bd-r"])
def test_an_underrun_with_protection_costs_time_only(load: Load, medium: str) -> None:
    host = load(medium)
    if medium.startswith("dvd-"):
        page_05h(host, bufe=True)
    host.write(0, 32)
    host.transport.clock.sleep(60)
    host.write(32, 32)
    assert host.transport.drive.buffer.underruns == 1


@pytest.mark.parametrize(
    ("speed", "inner", "outer"),
    [(16, 16.0, 16.0), (24, 16.0, 24.0), (32, 16.0, 32.0), (48, 48 * 0.42, 48.0)],
)
def test_a_cd_turns_as_its_speed_demands(load: Load, speed: int, inner: float, outer: float) -> None:
    host = load("cd-r", speed=speed, buffer=1)
    medium = host.transport.drive.medium
    host.select_write_parameters()
    for lba, factor in ((0, inner), (359849 - 64, outer)):
        medium.track_list[0].written = lba
        host.transport.clock.sleep(10)
        start = host.transport.clock.now()
        host.write(lba, 32)
        took = host.transport.clock.now() - start
        assert 32 / 75 / took == pytest.approx(factor, rel=0.02)


def cd_page(host: Any, write_type: int, *, bufe: bool, block_type: int = 8) -> None:
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2], page[3], page[4] = write_type | bufe << 6, 0xC4, block_type
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)


CUE = "41000014 00000000 41010014 00000000 41010110 00000200 41AA0114 00000800"


@pytest.mark.parametrize(("write_type", "start", "size"), [(1, 0, 2048), (2, 0, 2048), (3, -300, 2368)])
def test_an_underrun_costs_a_cd_its_session(load: Load, write_type: int, start: int, size: int) -> None:
    host = load("cd-r")
    cd_page(host, write_type, bufe=False, block_type=1 if write_type == 3 else 8)
    if write_type == 2:
        host.ok("5D 00 00 00 00 00 00 0020 00", bytes.fromhex(CUE))

    def write(lba: int) -> str:
        cdb = f"2A 00 {lba & 0xFFFFFFFF:08X} 00 0010 00"
        return str(host.refused(cdb, bytes(16 * size)))

    with pytest.raises(AssertionError):
        write(start)
    host.transport.clock.sleep(60)
    assert write(start + 16) == "3/0C/09"
    host.sync()
    assert host.track(1)[5] & 0x20, "damaged"
    host.close(1, 1)
    host.close(2)
    assert host.disc()[2] & 0x0F == 0x01, "appendable"


def test_an_underrun_of_a_cd_costs_time_only_where_it_is_linked(load: Load) -> None:
    host = load("cd-r")
    cd_page(host, 1, bufe=True)
    host.write(0, 16)
    host.transport.clock.sleep(60)
    host.write(16, 16)
    assert host.transport.drive.buffer.underruns == 1


def test_the_calibration_area_is_used_up(load: Load, tmp_path: Any) -> None:
    host = load("dvd+r", file=tmp_path / "disc")
    opc = "54 01 00 00 00 00 00 0000 00"
    for _ in range(90):
        host.ok(opc)
    assert host.refused(opc) == "1/73/01"
    host.transport.close()
    again = load("dvd+r", file=tmp_path / "disc")
    for _ in range(9):
        assert again.refused(opc) == "1/73/01"
    assert again.refused(opc) == "3/73/02"


def test_a_rewritable_disc_is_calibrated_as_often_as_one_likes(load: Load) -> None:
    host = load("dvd-rw")
    for _ in range(150):
        host.ok("54 01 00 00 00 00 00 0000 00")
