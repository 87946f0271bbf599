"""The ISO 9660 view, and Joliet, which is a second hierarchy of the same kind under a supplementary descriptor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from discstack.fs.dates import UNSPECIFIED, volume_date
from discstack.fs.ecma119 import MAX_LENGTH, PRIMARY, SUPPLEMENTARY, VolumeDescriptor
from discstack.fs.errors import LayoutError, printable
from discstack.fs.hierarchy import Hierarchy
from discstack.fs.iso_names import LEVELS, IsoNames
from discstack.fs.joliet_names import CHARACTERS, LONG_CHARACTERS, JolietNames
from discstack.fs.options import ImageOptions
from discstack.fs.plan import Plan
from discstack.fs.rock_ridge import SystemUse
from discstack.fs.snapshot import Snapshot
from discstack.fs.view import Issue, View
from discstack.fs.volume_ids import VolumeTexts, iso_texts, joliet_texts

UCS2_LEVEL_3: Final = b"%/E"


class HierarchyEmitter:
    """A view with a volume descriptor, path tables and directory records."""

    tail_sectors = 0
    embeds = 0
    view: ClassVar[View]
    descriptor_name: ClassVar[str]
    descriptor_type: ClassVar[int]
    escape_sequences: ClassVar[bytes]

    def __init__(self, snapshot: Snapshot, hierarchy: Hierarchy, texts: VolumeTexts) -> None:
        self._clock = snapshot.clock
        self._hierarchy = hierarchy
        self._texts = texts

    def issues(self) -> Iterator[Issue]:
        """Tell which names, ids and times became others in this view."""
        yield from self._texts.issues
        yield from self._hierarchy.issues()

    def place_descriptors(self, plan: Plan) -> None:
        """Append the volume descriptor."""
        plan.append(1, f"{self.view.value} {self.descriptor_name}", lambda: bytes(self._descriptor(plan.sectors)))

    def place_metadata(self, plan: Plan) -> None:
        """Append path tables and directories."""
        self._hierarchy.place(plan)

    def place_tail(self, plan: Plan) -> None:
        """Append nothing: ECMA-119 has nothing at the end."""

    def _descriptor(self, sectors: int) -> VolumeDescriptor:
        hierarchy, fields = self._hierarchy, self._texts.fields
        return VolumeDescriptor(
            type=self.descriptor_type,
            system_identifier=fields["system_id"],
            volume_identifier=fields["volume_id"],
            volume_space_size=sectors,
            escape_sequences=self.escape_sequences,
            path_table_size=hierarchy.path_table_size,
            type_l_path_table=hierarchy.type_l.lba,
            type_m_path_table=hierarchy.type_m.lba,
            root_directory_record=hierarchy.root_record(),
            volume_set_identifier=fields["volume_set_id"],
            publisher_identifier=fields["publisher_id"],
            data_preparer_identifier=fields["preparer_id"],
            application_identifier=fields["application_id"],
            copyright_file_identifier=self._texts.no_file,
            abstract_file_identifier=self._texts.no_file,
            bibliographic_file_identifier=self._texts.no_file,
            creation_date=volume_date(self._clock),
            modification_date=volume_date(self._clock),
            expiration_date=UNSPECIFIED,
            effective_date=UNSPECIFIED,
        )


class Iso9660Emitter(HierarchyEmitter):
    """ISO 9660 at the interchange level of the options."""

    view = View.ISO9660
    descriptor_name = "primary volume descriptor"
    descriptor_type = PRIMARY
    escape_sequences = b""

    def __init__(self, snapshot: Snapshot, options: ImageOptions) -> None:
        level = LEVELS.get(options.iso_level)
        if level is None:
            raise LayoutError(f"ISO 9660 level {options.iso_level} is not supported; take one of {[*LEVELS]}")
        if not level.multi_extent:
            _refuse_long_files(snapshot, options.iso_level)
        system_use = None if options.rock_ridge is None else SystemUse(options.rock_ridge)
        super().__init__(snapshot, Hierarchy(self.view, snapshot, IsoNames(level), system_use), iso_texts(options))


class JolietEmitter(HierarchyEmitter):
    """Joliet level 3: names in 16-bit code units."""

    view = View.JOLIET
    descriptor_name = "supplementary volume descriptor"
    descriptor_type = SUPPLEMENTARY
    escape_sequences = UCS2_LEVEL_3

    def __init__(self, snapshot: Snapshot, options: ImageOptions) -> None:
        scheme = JolietNames(LONG_CHARACTERS if options.joliet_long else CHARACTERS)
        super().__init__(snapshot, Hierarchy(self.view, snapshot, scheme), joliet_texts(options))


def _refuse_long_files(snapshot: Snapshot, level: int) -> None:
    for file in snapshot.files:
        if file.size > MAX_LENGTH:
            raise LayoutError(
                f"{printable(file.path)} has {file.size} bytes, and ISO 9660 level {level} holds files "
                f"of at most {MAX_LENGTH}; level 3 holds it"
            )
