"""Extended attributes within a file entry (ECMA-167 4/14.10, UDF 1.02 3.3.4).

A space of attributes starts with its header; what ECMA-167 defines comes before what an implementation defines.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from discstack.fs.attributes import Device
from discstack.fs.udf.revisions import Revision
from discstack.fs.udf.structure import (
    IMPLEMENTATION,
    Descriptor,
    EntityId,
    Structure,
    Tail,
    Timestamp,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    text,
    zeros,
)

CREATION: Final = 1
HEADER_SIZE: Final = 24


class ExtendedAttributeHeaderDescriptor(Descriptor):
    """Tells where the attributes of implementations and applications start (ECMA-167 4/14.10.1, UDF 1.02 3.3.4.1)."""

    TAG: ClassVar[int] = 262

    implementation_attributes_location: Uint32
    application_attributes_location: Uint32


class FileTimesExtendedAttribute(Structure):
    """When a file was created (ECMA-167 4/14.10.5, UDF 1.02 3.3.4.3)."""

    attribute_type: Uint32 = 5
    attribute_subtype: Uint8 = 1
    reserved: Annotated[None, zeros(3)] = None
    attribute_length: Uint32 = 32
    data_length: Uint32 = 12
    file_time_existence: Uint32 = CREATION
    file_creation_time: Timestamp


class DeviceSpecificationExtendedAttribute(Structure):
    """What a device node stands for (ECMA-167 4/14.10.7, UDF 1.02 3.3.4.4)."""

    attribute_type: Uint32 = 12
    attribute_subtype: Uint8 = 1
    reserved: Annotated[None, zeros(3)] = None
    attribute_length: Uint32 = 56
    implementation_use_length: Uint32 = 32
    major_device_identification: Uint32
    minor_device_identification: Uint32
    implementation_use: EntityId = IMPLEMENTATION


class ImplementationUseExtendedAttribute(Structure):
    """An attribute that UDF or an implementation defines (ECMA-167 4/14.10.8, UDF 1.02 3.3.4.5)."""

    attribute_type: Uint32 = 2048
    attribute_subtype: Uint8 = 1
    reserved: Annotated[None, zeros(3)] = None
    attribute_length: Uint32
    implementation_use_length: Uint32
    implementation_identifier: EntityId
    implementation_use: Tail


class LogicalVolumeExtension(Structure):
    """What a virtual allocation table of UDF 1.50 says of the volume, "*UDF VAT LVExtension" (UDF 1.50 3.3.4.5.1.3)."""

    header_checksum: Uint16
    verification_id: Uint64
    number_of_files: Uint32
    number_of_directories: Uint32
    logical_volume_identifier: Annotated[str, text(128)]


def file_attributes(creation: int | None, device: Device | None) -> bytes:
    """Return the attributes of a file without their header: its time of creation and its device, as far as given."""
    parts = list[Structure]()
    if creation is not None:
        parts.append(FileTimesExtendedAttribute(file_creation_time=creation))
    if device is not None:
        major, minor = device
        node = DeviceSpecificationExtendedAttribute(
            major_device_identification=major, minor_device_identification=minor
        )
        parts.append(node)
    return b"".join(part.pack() for part in parts)


def implementation_attribute(identifier: EntityId, size: int, use: bytes) -> bytes:
    """Return an attribute with `size` bytes of `use`, filled up to a multiple of 4."""
    length = 48 + size + 3 & ~3
    attribute = ImplementationUseExtendedAttribute(
        attribute_length=length,
        implementation_use_length=size,
        implementation_identifier=identifier,
        implementation_use=use.ljust(length - 48, b"\x00"),
    )
    return attribute.pack()


def attribute_space(revision: Revision, location: int, attributes: bytes, implementation: bytes = b"") -> bytes:
    """Return a space of attributes for the entry in block `location`; nothing where there are none.

    `attributes` are those of ECMA-167, `implementation` those of implementations.
    """
    size = HEADER_SIZE + len(attributes) + len(implementation)
    if size == HEADER_SIZE:
        return b""
    none = size if revision.no_attribute is None else revision.no_attribute
    header = ExtendedAttributeHeaderDescriptor(
        implementation_attributes_location=HEADER_SIZE + len(attributes) if implementation else none,
        application_attributes_location=none,
    )
    return header.seal(location, revision.tag_version) + attributes + implementation
