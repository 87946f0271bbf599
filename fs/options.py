"""What can be chosen about an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from discstack.fs.attributes import AS_THEY_ARE, Overrides
from discstack.fs.base import Base
from discstack.fs.boot.options import BootOptions
from discstack.fs.relaxed_names import Relaxation
from discstack.fs.view import View
from discstack.fs.weights import Weight

BRIDGE: Final = frozenset({View.ISO9660, View.JOLIET, View.UDF})
NO_BOOT: Final = BootOptions()
RRIP_1_10: Final = "1.10"
RRIP_1_12: Final = "1.12"


@dataclass(frozen=True, slots=True, kw_only=True)
class RockRidge:
    """How names, attributes, links and special files are kept within ISO 9660.

    `version` is RRIP's: only 1.12 has serial numbers, by which readers know hard links. `long_times` records all times
    down to hundredths of a second, where else only those do that need it for their year. `relocation` moves directories
    below the eighth level, which ECMA-119 6.8.2.1 does not allow there, and tells where they belong; not all readers
    go after that, while all that are known read deep directories where they are.
    """

    version: str = RRIP_1_12
    long_times: bool = False
    relocation: bool = False


ROCK_RIDGE: Final = RockRidge()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOptions:
    """The choices that an image is built by; equal options and equal trees give equal bytes.

    `volume_id` is fitted to each view, and every change but of case is reported; an id in `volume_ids` is taken for
    that view as it stands or refused. `clock` is the time of the image in nanoseconds since 1970 (UTC); without one
    SOURCE_DATE_EPOCH counts, else the newest time in the tree. Times later than the clock are set to it and reported.
    The ids of people and programs are empty where nobody gives them.

    `weights` put file data first or last. `duplicates_once` reads files of equal size beforehand and stores equal data
    once. `hidden` has globs of what a view lacks, for names or for paths in the image, `marked_hidden` of what all
    views have, but mark as not to be shown. `digests` lets SHA-256 of every file be made on the way, for
    `Image.manifest`.

    With a `base` the image is the next session of a medium, or what its volume grows into; files that lie on that
    medium keep their places there.
    """

    views: frozenset[View] = BRIDGE
    volume_id: str = "DISC"
    volume_ids: Mapping[View, str] = field(default_factory=dict)
    clock: int | None = None
    modification_time: int | None = None  # of the volume in ISO 9660, in nanoseconds since 1970; otherwise the clock
    system_id: str = ""
    volume_set_id: str = ""
    publisher_id: str = ""
    preparer_id: str = ""
    application_id: str = ""
    copyright_file: str = ""  # names of files in the root of the tree
    abstract_file: str = ""
    bibliographic_file: str = ""
    volume_set_size: int = 1  # volumes of the set of which this is number `volume_sequence_number`, from 1 on
    volume_sequence_number: int = 1
    iso_level: int = 3  # ECMA-119 clause 10; 4 is ISO 9660:1999
    iso_names: Relaxation | None = None  # what names in ISO 9660 may have that levels 1 to 3 do not allow
    rock_ridge: RockRidge | None = ROCK_RIDGE  # within ISO 9660
    rationalize: bool = False  # owners and permissions that are of use on any machine instead of the sources'
    overrides: Overrides = AS_THEY_ARE  # other owners and permissions, instead of either
    joliet_level: int = 3  # of UCS-2: 1 has no combining characters, 2 has some of them
    joliet_long: bool = False  # names of up to 103 characters instead of 64
    udf_revision: int = 0x0102  # in binary coded decimal: 0x0102, 0x0150, 0x0200, 0x0201, 0x0250, 0x0260
    udf_vat: bool = False  # a virtual allocation table, for media that are written sequentially
    udf_specials: bool = False  # symbolic links, device nodes, FIFOs and sockets in UDF too
    udf_permissions: bool = False  # the tree's owners and permissions in UDF; otherwise readable by all, owned by none
    alignment: int = 1  # sectors: every file starts at a multiple of this
    weights: tuple[Weight, ...] = ()
    duplicates_once: bool = False
    hidden: Mapping[View, Sequence[str]] = field(default_factory=dict)
    marked_hidden: Sequence[str] = ()
    digests: bool = False
    padding: int = 0  # sectors of zeros after the file data
    multiple: int = 1  # sectors: the image's length is a multiple of this
    max_sectors: int | None = None  # refuse an image larger than this
    boot: BootOptions = NO_BOOT  # how machines start from the image
    base: Base | None = None  # the medium that the image is added to
