"""The replies of INQUIRY: standard data and vital product data pages (SPC-4 6.6 and 7.8)."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from discstack.mmc.spec.counted import Bytes, Counted, by_code, join, walk
from discstack.mmc.spec.layout import Layout, bits, flag, reserved, text
from discstack.mmc.spec.value import declared

MMC_DEVICE: Final = 0x05  # the peripheral device type of CD, DVD and BD drives
VENDOR_SPECIFIC_SIZE: Final = 20


@declared
class InquiryData(Counted):
    """Standard INQUIRY data: who made the device and what it is."""

    layout: ClassVar[Layout] = Layout(
        "standard INQUIRY data",
        *("peripheral_qualifier" / bits(3), "peripheral_device_type" / bits(5), "rmb" / flag(), reserved(7)),
        *("version" / bits(8), reserved(2), "normaca" / flag(), "hisup" / flag(), "response_data_format" / bits(4)),
        *("additional_length" / bits(8), "sccs" / flag(), "acc" / flag(), "tpgs" / bits(2), "three_pc" / flag()),
        *(reserved(2), "protect" / flag(), reserved(1), "encserv" / flag(), "vs_6" / flag(), "multip" / flag()),
        *(reserved(10), "cmdque" / flag(), "vs_7" / flag(), "t10_vendor_identification" / text(8)),
        *("product_identification" / text(16), "product_revision_level" / text(4)),
        clause="SPC-4 6.6.2",
    )
    length_field: ClassVar[str] = "additional_length"
    required: ClassVar[int] = 5

    peripheral_qualifier: int = 0
    peripheral_device_type: int = MMC_DEVICE
    rmb: bool = True
    version: int = 0
    normaca: bool = False
    hisup: bool = False
    response_data_format: int = 2
    sccs: bool = False
    acc: bool = False
    tpgs: int = 0
    three_pc: bool = False
    protect: bool = False
    encserv: bool = False
    vs_6: bool = False
    multip: bool = False
    cmdque: bool = False
    vs_7: bool = False
    t10_vendor_identification: str = ""
    product_identification: str = ""
    product_revision_level: str = ""
    vendor_specific: bytes = b""
    version_descriptors: tuple[int, ...] = ()

    @classmethod
    def span(cls, data: Bytes) -> int:
        """Return the length; old drives count less than the 36 bytes that they send."""
        return max(cls.layout.size, super().span(data))

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read bytes 36 to 55 and the version descriptors."""
        words = bytes(data[VENDOR_SPECIFIC_SIZE + 2 : VENDOR_SPECIFIC_SIZE + 18])
        versions = (int.from_bytes(words[at : at + 2], "big") for at in range(0, len(words) - 1, 2))
        return {
            "vendor_specific": bytes(data[:VENDOR_SPECIFIC_SIZE]),
            "version_descriptors": tuple(version for version in versions if version),
        }

    def build_tail(self) -> bytes:
        """Return bytes 36 to 55 and, where there are any, the version descriptors up to byte 95."""
        if not self.version_descriptors:
            return self.vendor_specific
        words = b"".join(version.to_bytes(2, "big") for version in self.version_descriptors)
        return self.vendor_specific.ljust(VENDOR_SPECIFIC_SIZE + 2, b"\0") + words.ljust(38, b"\0")

    @property
    def name(self) -> str:
        """Vendor, product and revision, as people name a drive."""
        parts = (self.t10_vendor_identification, self.product_identification, self.product_revision_level)
        return " ".join(part for part in parts if part)


def _page(name: str, clause: str) -> Layout:
    header = ("peripheral_qualifier" / bits(3), "peripheral_device_type" / bits(5), "page_code" / bits(8))
    return Layout(f"{name} VPD page", *header, "page_length" / bits(16), clause=clause)


@declared
class VpdPage(Counted):
    """What every vital product data page begins with."""

    length_field: ClassVar[str] = "page_length"
    selector: ClassVar[str] = "page_code"
    required: ClassVar[int] = 4

    peripheral_qualifier: int = 0
    peripheral_device_type: int = MMC_DEVICE
    page_code: int


@declared
class RawVpdPage(VpdPage):
    """A page whose contents are not known here."""

    layout: ClassVar[Layout] = _page("unknown", "SPC-4 7.8")
    data: bytes = b""

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Keep the page's bytes."""
        return {"data": bytes(data)}

    def build_tail(self) -> bytes:
        """Return the page's bytes."""
        return self.data


@declared
class SupportedVpdPages(VpdPage):
    """The codes of the pages that the device has."""

    layout: ClassVar[Layout] = _page("supported", "SPC-4 7.8.15")
    page_code: int = 0x00
    supported_page_list: tuple[int, ...] = ()

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the page codes."""
        return {"supported_page_list": tuple(bytes(data))}

    def build_tail(self) -> bytes:
        """Return the page codes."""
        return bytes(self.supported_page_list)


@declared
class UnitSerialNumber(VpdPage):
    """The serial number of the device."""

    layout: ClassVar[Layout] = _page("unit serial number", "SPC-4 7.8.17")
    page_code: int = 0x80
    product_serial_number: str = ""

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the serial number without its padding."""
        return {"product_serial_number": bytes(data).decode("ascii", "replace").strip(" \0")}

    def build_tail(self) -> bytes:
        """Return the serial number."""
        return self.product_serial_number.encode("ascii")


@declared
class DesignationDescriptor(Counted):
    """One name of the device, such as an EUI-64."""

    layout: ClassVar[Layout] = Layout(
        "designation descriptor",
        *("protocol_identifier" / bits(4), "code_set" / bits(4), "piv" / flag(), reserved(1), "association" / bits(2)),
        *("designator_type" / bits(4), reserved(8), "designator_length" / bits(8)),
        clause="SPC-4 7.8.6.1",
    )
    length_field: ClassVar[str] = "designator_length"
    required: ClassVar[int] = 4

    protocol_identifier: int = 0
    code_set: int
    piv: bool = False
    association: int = 0
    designator_type: int
    designator: bytes = b""

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Keep the designator."""
        return {"designator": bytes(data)}

    def build_tail(self) -> bytes:
        """Return the designator."""
        return self.designator


@declared
class DeviceIdentification(VpdPage):
    """The names of the device."""

    layout: ClassVar[Layout] = _page("device identification", "SPC-4 7.8.6")
    page_code: int = 0x83
    designation_descriptors: tuple[DesignationDescriptor, ...] = ()

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the names; a last one that is cut off is left out."""
        return {"designation_descriptors": walk(DesignationDescriptor, data)}

    def build_tail(self) -> bytes:
        """Return the names."""
        return join(self.designation_descriptors)


VPD_PAGES: Final[dict[int, type[VpdPage]]] = by_code(SupportedVpdPages, UnitSerialNumber, DeviceIdentification)


def parse_vpd_page(data: Bytes) -> VpdPage:
    """Read a vital product data page by its code."""
    return VPD_PAGES.get(data[1] if len(data) > 1 else -1, RawVpdPage).parse(data)
