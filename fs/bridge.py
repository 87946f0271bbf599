"""Planning an image: the views that were asked for, over one set of file data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import lcm
from typing import Final

from discstack.fs.base import keep_the_rest, leave_in_place
from discstack.fs.batch import BatchReader
from discstack.fs.boot.emitter import BootEmitter
from discstack.fs.data import FileData
from discstack.fs.duplicates import find_duplicates
from discstack.fs.ecma119 import SET_TERMINATOR
from discstack.fs.errors import CapacityError, LayoutError
from discstack.fs.image import Image
from discstack.fs.iso9660 import Iso9660Emitter, JolietEmitter
from discstack.fs.iso_names import LEVELS
from discstack.fs.items import FileItem
from discstack.fs.options import ImageOptions
from discstack.fs.patterns import Globs
from discstack.fs.plan import Plan, Region, round_up
from discstack.fs.snapshot import Snapshot, take_snapshot
from discstack.fs.tree import Directory
from discstack.fs.udf.emitter import UdfEmitter
from discstack.fs.view import Emitter, View
from discstack.fs.weights import sorted_files

EMITTERS: Final[Mapping[View, Callable[[Snapshot, ImageOptions], Emitter]]] = {
    View.ISO9660: Iso9660Emitter,
    View.JOLIET: JolietEmitter,
    View.UDF: UdfEmitter,
}
ECMA_119: Final = frozenset({View.ISO9660, View.JOLIET})
MAX_SECTORS: Final = (1 << 32) - 1  # addresses have 32 bits in every view
LEAST: Final = 24  # sectors of an image: libarchive takes nothing shorter for one
MAX_VOLUMES: Final = 0xFFFF  # of a set, ECMA-119 8.4.14
DEFAULTS: Final = ImageOptions()


def build_image(root: Directory, options: ImageOptions = DEFAULTS, batches: BatchReader | None = None) -> Image:
    """Plan the image of a tree: all addresses and the size are settled; of the sources only boot images were read.

    Later changes of the tree do not matter to the image. `batches` reads small files where the system has something
    quicker than Python for that. Raises LayoutError where a view cannot hold something, and CapacityError where the
    image would be larger than `max_sectors`.
    """
    _check(options)
    make_file = options.base.make_file if options.base else FileItem
    snapshot = take_snapshot(
        root,
        options.clock,
        rationalize=options.rationalize,
        overrides=options.overrides,
        make_file=make_file,
    )
    boot = BootEmitter(options.boot, snapshot, options.views, options.base)
    snapshot.mark_hidden(Globs(options.marked_hidden))
    emitters = [
        EMITTERS[view](snapshot.without(Globs(options.hidden.get(view, ()))), options)
        for view in View
        if view in options.views
    ]
    plan = Plan(options.base.start if options.base else 0)
    _place_descriptors(plan, emitters, boot)
    data = _file_data(snapshot, options, batches, plan, emitters, boot)
    _place(plan, data, emitters, boot, options)
    _check_size(plan, options)
    return Image(plan, data, snapshot, emitters, options)


def _file_data(
    snapshot: Snapshot,
    options: ImageOptions,
    batches: BatchReader | None,
    plan: Plan,
    emitters: list[Emitter],
    boot: BootEmitter,
) -> FileData:
    files = list(sorted_files(snapshot, options.weights))
    embedded = max(emitter.embeds for emitter in emitters)
    if options.base is not None:
        first = max(emitter.first_sector for emitter in emitters)
        level = LEVELS.get(options.iso_level)
        scattered = View.ISO9660 not in options.views or level is None or level.multi_extent
        files = leave_in_place(files, options.base, plan, first=first, embedded=embedded, scattered=scattered)
        boot.settle_places()
    twins = find_duplicates(files) if options.duplicates_once else {}
    return FileData(files, options.alignment, embedded=embedded, twins=twins, batches=batches, digests=options.digests)


def _place_descriptors(plan: Plan, emitters: list[Emitter], boot: BootEmitter) -> None:
    boot.place_descriptors(plan)
    last = [emitter for emitter in emitters if emitter.view in ECMA_119][-1:]
    for emitter in emitters:
        emitter.place_descriptors(plan)
        if emitter in last:
            plan.append(1, "volume descriptor set terminator", lambda: SET_TERMINATOR)


def _place(plan: Plan, data: FileData, emitters: list[Emitter], boot: BootEmitter, options: ImageOptions) -> None:
    base = options.base
    if base is not None:
        plan.advance(base.end)
    # 7-Zip takes nothing but zeros behind the last that UDF refers to: where that is not file data, it has to be UDF
    behind = [emitter for emitter in emitters if emitter.view is View.UDF and _ends_unseen(data, options)]
    for emitter in emitters:
        if emitter not in behind:
            emitter.place_metadata(plan)
    boot.place_data(plan)
    for emitter in behind:
        plan.advance(emitter.first_sector)
    plan.append_region(data, data.unit)
    data.settle()
    for emitter in behind:
        emitter.place_metadata(plan)
    if options.udf_vat and boot.tail_sectors:
        raise LayoutError(
            "the image of a disk ends with the backup of its GPT, and that of a volume with a virtual allocation table "
            "with the table's entry: leave one of them out"
        )
    tail = boot.tail_sectors + sum(emitter.tail_sectors for emitter in emitters)
    multiple = lcm(options.multiple, boot.multiple)
    plan.advance(plan.sectors)
    length = max(plan.cursor - plan.start + options.padding + tail, LEAST)
    end = plan.start + round_up(length, multiple) - tail
    plan.append_region(Region(end - plan.cursor, "padding", bytes))
    for emitter in emitters:
        emitter.place_tail(plan)
    boot.place_tail(plan)
    if base is not None:
        keep_the_rest(plan, base)


def _ends_unseen(data: FileData, options: ImageOptions) -> bool:
    """Tell whether UDF may not refer to the last of the file data, or to a boot image in its place."""
    return bool(options.hidden.get(View.UDF)) or not data.sectors


def _check_size(plan: Plan, options: ImageOptions) -> None:
    sectors = plan.sectors - plan.start
    if plan.sectors > MAX_SECTORS:
        raise LayoutError(f"the image would have {plan.sectors} sectors, and no view counts more than {MAX_SECTORS}")
    if options.max_sectors is not None and sectors > options.max_sectors:
        raise CapacityError(sectors, options.max_sectors)


def _check(options: ImageOptions) -> None:
    for view in (*options.views, *options.hidden, *options.volume_ids):
        if not isinstance(view, View):
            raise TypeError(f"a view is one of {', '.join(map(str, View))}, not {view!r}")
    if not options.views:
        raise LayoutError("an image needs at least one view")
    if View.JOLIET in options.views and View.ISO9660 not in options.views:
        raise LayoutError("Joliet is an addition to ISO 9660; take that view too")
    if options.udf_vat and View.UDF not in options.views:
        raise LayoutError("a virtual allocation table is UDF's; take that view too")
    if options.base is not None and options.base.grow and options.base.udf and View.UDF not in options.views:
        raise LayoutError("the volume that grows has UDF, which would go on showing the old files; take that view too")
    if not 1 <= options.volume_sequence_number <= options.volume_set_size <= MAX_VOLUMES:
        number, size = options.volume_sequence_number, options.volume_set_size
        raise LayoutError(f"volume {number} of a set of {size}: numbers go from 1 to the size, {MAX_VOLUMES} at most")
    if options.alignment < 1 or options.multiple < 1 or options.padding < 0:
        raise ValueError("alignment and multiple count sectors from 1 on, padding from 0 on")
