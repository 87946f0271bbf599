"""The replies of GET PERFORMANCE, one structure per type, and the parameter list of SET STREAMING (MMC-6 6.7, 6.41).

Speeds are in kB/s of 1000 bytes, sizes in kB of 1000 bytes, times in milliseconds.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from discstack.mmc.spec.counted import Counted
from discstack.mmc.spec.layout import Layout, Structure, bits, enumerated, flag, raw, reserved
from discstack.mmc.spec.value import declared


class PerformanceType(IntEnum):
    """What GET PERFORMANCE is asked for."""

    PERFORMANCE = 0
    UNUSABLE_AREA = 1
    DEFECT_STATUS = 2
    WRITE_SPEED = 3
    DBI = 4
    DBI_CACHE_ZONE = 5


class WriteRotationControl(IntEnum):
    """How the disc turns while it is written."""

    MEDIA_DEFAULT = 0
    CAV = 1


@declared
class NominalPerformance(Structure):
    """How fast a range of addresses is read or written."""

    layout: ClassVar[Layout] = Layout(
        "nominal performance descriptor",
        *("start_lba" / bits(32), "start_performance" / bits(32), "end_lba" / bits(32), "end_performance" / bits(32)),
        clause="MMC-6 6.7.3.2",
    )
    required: ClassVar[int] = 16
    start_lba: int
    start_performance: int
    end_lba: int
    end_performance: int


@declared
class PerformanceException(Structure):
    """An address where a seek takes longer; `time` is in units of 100 us."""

    layout: ClassVar[Layout] = Layout(
        "exceptions performance descriptor", *("lba" / bits(32), "time" / bits(16)), clause="MMC-6 6.7.3.2"
    )
    required: ClassVar[int] = 6
    lba: int
    time: int

    @property
    def seconds(self) -> float:
        """How long the seek takes."""
        return self.time / 10_000


@declared
class UnusableArea(Structure):
    """A zone boundary or a defect: so many blocks from an address cannot be used."""

    layout: ClassVar[Layout] = Layout(
        "unusable area descriptor",
        *("lba" / bits(32), "number_of_unusable_physical_blocks" / bits(32)),
        clause="MMC-6 6.7.3.3",
    )
    required: ClassVar[int] = 8
    lba: int
    number_of_unusable_physical_blocks: int


@declared
class DefectStatus(Structure):
    """One bit per unit of `blocking_factor` blocks, from bit `first_bit_offset` of the first byte on; 1 is a defect."""

    layout: ClassVar[Layout] = Layout(
        "defect status descriptor",
        *("start_lba" / bits(32), "end_lba" / bits(32), "blocking_factor" / bits(8), reserved(5)),
        *("first_bit_offset" / bits(3), "defect_statuses" / raw(2038)),
        clause="MMC-6 6.7.3.4",
    )
    required: ClassVar[int] = 10
    start_lba: int
    end_lba: int
    blocking_factor: int = 16
    first_bit_offset: int = 0
    defect_statuses: bytes = bytes(2038)


@declared
class WriteSpeedDescriptor(Structure):
    """A write speed that the drive offers for the present medium."""

    layout: ClassVar[Layout] = Layout(
        "write speed descriptor",
        *(reserved(3), "wrc" / enumerated(2, WriteRotationControl), "rdd" / flag(), "exact" / flag(), "mrw" / flag()),
        *(reserved(24), "end_lba" / bits(32), "read_speed" / bits(32), "write_speed" / bits(32)),
        clause="MMC-6 6.7.3.5",
    )
    required: ClassVar[int] = 16
    wrc: int = WriteRotationControl.MEDIA_DEFAULT
    rdd: bool = False
    exact: bool = False
    mrw: bool = False
    end_lba: int
    read_speed: int
    write_speed: int


@declared
class DefectiveBlockInformation(Structure):
    """Blocks found defective while they were written or read."""

    layout: ClassVar[Layout] = Layout(
        "DBI descriptor",
        *("start_lba" / bits(32), "number_of_defective_blocks" / bits(16), reserved(3), "dbif" / flag()),
        *("error_level" / bits(4), reserved(8)),
        clause="MMC-5 6.8.5.5",
    )
    required: ClassVar[int] = 8
    start_lba: int
    number_of_defective_blocks: int
    dbif: bool = False
    error_level: int = 0


@declared
class DbiCacheZone(Structure):
    """Where a cache zone for defective block information starts; also the parameter data of SET STREAMING type 5."""

    layout: ClassVar[Layout] = Layout(
        "DBI cache zone descriptor", *("start_lba" / bits(32), reserved(32)), clause="MMC-5 6.8.5.6"
    )
    required: ClassVar[int] = 8
    start_lba: int


@declared
class Performance(Counted):
    """What every reply begins with; the two flags mean something in that of type 0 only."""

    layout: ClassVar[Layout] = Layout(
        "performance",
        *("performance_data_length" / bits(32), reserved(6), "write" / flag(), "except_" / flag(), reserved(24)),
        clause="MMC-6 6.7.3.1",
    )
    length_field: ClassVar[str] = "performance_data_length"
    required: ClassVar[int] = 8

    write: bool = False
    except_: bool = False


@declared
class NominalPerformanceData(Performance):
    """Type 0: how fast the drive reads or writes."""

    repeated: ClassVar[tuple[str, type[Structure]]] = ("descriptors", NominalPerformance)
    descriptors: tuple[NominalPerformance, ...] = ()


@declared
class ExceptionsData(Performance):
    """Type 0 with the except bit: where the drive is slower than that."""

    repeated: ClassVar[tuple[str, type[Structure]]] = ("descriptors", PerformanceException)
    except_: bool = True
    descriptors: tuple[PerformanceException, ...] = ()


@declared
class UnusableAreaData(Performance):
    """Type 1: what cannot be used of the medium."""

    repeated: ClassVar[tuple[str, type[Structure]]] = ("descriptors", UnusableArea)
    descriptors: tuple[UnusableArea, ...] = ()


@declared
class DefectStatusData(Performance):
    """Type 2: what is defective on the medium."""

    repeated: ClassVar[tuple[str, type[Structure]]] = ("descriptors", DefectStatus)
    descriptors: tuple[DefectStatus, ...] = ()


@declared
class WriteSpeedData(Performance):
    """Type 3: the write speeds that the drive offers."""

    repeated: ClassVar[tuple[str, type[Structure]]] = ("descriptors", WriteSpeedDescriptor)
    descriptors: tuple[WriteSpeedDescriptor, ...] = ()


@declared
class DbiData(Performance):
    """Type 4: the defective blocks that the drive remembers."""

    repeated: ClassVar[tuple[str, type[Structure]]] = ("descriptors", DefectiveBlockInformation)
    descriptors: tuple[DefectiveBlockInformation, ...] = ()


@declared
class DbiCacheZoneData(Performance):
    """Type 5: the zones for which the drive remembers defective blocks."""

    repeated: ClassVar[tuple[str, type[Structure]]] = ("descriptors", DbiCacheZone)
    descriptors: tuple[DbiCacheZone, ...] = ()


@declared
class PerformanceDescriptor(Structure):
    """The parameter list of SET STREAMING: so many kB in so many milliseconds, for a range of addresses."""

    layout: ClassVar[Layout] = Layout(
        "performance descriptor",
        *(reserved(3), "wrc" / enumerated(2, WriteRotationControl), "rdd" / flag(), "exact" / flag(), "ra" / flag()),
        *(reserved(24), "start_lba" / bits(32), "end_lba" / bits(32), "read_size" / bits(32), "read_time" / bits(32)),
        *("write_size" / bits(32), "write_time" / bits(32)),
        clause="MMC-6 6.41.3.2",
    )
    required: ClassVar[int] = 28
    wrc: int = WriteRotationControl.MEDIA_DEFAULT
    rdd: bool = False
    exact: bool = False
    ra: bool = False
    start_lba: int = 0
    end_lba: int = 0
    read_size: int = 0
    read_time: int = 1000
    write_size: int = 0
    write_time: int = 1000

    @property
    def read_speed(self) -> float:
        """The read speed asked for; 0 where no time is given."""
        return 1000 * self.read_size / self.read_time if self.read_time else 0.0

    @property
    def write_speed(self) -> float:
        """The write speed asked for; 0 where no time is given."""
        return 1000 * self.write_size / self.write_time if self.write_time else 0.0
