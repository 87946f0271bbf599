"""Extended attributes, path components and allocation tables against bytes written from the standards' tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from discstack.fs.attributes import Device
from discstack.fs.udf.extended import (
    DeviceSpecificationExtendedAttribute,
    ExtendedAttributeHeaderDescriptor,
    FileTimesExtendedAttribute,
    LogicalVolumeExtension,
    attribute_space,
    file_attributes,
    implementation_attribute,
)
from discstack.fs.udf.revisions import REVISIONS, revision_of
from discstack.fs.udf.symlinks import ComponentType, path_components
from discstack.fs.udf.vat import VirtualAllocationTableFooter, VirtualAllocationTableHeader

Laid = Callable[[int, Mapping[int, bytes]], bytes]
Tagged = Callable[..., bytes]

WHEN = 1_000_000_000_000_000_000  # 2001-09-09 01:46:40 UTC
WHEN_BYTES = bytes.fromhex("0010 d107 09 09 01 2e 28 00 00 00")
TIMES = bytes.fromhex("05000000 01 000000 20000000 0c000000 01000000") + WHEN_BYTES
DEVICE = bytes.fromhex("0c000000 01 000000 38000000 20000000 08000000 11000000") + b"\x00*discstack".ljust(32, b"\x00")


def test_extended_attribute_header_descriptor(laid: Laid, tagged: Tagged) -> None:
    header = ExtendedAttributeHeaderDescriptor(
        implementation_attributes_location=24, application_attributes_location=0xFFFFFFFF
    )
    assert header.seal(9, 3) == tagged(262, 9, laid(24, {16: bytes.fromhex("18000000 ffffffff")}), 3)


def test_file_times_extended_attribute_holds_the_time_of_creation() -> None:
    assert FileTimesExtendedAttribute(file_creation_time=WHEN).pack() == TIMES


def test_device_specification_extended_attribute() -> None:
    attribute = DeviceSpecificationExtendedAttribute(major_device_identification=8, minor_device_identification=17)
    assert attribute.pack() == DEVICE


def test_attributes_of_a_file_are_those_that_it_has() -> None:
    assert file_attributes(None, None) == b""
    assert file_attributes(WHEN, None) == TIMES
    assert file_attributes(None, Device(8, 17)) == DEVICE
    assert file_attributes(WHEN, Device(8, 17)) == TIMES + DEVICE


@pytest.mark.parametrize(("revision", "absent"), [(0x0102, "38000000"), (0x0201, "ffffffff")])
def test_attributes_that_are_not_there_lie_behind_all_others_or_nowhere(
    laid: Laid, tagged: Tagged, revision: int, absent: str
) -> None:
    space = attribute_space(REVISIONS[revision], 5, TIMES)
    header = laid(24, {16: bytes.fromhex(absent * 2)})
    assert space == tagged(262, 5, header, REVISIONS[revision].tag_version) + TIMES
    assert attribute_space(REVISIONS[revision], 5, b"") == b""


def test_implementation_use_extended_attribute_is_a_multiple_of_4(laid: Laid) -> None:
    expected = laid(
        52, {0: bytes.fromhex("00080000 01 000000 34000000 02000000"), 16: b"\x00*UDF x", 40: b"\x50\x01", 48: b"ab"}
    )
    assert implementation_attribute(REVISIONS[0x0150].udf_id("*UDF x"), 2, b"ab") == expected


def test_logical_volume_extension_of_a_table_of_udf_1_50(laid: Laid) -> None:
    expected = laid(
        146, {0: bytes.fromhex("3412 0000000000000000 07000000 03000000"), 18: b"\x08HOLIDAY", 145: b"\x08"}
    )
    extension = LogicalVolumeExtension(
        header_checksum=0x1234,
        verification_id=0,
        number_of_files=7,
        number_of_directories=3,
        logical_volume_identifier="HOLIDAY",
    )
    assert extension.pack() == expected


def test_virtual_allocation_table_header(laid: Laid) -> None:
    expected = laid(
        152,
        {
            0: bytes.fromhex("9800 0000"),
            4: b"\x08HOLIDAY",
            131: b"\x08",
            132: bytes.fromhex("ffffffff 07000000 03000000 5002 5002 6002"),
        },
    )
    header = VirtualAllocationTableHeader(
        logical_volume_identifier="HOLIDAY",
        number_of_files=7,
        number_of_directories=3,
        minimum_udf_read_revision=0x0250,
        minimum_udf_write_revision=0x0250,
        maximum_udf_write_revision=0x0260,
    )
    assert header.pack() == expected


def test_virtual_allocation_table_footer(laid: Laid) -> None:
    footer = VirtualAllocationTableFooter(entity_identifier=REVISIONS[0x0150].udf_id("*UDF Virtual Alloc Tbl"))
    expected = laid(36, {0: b"\x00*UDF Virtual Alloc Tbl", 24: b"\x50\x01", 32: b"\xff" * 4})
    assert footer.pack() == expected


@pytest.mark.parametrize(
    ("target", "components"),
    [
        (b"a", "05 02 0000 0861"),
        (b"/", "02 00 0000"),
        (b"/a/b", "02 00 0000 05 02 0000 0861 05 02 0000 0862"),
        (b"../x", "03 00 0000 05 02 0000 0878"),
        (b"./", "04 00 0000 04 00 0000"),
        ("я".encode(), "05 03 0000 10044f"),
        (b"a//b/", "05 02 0000 0861 05 02 0000 0862 04 00 0000"),
    ],
)
def test_path_components(target: bytes, components: str) -> None:
    assert path_components(target) == bytes.fromhex(components)


def test_path_that_has_no_components_is_told_apart() -> None:
    assert path_components(b"caf\xe9") is None
    assert path_components(b"x" * 255) is None
    assert path_components(b"x" * 254) is not None
    assert path_components(b"/".join([b"x" * 99] * 19)) is not None
    assert path_components(b"/".join([b"x" * 99] * 20)) is None


def test_types_of_path_components_are_those_of_the_table() -> None:
    assert [(kind.name, kind.value) for kind in ComponentType] == [("ROOT", 2), ("PARENT", 3), ("SELF", 4), ("NAME", 5)]


def test_revisions_are_in_binary_coded_decimal() -> None:
    assert [revision.text for revision in REVISIONS.values()] == ["1.02", "1.50", "2.00", "2.01", "2.50", "2.60"]
    assert {revision_of(number).number for number in REVISIONS} == set(REVISIONS)


def test_standard_and_version_of_tags_change_with_2_00() -> None:
    assert {r.number for r in REVISIONS.values() if (r.standard, r.tag_version) == ("NSR02", 2)} == {0x0102, 0x0150}
    assert {r.number for r in REVISIONS.values() if (r.standard, r.tag_version) == ("NSR03", 3)} == set(REVISIONS) - {
        0x0102,
        0x0150,
    }
    assert {r.number for r in REVISIONS.values() if r.metadata_partition} == {0x0250, 0x0260}
    assert {r.number for r in REVISIONS.values() if not r.vat} == {0x0102}
