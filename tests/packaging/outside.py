"""A program of somebody else's, for mypy: where discstack hid a mistake, an ignore would be unused."""

from collections.abc import Iterator

import discstack
from discstack.emulator.burner import VirtualBurner, VirtualBurners
from discstack.mmc.spec.cdb import CDB, Direction, bits

VENDOR = CDB("VENDOR", 0xE8, "lba" / bits(32), clause="-", direction=Direction.NONE, length=6)


def right() -> Iterator[object]:
    image = discstack.FileSystemImage(volume_id="HOLIDAY", views=frozenset({discstack.View.UDF}), max_sectors=None)
    yield image.create_result().sectors
    yield VirtualBurner("dvd+r", file="disc.img", speed=4, fault="long-write:3").contents(0, 1)


def wrong() -> None:
    discstack.FileSystemImage(volum_id="HOLIDAY")  # type: ignore[call-arg]
    discstack.FileSystemImage(iso_level="3")  # type: ignore[arg-type]
    discstack.FileSystemImge()  # type: ignore[attr-defined]
    VirtualBurner("dvd+r", sped=4)  # type: ignore[call-arg]
    VirtualBurner("dvd+r", capacity="4096")  # type: ignore[arg-type]
    VirtualBurner()  # type: ignore[call-arg]


def test_a_burn(virtual_burner: VirtualBurners) -> None:
    assert virtual_burner("bd-re", capacity=4096).execute(bytes(6)).status == 0
    virtual_burner("bd-re", sped=4)  # type: ignore[call-arg]
    virtual_burner("bd-re", fault=3)  # type: ignore[arg-type]
