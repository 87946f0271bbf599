"""What a view is: one file system over the file data that all views share.

An image is made in two passes. Each view's emitter is constructed with the snapshot and the options; its constructor
chooses names and checks that the view can hold everything (LayoutError otherwise). Then, placing:

    1. every view: place_descriptors(plan)   volume descriptors, in the order of the `View` members
    2. every view: place_metadata(plan)      directories, path tables, file entries
    3. the file data is placed, and `lba` of every FileItem is set
    4. padding, then every view: place_tail(plan)

and streaming: each region is asked for its bytes, when every address is known. No emitter writes file data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from discstack.fs.errors import printable

if TYPE_CHECKING:
    from discstack.fs.plan import Plan


class View(Enum):
    """A file system that an image can show; the order is that of their volume descriptors."""

    ISO9660 = "ISO 9660"
    JOLIET = "Joliet"
    UDF = "UDF"


class Change(Enum):
    """What became of something that could not be kept as it was."""

    RENAMED = "renamed"
    SKIPPED = "skipped"
    TIME_CLAMPED = "time clamped"
    VOLUME_ID = "volume id changed"
    PATCHED = "some bytes changed"
    DEVICE = "device number changed"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that the image does not hold exactly as the tree has it.

    `path` is the path in the image ("/" for the volume itself), `view` the view concerned or None for all of them,
    `detail` the new name, id or time, or the reason.
    """

    path: str
    change: Change
    detail: str
    view: View | None = None

    def __str__(self) -> str:
        where = f" in {self.view.value}" if self.view else ""
        return f"{printable(self.path)}: {self.change.value}{where}: {printable(self.detail)}"


class Emitter(Protocol):
    """One view of an image while it is planned; see the module's text for the order of calls."""

    @property
    def view(self) -> View:
        """Which view this is."""
        ...

    @property
    def tail_sectors(self) -> int:
        """How many sectors `place_tail` will append."""
        ...

    @property
    def embeds(self) -> int:
        """Files of at most so many bytes have their data in the view's own structures, and no sectors of their own."""
        ...

    @property
    def ends_recording(self) -> bool:
        """Whether a reader finds the view from the last sector that was recorded, so that nothing may follow."""
        ...

    @property
    def first_sector(self) -> int:
        """The first sector that the view can say file data is in."""
        ...

    def place_descriptors(self, plan: Plan) -> None:
        """Append the volume descriptors at the plan's cursor (from sector 16 on) and pin what has a fixed address."""
        ...

    def place_metadata(self, plan: Plan) -> None:
        """Append all that describes files and directories, parents first."""
        ...

    def place_tail(self, plan: Plan) -> None:
        """Append what must be the last of the volume; nothing is placed after the last view's tail."""
        ...

    def issues(self) -> Iterator[Issue]:
        """Tell everything that this view does not hold exactly as the tree has it."""
        ...
