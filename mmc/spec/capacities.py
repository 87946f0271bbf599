"""How much fits: the replies of READ CAPACITY, READ FORMAT CAPACITIES and READ BUFFER CAPACITY."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, ClassVar

from discstack.mmc.spec.counted import Bytes, Counted, each, join
from discstack.mmc.spec.format_unit import FormatType
from discstack.mmc.spec.layout import Layout, Structure, bits, enumerated, flag, reserved
from discstack.mmc.spec.value import declared


@declared
class Capacity(Structure):
    """The last readable address and the block length in bytes; an empty medium may have address 0 or FFFFFFFFh."""

    layout: ClassVar[Layout] = Layout(
        "capacity", *("returned_lba" / bits(32), "block_length" / bits(32)), clause="MMC-6 6.18.3"
    )
    required: ClassVar[int] = 8

    returned_lba: int
    block_length: int = 2048

    @property
    def blocks(self) -> int:
        """The number of readable blocks."""
        return (self.returned_lba + 1) & 0xFFFFFFFF


class CapacityType(IntEnum):
    """What the first descriptor of READ FORMAT CAPACITIES tells the capacity of."""

    UNFORMATTED_OR_BLANK = 1
    FORMATTED = 2
    NO_MEDIUM_OR_UNKNOWN = 3


@declared
class CurrentMaximumCapacity(Structure):
    """The present capacity, or the greatest possible one of a medium that has none; `block_length` is in bytes."""

    layout: ClassVar[Layout] = Layout(
        "current/maximum capacity descriptor",
        *("number_of_blocks" / bits(32), reserved(6), "descriptor_type" / enumerated(2, CapacityType)),
        "block_length" / bits(24),
        clause="MMC-6 6.23.3",
    )
    number_of_blocks: int
    descriptor_type: int = CapacityType.FORMATTED
    block_length: int = 2048


@declared
class FormattableCapacity(Structure):
    """A way in which the medium can be formatted, and the capacity that it then has."""

    layout: ClassVar[Layout] = Layout(
        "formattable capacity descriptor",
        *("number_of_blocks" / bits(32), "format_type" / enumerated(6, FormatType), "format_sub_type" / bits(2)),
        "type_dependent_parameter" / bits(24),
        clause="MMC-6 6.23.3",
    )
    number_of_blocks: int
    format_type: int
    format_sub_type: int = 0
    type_dependent_parameter: int = 0


@declared
class FormatCapacities(Counted):
    """The present capacity and those that can be had by formatting."""

    layout: ClassVar[Layout] = Layout(
        "format capacities", *(reserved(24), "capacity_list_length" / bits(8)), clause="MMC-6 6.23.3"
    )
    length_field: ClassVar[str] = "capacity_list_length"
    required: ClassVar[int] = 12

    current: CurrentMaximumCapacity
    formattable: tuple[FormattableCapacity, ...] = ()

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the capacity descriptors."""
        return {"current": CurrentMaximumCapacity.parse(data), "formattable": each(FormattableCapacity, data[8:])}

    def build_tail(self) -> bytes:
        """Return the capacity descriptors."""
        return join((self.current, *self.formattable))

    def of_type(self, format_type: int) -> tuple[FormattableCapacity, ...]:
        """Return the capacities that one way of formatting offers."""
        return tuple(capacity for capacity in self.formattable if capacity.format_type == format_type)


@declared
class BufferCapacity(Counted):
    """The size of the drive's buffer and what is free of it, in bytes.

    With `block` the amount that is free is in blocks, and the size is not told.
    """

    layout: ClassVar[Layout] = Layout(
        "buffer capacity",
        *("data_length" / bits(16), reserved(15), "block" / flag(), "length_of_the_buffer" / bits(32)),
        "available_length_of_buffer" / bits(32),
        clause="MMC-6 6.17.3",
    )
    length_field: ClassVar[str] = "data_length"
    required: ClassVar[int] = 12

    block: bool = False
    length_of_the_buffer: int = 0
    available_length_of_buffer: int = 0

    @property
    def fill(self) -> float | None:
        """How full the buffer is, from 0 to 1; None where the reply does not tell or contradicts itself."""
        if self.block or not 0 <= self.available_length_of_buffer <= self.length_of_the_buffer != 0:
            return None
        return 1 - self.available_length_of_buffer / self.length_of_the_buffer
