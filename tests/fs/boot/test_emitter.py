"""Where the structures lie in an image, read by hand."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.fs.base import Base
from discstack.fs.boot.el_torito import BootPlatform, Emulation
from discstack.fs.boot.options import BootAddress, BootImage, BootOptions, BootSector, PartitionTable
from discstack.fs.bridge import build_image
from discstack.fs.errors import LayoutError, SourceError
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions
from discstack.fs.reading.extents import Extent, MediumSource
from discstack.fs.reading.volume import read_volume
from discstack.fs.tree import Directory
from discstack.fs.view import View

Bootable = Callable[..., Image]
Whole = Callable[[Image], bytes]
BIOS = BootImage("boot/bios.bin")
EFI = BootImage("boot/efi.img", platform=BootPlatform.EFI)


def sector(data: bytes, lba: int, count: int = 1) -> bytes:
    return data[lba * 2048 : (lba + count) * 2048]


def catalog_of(data: bytes) -> tuple[int, list[bytes]]:
    """The address of the boot catalogue and its records of 32 bytes."""
    record = sector(data, 17)
    assert record[:30] == b"\0CD001\1EL TORITO SPECIFICATION"
    lba = int.from_bytes(record[71:75], "little")
    found = sector(data, lba)
    return lba, [found[at : at + 32] for at in range(0, 2048, 32) if any(found[at : at + 32])]


def lba_of(image: Image, label: str) -> int:
    return next(span.lba for span in image.files_in(0, image.sectors) if span.label == label)


@pytest.mark.parametrize("views", [{View.ISO9660}, {View.ISO9660, View.JOLIET}, set(View)])
def test_boot_record_is_the_second_descriptor_and_moves_all_others(
    bootable: Bootable, whole: Whole, views: set[View]
) -> None:
    data = whole(bootable(BIOS, views=frozenset(views)))
    kinds = [1, 0, 2, 255] if View.JOLIET in views else [1, 0, 255]
    assert [sector(data, lba)[:6] for lba in range(16, 16 + len(kinds))] == [bytes([kind]) + b"CD001" for kind in kinds]
    if View.UDF in views:
        assert [sector(data, lba)[1:6] for lba in (20, 21, 22)] == [b"BEA01", b"NSR02", b"TEA01"]


def test_entries_lead_to_the_boot_images(bootable: Bootable, whole: Whole) -> None:
    image = bootable(BIOS, EFI)
    data = whole(image)
    _, records = catalog_of(data)
    assert [record[0] for record in records] == [0x01, 0x88, 0x91, 0x88]
    assert records[2][1] == 0xEF
    for record, label, content in ((records[1], "/boot/bios.bin", b"B" * 3000), (records[3], "/boot/efi.img", None)):
        blocks, lba = struct.unpack_from("<HI", record, 6)
        assert lba == lba_of(image, label)
        assert blocks == (8 if content else 64)
        assert content is None or sector(data, lba, 2) == content.ljust(4096, b"\0")


def test_entries_of_one_platform_and_id_form_a_section(bootable: Bootable, whole: Whole) -> None:
    others = [BootImage(content=b"x" * 10, manufacturer="THEM"), BootImage(content=b"y" * 10, manufacturer="THEM")]
    first = BootImage("boot/bios.bin", manufacturer="US", load_segment=0x1000, load_size=4)
    last = BootImage("boot/efi.img", platform=BootPlatform.EFI, bootable=False, selection_criteria=b"\1why")
    _, records = catalog_of(whole(bootable(first, *others, last)))
    assert records[0][4:6] == b"US"
    assert records[1][:8].hex(" ") == "88 00 00 10 00 00 04 00"
    assert records[2][:9].hex(" ") == "90 00 02 00 54 48 45 4d 00"
    assert [record[:1].hex() for record in records[3:]] == ["88", "88", "91", "00"]
    assert records[6][12:16] == b"\1why"


def test_a_catalogue_that_no_reader_would_read_whole_is_refused(bootable: Bootable) -> None:
    long = BootImage("boot/efi.img", platform=BootPlatform.EFI, selection_criteria=bytes(20 + 30 * 252))
    assert bootable(BIOS, long).sectors
    with pytest.raises(LayoutError, match="would have 257 records, and 256 are read"):
        bootable(BIOS, replace(long, selection_criteria=bytes(21 + 30 * 252)))


def test_catalogue_is_hidden_unless_it_has_a_path(bootable: Bootable, whole: Whole) -> None:
    image = bootable(BIOS)
    lba, _ = catalog_of(whole(image))
    assert image.file_at(lba).label == "El Torito boot catalogue"
    assert not image.file_at(lba).is_file


def test_catalogue_with_a_path_is_a_file_in_all_views(
    bootable: Bootable, whole: Whole, reader: Callable[..., Any]
) -> None:
    image = bootable(BIOS, catalog="/boot/boot.cat")
    data = whole(image)
    lba, records = catalog_of(data)
    assert image.file_at(lba).label == "/boot/boot.cat"
    assert image.file_at(lba).is_file
    for descriptor, path in ((16, "BOOT/BOOT.CAT;1"), (18, "boot/boot.cat;1")):
        found = reader(image, descriptor).entries()
        assert found[path][:64] == b"".join(records)
        assert len(found[path]) == 2048


def test_image_from_outside_is_hidden_and_known_by_name(bootable: Bootable, whole: Whole, tmp_path: Path) -> None:
    path = tmp_path / "loader.bin"
    path.write_bytes(b"L" * 5000)
    image = bootable(BootImage(content=path), BootImage(content=b"M" * 100))
    data = whole(image)
    first, second = lba_of(image, "boot image loader.bin"), lba_of(image, "boot image number 2")
    assert sector(data, first, 3) == (b"L" * 5000).ljust(6144, b"\0")
    assert sector(data, second) == (b"M" * 100).ljust(2048, b"\0")
    assert not image.file_at(first).is_file
    buffer = bytearray(2048)
    image.read_at(first + 2, buffer)
    assert buffer == sector(data, first + 2)


def test_image_from_outside_that_changed_is_found_before_the_first_byte(bootable: Bootable, tmp_path: Path) -> None:
    path = tmp_path / "loader.bin"
    path.write_bytes(b"L" * 5000)
    image = bootable(BootImage(content=path))
    image.check_sources()
    path.write_bytes(b"L" * 5001)
    with pytest.raises(SourceError, match="grew from 5000 to 5001"):
        image.check_sources()


def test_info_table_is_in_the_image_and_not_in_the_source(tmp_path: Path, whole: Whole) -> None:
    path = tmp_path / "isolinux.bin"
    path.write_bytes(bytes(range(200)) * 20)
    root = Directory()
    root.create_hard_link("another name", root.add_file(path))
    options = ImageOptions(boot=BootOptions(images=[BootImage("isolinux.bin", info_table=True)]))
    image = build_image(root, options)
    data = whole(image)
    lba = next(span.lba for span in image.files_in(0, image.sectors) if span.is_file)
    assert struct.unpack_from("<3I", sector(data, lba), 8) == (16, lba, 4000)
    assert sector(data, lba, 2)[64:4000] == (bytes(range(200)) * 20)[64:]
    assert path.read_bytes() == bytes(range(200)) * 20
    assert whole(image) == data


def test_names_of_a_boot_image_that_is_told_where_it_lies_are_reported() -> None:
    root = Directory()
    root.create_hard_link("b", root.create_file("a", bytes(3000)))
    boot = BootOptions(images=[BootImage("b", info_table=True, grub2_info=True), BootImage(content=b"x")])
    issues = build_image(root, ImageOptions(boot=boot)).issues
    assert [str(issue) for issue in issues] == [
        "/a: some bytes changed: boot info table and for GRUB 2",
        "/b: some bytes changed: boot info table and for GRUB 2",
    ]


def test_image_without_boot_images_is_as_before(whole: Whole) -> None:
    root = Directory()
    root.create_file("a", b"a")
    data = whole(build_image(root))
    assert not any(data[: 16 * 2048])
    assert sector(data, 17)[0] == 2


def test_gpt_lies_at_both_ends_and_has_the_efi_image(bootable: Bootable, whole: Whole) -> None:
    image = bootable(BIOS, EFI, partition_table=PartitionTable.GPT)
    data = whole(image)
    last = len(data) // 512 - 1
    first = lba_of(image, "/boot/efi.img") * 4
    assert data[446:462].hex() == "00000200ee" + data[451:454].hex() + "01000000" + last.to_bytes(4, "little").hex()
    headers = {}
    for block, array in ((1, 2), (last, last - 32)):
        header = data[block * 512 :][:92]
        signature, revision, size, crc, zero, mine, other, usable, end = struct.unpack_from("<8sIIIIQQQQ", header)
        assert (signature, revision, size, zero) == (b"EFI PART", 0x10000, 92, 0)
        assert crc32(header[:16] + bytes(4) + header[20:]) == crc
        assert (mine, other) == (block, last + 1 - block)
        assert (usable, end) == (64, last - 33)
        entries, count, each, array_crc = struct.unpack_from("<QIII", header, 72)
        assert (entries, count, each) == (array, 128, 128)
        content = data[array * 512 :][:16384]
        assert crc32(content) == array_crc
        headers[block] = content
        assert UUID(bytes_le=content[:16]) == UUID("C12A7328-F81F-11D2-BA4B-00A0C93EC93B")
        assert struct.unpack_from("<QQQ", content, 32) == (first, first + 63, 0)
        assert content[56:128].decode("utf-16-le").rstrip("\0") == "EFI boot image"
        assert not any(content[128:])
    assert headers[1] == headers[last]
    assert image.file_at(image.sectors - 1).label == "backup GPT"
    assert image.file_at(0).label == "system area with MBR and GPT"


def test_mbr_before_a_gpt_has_an_active_partition_on_request(bootable: Bootable, whole: Whole) -> None:
    data = whole(bootable(EFI, partition_table=PartitionTable.GPT, force_bootable=True))
    assert data[446:451].hex(" ") == "00 00 02 00 ee"
    assert data[462:478].hex(" ") == "80 00 01 00 00 00 01 00 00 00 00 00 01 00 00 00"


@pytest.mark.parametrize("table", PartitionTable)
def test_efi_images_that_share_their_data_are_one_partition(
    bootable: Bootable, whole: Whole, table: PartitionTable
) -> None:
    images = [BootImage(f"boot/{name}.img", platform=BootPlatform.EFI) for name in ("efi", "same", "equal")]
    image = bootable(*images, partition_table=table, options={"duplicates_once": True})
    data, first = whole(image), lba_of(image, "/boot/efi.img") * 4
    entries = [record[8:12] for record in catalog_of(data)[1] if record[0] == 0x88]
    assert entries == [(first // 4).to_bytes(4, "little")] * 3
    if table is PartitionTable.GPT:
        assert struct.unpack_from("<QQ", data, 1024 + 32) == (first, first + 63)
        assert not any(data[1024 + 128 : 1024 + 16384])
    else:
        assert struct.unpack_from("<II", data, 462 + 8) == (first, 64)
        assert not any(data[478:510])


def test_duplicate_of_a_boot_image_that_is_told_where_it_lies_stays_as_it_is(whole: Whole) -> None:
    root = Directory()
    for name in ("boot.bin", "copy.bin"):
        root.create_file(name, b"b" * 3000)
    boot = BootOptions(images=[BootImage("boot.bin", info_table=True)], catalog="boot.cat")
    image = build_image(root, ImageOptions(boot=boot, duplicates_once=True, digests=True))
    data = whole(image)
    assert sector(data, lba_of(image, "/copy.bin"), 2)[:3000] == b"b" * 3000
    patched = sector(data, lba_of(image, "/boot.bin"), 2)[:3000]
    assert struct.unpack_from("<2I", patched, 8) == (16, lba_of(image, "/boot.bin"))


@pytest.mark.parametrize("revision", [0x0102, 0x0150, 0x0201, 0x0250, 0x0260])
def test_last_anchor_of_udf_lies_256_sectors_before_the_end_of_a_disk_with_a_gpt(
    bootable: Bootable, whole: Whole, revision: int
) -> None:
    data = whole(bootable(EFI, partition_table=PartitionTable.GPT, options={"udf_revision": revision}))
    last = len(data) // 2048 - 1
    anchors = [lba for lba in range(last + 1) if sector(data, lba)[:2] == b"\2\0" and lba >= 256]
    assert anchors == [256, last - 256]
    assert sector(data, last - 256)[12:16] == (last - 256).to_bytes(4, "little")


def test_gpt_without_udf_takes_no_more_than_it_needs(bootable: Bootable) -> None:
    image = bootable(EFI, partition_table=PartitionTable.GPT, views=frozenset({View.ISO9660}))
    assert image.file_at(image.sectors - 9).label == "backup GPT"
    assert image.file_at(image.sectors - 10).is_file


def test_mbr_has_the_whole_image_and_the_efi_image(bootable: Bootable, whole: Whole) -> None:
    image = bootable(BIOS, EFI, boot_sector=BootSector(b"\xeb\xfe"))
    data = whole(image)
    assert len(data) % (1 << 20) == 0
    assert data[:2] == b"\xeb\xfe"
    assert data[432:440] == (lba_of(image, "/boot/bios.bin") * 4).to_bytes(8, "little")
    first, second = data[446:462], data[462:478]
    assert (first[0], first[4], *struct.unpack_from("<II", first, 8)) == (0x80, 0, 0, len(data) // 512)
    efi = lba_of(image, "/boot/efi.img") * 4
    assert (second[0], second[4], *struct.unpack_from("<II", second, 8)) == (0, 0xEF, efi, 64)
    assert data[478:512] == bytes(32) + b"\x55\xaa"
    assert any(data[440:444])


def test_mbr_alone_marks_the_whole_image_as_somebody_elses(bootable: Bootable, whole: Whole) -> None:
    data = whole(bootable(BIOS, boot_sector=BootSector(b"\xeb\xfe")))
    assert data[450] == 0x17


@pytest.mark.parametrize(("address", "skip"), [(BootAddress.ISOLINUX, 0), (BootAddress.GRUB2, 4)])
def test_boot_sector_gets_the_address_that_it_looks_for(
    bootable: Bootable, whole: Whole, address: BootAddress, skip: int
) -> None:
    image = bootable(EFI, BIOS, boot_sector=BootSector(b"c" * 432, address), partition_table=PartitionTable.GPT)
    data = whole(image)
    assert data[:432] == b"c" * 432
    assert int.from_bytes(data[432:440], "little") == lba_of(image, "/boot/bios.bin") * 4 + skip
    assert data[440:446] == bytes(6)


def test_boot_sector_of_its_own_kind_is_taken_as_it_is(bootable: Bootable, whole: Whole) -> None:
    data = whole(bootable(boot_sector=BootSector(b"c" * 512, BootAddress.NONE)))
    assert data[:440] == b"c" * 440
    assert data[440:444] != b"c" * 4


def test_same_tree_gives_the_same_ids_and_another_tree_others(whole: Whole, fat_image: Callable[[], bytes]) -> None:
    def disk(content: bytes) -> bytes:
        root = Directory()
        root.create_file("data", content)
        boot = BootOptions(
            images=[BootImage(content=fat_image(), platform=BootPlatform.EFI)], partition_table=PartitionTable.GPT
        )
        return whole(build_image(root, ImageOptions(boot=boot)))

    guid = slice(512 + 56, 512 + 72)
    assert disk(b"one") == disk(b"one")
    assert disk(b"one")[guid] != disk(b"another")[guid]


def test_any_part_read_is_that_part_of_the_whole(bootable: Bootable, whole: Whole) -> None:
    images = [BootImage("boot/bios.bin", info_table=True, grub2_info=True), BootImage(content=b"h" * 9000), EFI]
    image = bootable(*images, catalog="cat", boot_sector=BootSector(b"c"), partition_table=PartitionTable.GPT)
    data, generator = whole(image), random.Random(1)
    for _ in range(300):
        lba = generator.randrange(image.sectors)
        part = bytearray(2048 * generator.randint(1, min(9, image.sectors - lba)))
        image.read_at(lba, part)
        assert part == data[lba * 2048 : lba * 2048 + len(part)]


@given(
    st.lists(
        st.builds(
            BootImage,
            content=st.binary(min_size=64, max_size=5000),
            platform=st.sampled_from([0, 1, 2, 0x42]),
            manufacturer=st.sampled_from(["", "A", "B"]),
            load_segment=st.integers(0, 0x1000),
            info_table=st.booleans(),
            bootable=st.booleans(),
        ),
        min_size=1,
        max_size=90,
    ),
    st.booleans(),
)
def test_any_boot_images_are_found_again(images: list[BootImage], shown: bool) -> None:
    root = Directory()
    boot = BootOptions(images=images, catalog="boot.cat" if shown else None)
    image = build_image(root, ImageOptions(boot=boot, views=frozenset({View.ISO9660})))
    data = io.BytesIO()
    image.write_to(data)
    found = list(boot_entries(data.getvalue()))
    assert len(found) == len(images)
    for choice, (platform, manufacturer, bootable, segment, blocks, lba) in zip(images, found, strict=True):
        assert (platform, manufacturer, bootable) == (choice.platform, choice.manufacturer, choice.bootable)
        assert segment == choice.load_segment
        recorded = data.getvalue()[lba * 2048 :][: len(choice.content)]  # type: ignore[arg-type]
        start = 64 if choice.info_table else 0
        assert recorded[start:] == choice.content[start:]  # type: ignore[index]
        assert blocks * 512 >= len(recorded)


def boot_entries(data: bytes) -> Iterator[tuple[int, str, bool, int, int, int]]:
    """Read a boot catalogue: platform, id string, bootable, load segment, blocks and sector of every entry."""
    at = int.from_bytes(sector(data, 17)[71:75], "little") * 2048
    header = data[at : at + 32]
    assert sum(struct.unpack("<16H", header)) & 0xFFFF == 0
    yield boot_entry(header[1], header[4:28], data[at + 32 : at + 64])
    at, last = at + 64, header[0] == 1 and not data[at + 64]
    while not last:
        header, at = data[at : at + 32], at + 32
        assert header[0] in (0x90, 0x91)
        last = header[0] == 0x91
        for _ in range(int.from_bytes(header[2:4], "little")):
            yield boot_entry(header[1], header[4:32], data[at : at + 32])
            at += 32


def boot_entry(platform: int, identifier: bytes, entry: bytes) -> tuple[int, str, bool, int, int, int]:
    assert entry[0] in (0x88, 0)
    segment, _, _, blocks, lba = struct.unpack_from("<HBBHI", entry, 2)
    return platform, identifier.rstrip(b"\0").decode(), entry[0] == 0x88, segment, blocks, lba


def test_backup_of_a_gpt_and_a_virtual_allocation_table_cannot_both_be_last(bootable: Bootable) -> None:
    with pytest.raises(LayoutError, match="leave one of them out"):
        bootable(EFI, partition_table=PartitionTable.GPT, options={"udf_revision": 0x0201, "udf_vat": True})


def test_a_catalogue_that_is_shown_is_no_duplicate_of_what_it_was_before_its_addresses(
    whole: Callable[[Image], bytes],
) -> None:
    root = Directory()
    root.create_file("boot", b"d" * 2048)
    options = ImageOptions(boot=BootOptions(images=[BootImage("boot")], catalog="catalogue"), duplicates_once=True)

    def catalogue() -> bytes:
        image = build_image(root, options)
        found = read_volume(image).boot
        assert found is not None
        return whole(image)[found.lba * 2048 :][:2048]

    data = bytearray(catalogue())
    address = slice(40, 44)
    assert any(data[address])
    data[address] = bytes(4)
    root.create_file("alike", bytes(data))
    root.create_file("boot too", b"d" * 2048)
    assert any(catalogue()[address])


def test_a_boot_image_in_several_runs_is_copied_into_one(whole: Callable[[Image], bytes]) -> None:
    """A file that another writer spread over the medium."""
    data = b"".join(bytes([number]) * 2048 for number in range(6))
    root = Directory()
    root.create_file("filler", data)
    first = whole(build_image(root, ImageOptions()))
    medium = Sectors(first)
    volume = read_volume(medium)
    (extent,) = volume.root["filler"].source.extents  # type: ignore[union-attr]
    runs = [Extent(extent.lba + at, 2048) for at in (4, 0, 2)]
    source = MediumSource(medium, runs, volume.root, "spread", None)
    volume.root.create_file("spread", source)
    base = Base(medium, medium.sectors + 64, session=0)
    boot = BootOptions(images=[BootImage("spread", info_table=True, load_size=4, emulation=Emulation.NONE)])
    image = build_image(volume.root, ImageOptions(base=base, boot=boot))
    grown = read_volume(image, start=base.end)
    assert grown.boot is not None
    lba = grown.boot.images[0].entry.lba
    assert lba > base.end
    buffer = bytearray(3 * 2048)
    image.read_at(lba, buffer)
    assert (buffer[64:2048], buffer[2048:4096], buffer[4096:]) == (b"\4" * 1984, b"\0" * 2048, b"\2" * 2048)
    assert int.from_bytes(buffer[12:16], "little") == lba


class Sectors:
    """A medium in memory."""

    def __init__(self, data: bytes) -> None:
        self.data, self.sectors = data, len(data) // 2048

    def read_at(self, lba: int, buffer: bytearray | memoryview) -> None:
        buffer[:] = self.data[lba * 2048 :][: len(buffer)]
