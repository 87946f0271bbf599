"""Trees and choices about their images that nobody would think of, drawn by Hypothesis."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from changes import Change, apply, changes
from hypothesis import strategies as st
from pool import SIZES as ON_DISK
from pool import on_disk

from discstack.fs.attributes import Attributes, Device, Kind, Times
from discstack.fs.boot.el_torito import BootPlatform
from discstack.fs.boot.options import BootAddress, BootImage, BootOptions, BootSector, PartitionTable, PartitionType
from discstack.fs.nodes import File, Special, Symlink
from discstack.fs.options import RRIP_1_10, RRIP_1_12, ImageOptions, RockRidge
from discstack.fs.tree import Directory, Node
from discstack.fs.udf.revisions import UDF_REVISIONS
from discstack.fs.view import View
from discstack.fs.weights import Weight

SECOND: Final = 10**9
MOST_BYTES: Final = 255  # of a name, so that programs can extract it
# lengths at and around every limit of a view
LENGTHS: Final = sorted(
    {limit + more for limit in (8, 12, 30, 31, 64, 103, 127, 193, 207, 250, 254) for more in (-1, 0, 1)}
)
ALPHABETS: Final = (
    "ab",
    "AB_0",
    "a. ;~",
    "aé\u0301ß",
    "日本\U0001f600a",
    "a\udce9\udcff",
    'a*?:\\|<>"',
    "#a.",
    "-a\n\t\1",
)
SIZES: Final = (0, 1, 100, 2047, 2048, 2049, 6000)

letters = st.sampled_from(ALPHABETS).flatmap(lambda alphabet: st.text(alphabet, min_size=1, max_size=12))
stretched = st.builds(lambda text, length: (text * length)[:length], letters, st.sampled_from(LENGTHS))
dotted = st.builds("{}.{}".format, letters, letters)


def fits(name: str) -> bool:
    return name not in (".", "..") and len(name.encode("utf-8", "surrogateescape")) <= MOST_BYTES


names = st.one_of(
    letters, dotted, stretched, st.sampled_from(["README", "readme", "a;1", "a", "CON", "rr_moved"])
).filter(fits)
times = st.one_of(
    st.integers(-(2**31) * SECOND, (2**31 - 1) * SECOND),
    st.sampled_from([0, -1, 1, 2**31 * SECOND, 4_102_444_800 * SECOND]),
)
attributes = st.builds(
    Attributes, st.integers(0, 0o7777), st.sampled_from([0, 1000, 65_536]), st.sampled_from([0, 1000, 2**32 - 2])
)
targets = (
    st.lists(st.one_of(st.sampled_from([".", "..", "x" * 250]), letters), min_size=1, max_size=5)
    .map("/".join)
    .filter(lambda target: len(target.encode("utf-8", "surrogateescape")) < 1024)  # the most that libisofs takes
)
devices = st.builds(Device, st.integers(1, 255), st.integers(0, 255))


class Case:
    """A tree, its options, what was chosen of them, and what is changed in the next session.

    `batches` says that small files are read many at a time.
    """

    def __init__(self, root: Directory, said: dict[str, Any], *, later: list[Change], batches: bool) -> None:
        self.root, self.said, self.later, self.batches = root, said, later, batches
        self.options = ImageOptions(**said)
        self._changed = False

    def change(self) -> None:
        """Do to the tree what is done to what is read of its image; once."""
        if not self._changed:
            apply(self.later, self.root)
        self._changed = True

    def __repr__(self) -> str:
        """Tell what it takes to make the case again."""
        start = f"Case of {self.said}, {self.batches=}, then {self.later}"
        return "\n".join([start, *map(_described, self.root.walk())])


def _described(node: Node) -> str:
    more = [f"{node.size} bytes", f"link {node.link}", *(node.times or ())] if isinstance(node, File) else []
    more += [repr(node.target)] if isinstance(node, Symlink) else []
    more += [node.kind.described, str(node.device)] if isinstance(node, Special) else []
    return f"  {node!r} {node.mtime_ns} {node.attributes} {' '.join(map(str, more))}"


@st.composite
def trees(draw: st.DrawFn) -> Directory:
    """A tree of some dozen nodes; some files have several names."""
    root = Directory(mtime_ns=draw(times))
    places = [root]
    files = list[File]()
    for _ in range(draw(st.integers(0, 25))):
        place = draw(st.sampled_from(places))
        name = draw(names)
        if name in place or (name != name.strip("/")):
            continue
        kind = draw(st.sampled_from("ffffpppddlsh"))
        about: dict[str, Any] = {"mtime_ns": draw(times), "attributes": draw(st.none() | attributes)}
        if kind == "f" or (kind == "h" and not files):
            size = draw(st.sampled_from(SIZES))
            files.append(place.create_file(name, (name.encode("utf-8", "surrogateescape") * size)[:size], **about))
        elif kind == "p":
            file = place.create_file(name, on_disk(draw(st.integers(0, len(ON_DISK) - 1))))
            file.attributes = about["attributes"]
            files.append(file)
        elif kind == "d":
            places.append(place.create_directory(name, **about))
        elif kind == "l":
            target = draw(targets).encode("utf-8", "surrogateescape").replace(b"\n", b"n")
            place.create_symlink(name, target, **about)
        elif kind == "s":
            special = draw(st.sampled_from([Kind.FIFO, Kind.CHARACTER_DEVICE, Kind.BLOCK_DEVICE]))
            device = None if special is Kind.FIFO else draw(devices)
            place.create_special(name, special, device=device, **about)
        else:
            place.create_hard_link(name, draw(st.sampled_from(files)))
    for file in files:
        if draw(st.booleans()):
            file.times = Times(draw(times), draw(times), draw(st.none() | times))
    return root


views = st.sampled_from(
    [{View.ISO9660}, {View.UDF}, {View.ISO9660, View.JOLIET}, {View.ISO9660, View.UDF}, set(View), set(View)]
).map(frozenset)
rock_ridges = st.none() | st.builds(
    RockRidge, version=st.sampled_from([RRIP_1_10, RRIP_1_12]), long_times=st.booleans(), relocation=st.booleans()
)


def fat(blocks: int) -> bytes:
    """Return what passes for a FAT file system of so many blocks."""
    start = bytearray((b"F%d" % blocks).ljust(512 * blocks, b"F"))
    start[11:13] = (512).to_bytes(2, "little")
    start[19:21] = blocks.to_bytes(2, "little")
    start[510:512] = b"\x55\xaa"
    return bytes(start)


programs = st.builds(
    BootImage,
    content=st.sampled_from([100, 3000, 5000]).map(lambda size: b"B" * size),
    info_table=st.booleans(),
    grub2_info=st.booleans(),
    manufacturer=st.sampled_from(["", "US"]),
)
firmware = st.builds(
    BootImage,
    content=st.sampled_from([1, 4, 333]).map(fat),
    platform=st.just(BootPlatform.EFI),
    selection_criteria=st.sampled_from([b"", b"\1en"]),
)
sectors = st.builds(BootSector, st.just(b"\xeb\xfe"), st.sampled_from(BootAddress))


@st.composite
def boots(draw: st.DrawFn) -> BootOptions:
    """Boot images, perhaps on a disk with partitions."""
    others = draw(st.lists(st.one_of(programs, firmware), max_size=3))
    if others and draw(st.booleans()):  # libisofs takes the extensions for the entries that follow
        others[-1] = replace(others[-1], selection_criteria=b"\1" + b"x" * 70)
    return BootOptions(
        images=(draw(programs), *others),
        catalog=draw(st.sampled_from([None, "boot.catalog"])),
        boot_sector=draw(st.none() | sectors),
        partition_table=draw(st.sampled_from([None, PartitionTable.MBR, PartitionTable.GPT, PartitionTable.GPT])),
        efi_partition_type=draw(st.sampled_from(PartitionType)),
        force_bootable=draw(st.booleans()),
    )


@st.composite
def choices(draw: st.DrawFn) -> dict[str, Any]:
    """Options of an image, most of them the usual ones."""
    shown = draw(views)
    revision = draw(st.sampled_from(UDF_REVISIONS))
    chosen: dict[str, Any] = {"views": shown, "rock_ridge": draw(rock_ridges), "udf_revision": revision}
    rare: dict[str, st.SearchStrategy[Any]] = {
        "iso_level": st.sampled_from([1, 2, 4]),
        "rationalize": st.just(True),
        "joliet_level": st.sampled_from([1, 2]),
        "joliet_long": st.just(True),
        "udf_vat": st.just(revision > 0x0102),
        "udf_specials": st.just(True),
        "udf_permissions": st.just(True),
        "alignment": st.sampled_from([2, 3, 16]),
        "weights": st.just((Weight("*a*", 5), Weight("*b*", -5))),
        "duplicates_once": st.just(True),
        "hidden": st.dictionaries(st.sampled_from(list(View)), st.sampled_from([["a*"], ["*b*"], ["*.*"]])),
        "marked_hidden": st.just(("*a*",)),
        "digests": st.just(True),
        "padding": st.sampled_from([1, 150]),
        "multiple": st.sampled_from([16, 32, 512]),
        "volume_id": st.sampled_from(["", "DISC_2", "Grüße", "x" * 40]),
        "clock": times,
    }
    for name in draw(st.lists(st.sampled_from(sorted(rare)), max_size=5, unique=True)):
        chosen[name] = draw(rare[name])
    if View.ISO9660 in shown and draw(st.sampled_from([True, False, False])):
        chosen["boot"] = draw(boots())
    return chosen


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A tree and options."""
    said = draw(choices())
    return Case(draw(trees()), said, later=draw(changes(names)), batches=draw(st.booleans()))
