"""INQUIRY data and vital product data pages, byte by byte (SPC-4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.inquiry import (
    MMC_DEVICE,
    DesignationDescriptor,
    DeviceIdentification,
    InquiryData,
    RawVpdPage,
    SupportedVpdPages,
    UnitSerialNumber,
    parse_vpd_page,
)
from discstack.mmc.spec.layout import Structure, StructureError

ROWS: list[tuple[str, Structure]] = [
    (
        "05 80 00 32 1f 00 00 00" + b"HL-DT-STBD-RE  WH16NS40 1.02".hex(),
        InquiryData(
            normaca=True,
            hisup=True,
            t10_vendor_identification="HL-DT-ST",
            product_identification="BD-RE  WH16NS40",
            product_revision_level="1.02",
        ),
    ),
    (
        "65 80 05 02 5b b9 70 03"
        + b"ACME    BURNER          0001".hex()
        + b"2026/01/02 SERIAL-77".hex()
        + "0000 04e0 0460"
        + "00" * 34,
        InquiryData(
            peripheral_qualifier=3,
            version=5,
            sccs=True,
            tpgs=3,
            three_pc=True,
            protect=True,
            encserv=True,
            vs_6=True,
            multip=True,
            cmdque=True,
            vs_7=True,
            t10_vendor_identification="ACME",
            product_identification="BURNER",
            product_revision_level="0001",
            vendor_specific=b"2026/01/02 SERIAL-77",
            version_descriptors=(0x04E0, 0x0460),
        ),
    ),
    (
        "05 00 00 02 21 40 00 00" + b"A       B               C   ".hex() + "0102",
        InquiryData(
            rmb=False,
            acc=True,
            t10_vendor_identification="A",
            product_identification="B",
            product_revision_level="C",
            vendor_specific=b"\1\2",
        ),
    ),
    ("05 00 0003 008083", SupportedVpdPages(supported_page_list=(0x00, 0x80, 0x83))),
    ("05 80 0006 4b3132333435", UnitSerialNumber(product_serial_number="K12345")),
    (
        "62 a3 0004 01020304",
        DesignationDescriptor(
            protocol_identifier=6, code_set=2, piv=True, association=2, designator_type=3, designator=b"\1\2\3\4"
        ),
    ),
    (
        "05 83 000e 01 02 00 03 000b0c  02 01 00 03 414243",
        DeviceIdentification(
            designation_descriptors=(
                DesignationDescriptor(code_set=1, designator_type=2, designator=b"\x00\x0b\x0c"),
                DesignationDescriptor(code_set=2, designator_type=1, designator=b"ABC"),
            )
        ),
    ),
    ("05 c0 0003 aabbcc", RawVpdPage(page_code=0xC0, data=b"\xaa\xbb\xcc")),
]


@pytest.mark.parametrize(("text", "structure"), ROWS, ids=[type(row[1]).__name__ for row in ROWS])
def test_inquiry_data_is_the_bytes_of_its_table(text: str, structure: Structure) -> None:
    assert type(structure).parse(bytes.fromhex(text)) == structure
    assert structure.build() == bytes.fromhex(text)


@given(st.sampled_from(ROWS), st.data())
def test_any_bytes_are_read_or_refused(
    reads_or_refuses: Callable[[type[Structure], bytes], None], row: tuple[str, Structure], data: st.DataObject
) -> None:
    good = bytes.fromhex(row[0])
    reads_or_refuses(type(row[1]), good[: data.draw(st.integers(0, len(good)))] + data.draw(st.binary(max_size=60)))


def test_pages_are_told_apart_by_their_code() -> None:
    assert parse_vpd_page(bytes.fromhex("05 80 0001 41")) == UnitSerialNumber(product_serial_number="A")
    assert parse_vpd_page(bytes.fromhex("05 b1 0001 41")) == RawVpdPage(page_code=0xB1, data=b"A")
    with pytest.raises(StructureError):
        parse_vpd_page(b"\x05")


def test_name_of_a_drive_has_no_padding() -> None:
    inquiry = InquiryData(t10_vendor_identification="ACME", product_identification="BURNER", product_revision_level="")
    assert inquiry.name == "ACME BURNER"
    assert inquiry.peripheral_device_type == MMC_DEVICE


def test_additional_length_below_36_bytes_is_not_believed() -> None:
    data = bytes.fromhex("05 80 00 21 00 00 00 00") + b"OLD     CD-ROM          1.0 " + b"XYZ"
    inquiry = InquiryData.parse(data)
    assert (inquiry.name, inquiry.vendor_specific) == ("OLD CD-ROM 1.0", b"")


def test_inquiry_of_5_bytes_tells_the_device_type() -> None:
    assert InquiryData.parse(bytes.fromhex("05 80 00 21 1f")).name == ""
    with pytest.raises(StructureError):
        InquiryData.parse(bytes.fromhex("05 80 00 21"))
