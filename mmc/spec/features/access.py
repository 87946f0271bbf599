"""Features that say how blocks can be read, written and formatted (0010h, 0020h to 0028h, 002Ch)."""

from __future__ import annotations

from typing import Any, ClassVar

from discstack.mmc.spec.counted import Bytes
from discstack.mmc.spec.features.base import Feature, FeatureCode, descriptor, padded
from discstack.mmc.spec.layout import Layout, bits, flag, reserved
from discstack.mmc.spec.value import declared


@declared
class RandomReadable(Feature):
    """Blocks can be read in any order; `blocking` is the number of blocks per readable unit."""

    layout: ClassVar[Layout] = descriptor(
        "random readable",
        *("logical_block_size" / bits(32), "blocking" / bits(16), reserved(7), "pp" / flag(), reserved(8)),
        clause="MMC-6 5.3.6",
    )
    feature_code: int = FeatureCode.RANDOM_READABLE
    logical_block_size: int = 2048
    blocking: int = 1
    pp: bool = False


@declared
class RandomWritable(Feature):
    """Blocks can be written in any order, up to `last_lba`."""

    layout: ClassVar[Layout] = descriptor(
        "random writable",
        *("last_lba" / bits(32), "logical_block_size" / bits(32), "blocking" / bits(16)),
        *(reserved(7), "pp" / flag(), reserved(8)),
        clause="MMC-6 5.3.10",
    )
    feature_code: int = FeatureCode.RANDOM_WRITABLE
    version: int = 1
    last_lba: int = 0
    logical_block_size: int = 2048
    blocking: int = 1
    pp: bool = False


@declared
class LinkSizes(Feature):
    """A feature that ends with a counted list of link sizes in blocks."""

    link_sizes: tuple[int, ...] = ()

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the number of link sizes and the sizes."""
        return {"link_sizes": tuple(data[1 : 1 + data[0]]) if data else ()}

    def build_tail(self) -> bytes:
        """Return the number of link sizes and the sizes."""
        return padded(self.layout.size, bytes([len(self.link_sizes), *self.link_sizes]))


@declared
class IncrementalStreamingWritable(LinkSizes):
    """Tracks can be written in several pieces; bit n of `data_block_types_supported` is data block type n."""

    layout: ClassVar[Layout] = descriptor(
        "incremental streaming writable",
        *("data_block_types_supported" / bits(16), reserved(5), "trio" / flag(), "arsv" / flag(), "buf" / flag()),
        clause="MMC-6 5.3.11",
    )
    feature_code: int = FeatureCode.INCREMENTAL_STREAMING_WRITABLE
    version: int = 3
    data_block_types_supported: int = 0
    trio: bool = False
    arsv: bool = False
    buf: bool = False


@declared
class SectorErasable(Feature):
    """Blocks must be erased before they are written again."""

    layout: ClassVar[Layout] = descriptor("sector erasable", clause="MMC-6 5.3.12")
    feature_code: int = FeatureCode.SECTOR_ERASABLE


@declared
class Formattable(Feature):
    """The medium can be formatted; on BD-RE and BD-R with what choices."""

    layout: ClassVar[Layout] = descriptor(
        "formattable",
        *(reserved(4), "renosa" / flag(), "expand" / flag(), "qcert" / flag(), "cert" / flag()),
        *("frf" / flag(), reserved(23), reserved(7), "rrm" / flag(), reserved(24)),
        clause="MMC-6 5.3.13",
    )
    feature_code: int = FeatureCode.FORMATTABLE
    version: int = 1
    renosa: bool = False
    expand: bool = False
    qcert: bool = False
    cert: bool = False
    frf: bool = False
    rrm: bool = False


@declared
class HardwareDefectManagement(Feature):
    """The drive replaces bad blocks by itself; `ssa` means that it reports on the spare areas."""

    layout: ClassVar[Layout] = descriptor(
        "hardware defect management", *("ssa" / flag(), reserved(31)), clause="MMC-6 5.3.14"
    )
    feature_code: int = FeatureCode.HARDWARE_DEFECT_MANAGEMENT
    version: int = 1
    ssa: bool = False


@declared
class WriteOnce(Feature):
    """Blocks can be written once, in any order."""

    layout: ClassVar[Layout] = descriptor(
        "write once",
        *("logical_block_size" / bits(32), "blocking" / bits(16), reserved(7), "pp" / flag(), reserved(8)),
        clause="MMC-6 5.3.15",
    )
    feature_code: int = FeatureCode.WRITE_ONCE
    logical_block_size: int = 2048
    blocking: int = 1
    pp: bool = False


@declared
class RestrictedOverwrite(Feature):
    """Blocks can be overwritten in whole units only, as on CD-RW in fixed packets."""

    layout: ClassVar[Layout] = descriptor("restricted overwrite", clause="MMC-6 5.3.16")
    feature_code: int = FeatureCode.RESTRICTED_OVERWRITE


@declared
class RigidRestrictedOverwrite(Feature):
    """A DVD-RW can be overwritten at ECC block boundaries."""

    layout: ClassVar[Layout] = descriptor(
        "rigid restricted overwrite",
        *(reserved(4), "dsdg" / flag(), "dsdr" / flag(), "intermediate" / flag(), "blank" / flag(), reserved(24)),
        clause="MMC-6 5.3.22",
    )
    feature_code: int = FeatureCode.RIGID_RESTRICTED_OVERWRITE
    dsdg: bool = False
    dsdr: bool = False
    intermediate: bool = False
    blank: bool = False


@declared
class LayerJumpRecording(LinkSizes):
    """A DVD-R DL can be written with jumps between the layers."""

    layout: ClassVar[Layout] = descriptor("layer jump recording", reserved(24), clause="MMC-6 5.3.26")
    feature_code: int = FeatureCode.LAYER_JUMP_RECORDING


@declared
class LjRigidRestrictedOverwrite(Feature):
    """A DVD-RW DL can be overwritten at ECC block boundaries once layer jump recording has filled it."""

    layout: ClassVar[Layout] = descriptor(
        "layer jump rigid restricted overwrite",
        *(reserved(7), "cljb" / flag(), reserved(16), "buffer_block_size" / bits(8)),
        clause="MMC-6 5.3.27",
    )
    feature_code: int = FeatureCode.LJ_RIGID_RESTRICTED_OVERWRITE
    cljb: bool = False
    buffer_block_size: int = 0


@declared
class StopLongOperation(Feature):
    """A long operation that was started with Immed can be stopped by the host."""

    layout: ClassVar[Layout] = descriptor("stop long operation", clause="MMC-6 5.3.28")
    feature_code: int = FeatureCode.STOP_LONG_OPERATION
