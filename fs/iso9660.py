"""The ISO 9660 view, and Joliet, which is a second hierarchy of the same kind under a supplementary descriptor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final

from discstack.fs.dates import UNSPECIFIED, volume_date
from discstack.fs.ecma119 import MAX_LENGTH, PRIMARY, SUPPLEMENTARY, VolumeDescriptor
from discstack.fs.errors import LayoutError, printable
from discstack.fs.hierarchy import Hierarchy
from discstack.fs.iso1999_names import MAX_NAME, MAX_NAME_WITH_ROCK_RIDGE, Iso1999Names
from discstack.fs.iso_names import LEVELS, IsoNames
from discstack.fs.joliet_names import CHARACTERS, LONG_CHARACTERS, JolietNames
from discstack.fs.naming import Scheme
from discstack.fs.options import ImageOptions
from discstack.fs.plan import Plan
from discstack.fs.relaxed_names import RelaxedNames
from discstack.fs.relocation import Relocation
from discstack.fs.rock_ridge import SystemUse
from discstack.fs.snapshot import Snapshot
from discstack.fs.view import Issue, View
from discstack.fs.volume_ids import VolumeTexts, iso_texts, joliet_texts


@dataclass(frozen=True, slots=True)
class Form:
    """A form of volume descriptor; `version` is that of the descriptor and of the file structure."""

    name: str
    type: int
    version: int = 1
    escape_sequences: bytes = b""


PRIMARY_FORM: Final = Form("primary volume descriptor", PRIMARY)
ENHANCED_FORM: Final = Form("enhanced volume descriptor", SUPPLEMENTARY, version=2)
# By the level of UCS-2, Joliet's escape sequences
JOLIET_FORMS: Final[Mapping[int, Form]] = {
    level: Form("supplementary volume descriptor", SUPPLEMENTARY, escape_sequences=escape_sequences)
    for level, escape_sequences in ((1, b"%/@"), (2, b"%/C"), (3, b"%/E"))
}
ISO_9660_1999: Final = 4


class HierarchyEmitter:
    """A view with path tables and directory records, and one or two volume descriptors that lead to them."""

    tail_sectors = 0
    embeds = 0
    ends_recording = False
    first_sector = 0
    view: ClassVar[View]

    def __init__(
        self,
        snapshot: Snapshot,
        options: ImageOptions,
        hierarchy: Hierarchy,
        texts: VolumeTexts,
        forms: Sequence[Form],
    ) -> None:
        self._clock = snapshot.clock
        self._options = options
        self._hierarchy = hierarchy
        self._texts = texts
        self._forms = forms

    def issues(self) -> Iterator[Issue]:
        """Tell which names, ids and times became others in this view."""
        yield from self._texts.issues
        yield from self._hierarchy.issues()

    def place_descriptors(self, plan: Plan) -> None:
        """Append the volume descriptors."""
        for form in self._forms:
            emit = partial(self._descriptor, form, plan)
            plan.append(1, f"{self.view.value} {form.name}", emit)

    def place_metadata(self, plan: Plan) -> None:
        """Append path tables and directories."""
        self._hierarchy.place(plan)

    def place_tail(self, plan: Plan) -> None:
        """Append nothing: ECMA-119 has nothing at the end."""

    def _descriptor(self, form: Form, plan: Plan) -> bytes:
        hierarchy, fields, modified = self._hierarchy, self._texts.fields, self._options.modification_time
        descriptor = VolumeDescriptor(
            type=form.type,
            version=form.version,
            system_identifier=fields["system_id"],
            volume_identifier=fields["volume_id"],
            volume_space_size=plan.sectors,
            escape_sequences=form.escape_sequences,
            volume_set_size=self._options.volume_set_size,
            volume_sequence_number=self._options.volume_sequence_number,
            path_table_size=hierarchy.path_table_size,
            type_l_path_table=hierarchy.type_l.lba,
            type_m_path_table=hierarchy.type_m.lba,
            root_directory_record=hierarchy.root_record(),
            volume_set_identifier=fields["volume_set_id"],
            publisher_identifier=fields["publisher_id"],
            data_preparer_identifier=fields["preparer_id"],
            application_identifier=fields["application_id"],
            copyright_file_identifier=fields["copyright_file"],
            abstract_file_identifier=fields["abstract_file"],
            bibliographic_file_identifier=fields["bibliographic_file"],
            creation_date=volume_date(self._clock),
            modification_date=volume_date(self._clock if modified is None else modified),
            expiration_date=UNSPECIFIED,
            effective_date=UNSPECIFIED,
            file_structure_version=form.version,
        )
        return bytes(descriptor)


class Iso9660Emitter(HierarchyEmitter):
    """ISO 9660 at the interchange level of the options, or ISO 9660:1999, with Rock Ridge or without."""

    view = View.ISO9660

    def __init__(self, snapshot: Snapshot, options: ImageOptions) -> None:
        rock_ridge = options.rock_ridge
        hierarchy = Hierarchy(
            *(self.view, snapshot, _scheme(options)),
            system_use=None if rock_ridge is None else SystemUse(rock_ridge, snapshot.span),
            relocation=Relocation(snapshot) if rock_ridge is not None and rock_ridge.relocation else None,
            volume=options.volume_sequence_number,
        )
        if options.iso_level in LEVELS and not LEVELS[options.iso_level].multi_extent:
            _refuse_long_files(snapshot, options.iso_level)
        forms = (PRIMARY_FORM, ENHANCED_FORM) if options.iso_level == ISO_9660_1999 else (PRIMARY_FORM,)
        super().__init__(snapshot, options, hierarchy, iso_texts(options, hierarchy.identifier_in_root), forms)


class JolietEmitter(HierarchyEmitter):
    """Joliet: names in 16-bit code units."""

    view = View.JOLIET

    def __init__(self, snapshot: Snapshot, options: ImageOptions) -> None:
        form = JOLIET_FORMS.get(options.joliet_level)
        if form is None:
            raise LayoutError(f"Joliet level {options.joliet_level} is not known; take one of {[*JOLIET_FORMS]}")
        scheme = JolietNames(LONG_CHARACTERS if options.joliet_long else CHARACTERS, options.joliet_level)
        hierarchy = Hierarchy(self.view, snapshot, scheme, volume=options.volume_sequence_number)
        super().__init__(snapshot, options, hierarchy, joliet_texts(options, hierarchy.identifier_in_root), (form,))


def _scheme(options: ImageOptions) -> Scheme:
    if options.iso_level == ISO_9660_1999:
        return Iso1999Names(MAX_NAME if options.rock_ridge is None else MAX_NAME_WITH_ROCK_RIDGE)
    level = LEVELS.get(options.iso_level)
    if level is None:
        known = [*LEVELS, ISO_9660_1999]
        raise LayoutError(f"ISO 9660 level {options.iso_level} is not supported; take one of {known}")
    return IsoNames(level) if options.iso_names is None else RelaxedNames(level, options.iso_names)


def _refuse_long_files(snapshot: Snapshot, level: int) -> None:
    for file in snapshot.files:
        if file.size > MAX_LENGTH:
            raise LayoutError(
                f"{printable(file.path)} has {file.size} bytes, and ISO 9660 level {level} holds files "
                f"of at most {MAX_LENGTH}; level 3 holds it"
            )
