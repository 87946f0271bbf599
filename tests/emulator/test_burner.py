"""The fixture that other projects get, and discs in files looked at and copied."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Any

import pytest

from discstack.emulator.burner import VirtualBurner
from discstack.emulator.disc_copy import describe_disc, duplicate_disc
from discstack.emulator.discfile import DiscFileError
from discstack.emulator.faults import Fault
from discstack.emulator.open import open_virtual
from discstack.emulator.store import BLOCK, BlockStore
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import CHECK_CONDITION, DeviceBusy, DeviceGone

pytest_plugins = ["pytester"]
READY = bytes(6)
WRITE = bytes.fromhex("2A 00 00000000 00 0010 00")


def test_the_fixture_gives_burners_and_switches_them_off(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        kept = []

        def test_a_burn(virtual_burner):
            burner = virtual_burner("dvd+r", capacity=4096)
            kept.append(burner)
            while burner.execute(bytes(6)).status:
                pass
            write = bytes.fromhex("2A 00 00000000 00 0010 00")
            assert burner.execute(write, data=b"x" * 32768).status == 0
            assert burner.contents(0, 1) == b"x" * 2048

        def test_that_it_is_gone():
            try:
                kept[0].execute(bytes(6))
            except Exception as error:
                assert "closed" in str(error)
            else:
                raise AssertionError("still there")
        """
    )
    pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", "-p", "no:randomly").assert_outcomes(passed=2)


def test_a_disc_is_changed_and_a_fault_strikes() -> None:
    with VirtualBurner("cd-r") as burner:
        while burner.execute(READY).status:
            pass
        burner.change_disc("bd-re", 4096)
        assert burner.execute(READY).status == CHECK_CONDITION, "the medium may have changed"
        assert burner.disc.kind.name == "bd-re"
        burner.strike(Fault(sense=Sense(0x4, 0x44)))
        assert burner.execute(READY).sense[2] == 4
    with pytest.raises(DeviceGone):
        burner.execute(READY)


def burnt(path: Path) -> Path:
    with VirtualBurner("dvd+r", file=path, capacity=4096) as burner:
        while burner.execute(READY).status:
            pass
        assert burner.execute(WRITE, data=b"y" * 32768).status == 0
    return path


def test_a_disc_file_is_described_without_a_drive(tmp_path: Path) -> None:
    found = describe_disc(burnt(tmp_path / "disc"))
    assert (found.medium, found.profile, found.capacity_blocks, found.stored_blocks) == ("dvd+r", 0x1B, 4096, 16)
    assert not found.sub_channels
    assert (found.state, found.details["tracks"][0]["written"]) == ("recording", 16)


def test_a_copy_is_a_disc_of_its_own(tmp_path: Path) -> None:
    source = burnt(tmp_path / "disc")
    copy = duplicate_disc(source, tmp_path / "copy")
    assert copy.serial != describe_disc(source).serial
    assert copy.state == describe_disc(source).state
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()
    with VirtualBurner("dvd+r", file=tmp_path / "copy") as burner:
        assert burner.contents(0, 16) == b"y" * 32768
        burner.execute(READY)
        assert burner.execute(bytes.fromhex("2A 00 00000010 00 0010 00"), data=b"z" * 32768).status == 0
    assert source.stat().st_size == 32768, "the original stays as it was"


@pytest.mark.parametrize("blocks", [1, 16, 17, 40])
@pytest.mark.parametrize("place", [16, -1])
def test_zeros_are_a_hole_and_what_is_not_all_zeros_is_kept(tmp_path: Path, blocks: int, place: int) -> None:
    store = BlockStore(FileIO(tmp_path / "disc", "w+"))
    store.write(0, bytes(blocks * BLOCK))
    assert store.blocks == blocks
    assert not getattr((tmp_path / "disc").stat(), "st_blocks", 0)
    data = bytearray(blocks * BLOCK)
    data[place] = 1
    store.write(blocks, data)
    read = bytearray(blocks * BLOCK)
    store.readinto(blocks, memoryview(read))
    assert read == data
    store.close()


@pytest.mark.linux("st_blocks")
def test_a_copy_keeps_holes_and_sub_channels(tmp_path: Path) -> None:
    source = burnt(tmp_path / "disc")
    with source.open("r+b") as file:
        file.truncate(1 << 30)
    (tmp_path / "disc.channels").write_bytes(b"q" * 96)
    copy = duplicate_disc(source, tmp_path / "copy")
    assert copy.sub_channels
    assert (tmp_path / "copy").stat().st_size == 1 << 30
    assert (tmp_path / "copy").stat().st_blocks * 512 < 1 << 20


def test_what_is_no_disc_or_there_already_is_refused(tmp_path: Path) -> None:
    source = burnt(tmp_path / "disc")
    (tmp_path / "plain").write_bytes(b"")
    with pytest.raises(DiscFileError, match="no virtual disc"):
        describe_disc(tmp_path / "plain")
    with pytest.raises(DiscFileError, match="there already"):
        duplicate_disc(source, tmp_path / "plain")
    transport = open_virtual("dvd+r", file=source)
    try:
        with pytest.raises(DeviceBusy):
            duplicate_disc(source, tmp_path / "copy")
        assert not (tmp_path / "copy").exists()
    finally:
        transport.close()


Load = Callable[..., Any]


def test_the_region_of_a_new_drive_is_not_set(load: Load) -> None:
    host = load("dvd+r")
    assert host.ok("A4 00 00000000 00 00 0008 08 00", allocation=8) == bytes.fromhex("0006 0000 25 FF 01 00")
    assert host.refused("A4 00 00000000 00 00 0008 00 00", allocation=8) == "5/24/00"


@pytest.mark.parametrize("nonsense", [{"state": {}}, {"state": {"tracks": "x"}}, {"capacity": -5}])
def test_a_sidecar_that_makes_no_sense_is_told_and_copies_leave_nothing(
    tmp_path: Path, nonsense: dict[str, Any]
) -> None:
    source = burnt(tmp_path / "disc")
    sidecar = tmp_path / "disc.json"
    sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), **nonsense}))
    with pytest.raises(DiscFileError, match="makes no sense"):
        describe_disc(source)
    with pytest.raises(DiscFileError, match="makes no sense"):
        duplicate_disc(source, tmp_path / "copy")
    assert not list(tmp_path.glob("copy*"))
