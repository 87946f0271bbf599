"""Trees and choices about their images that nobody would think of, drawn by Hypothesis."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from discstack.fs.attributes import Attributes, Device, Kind, Times
from discstack.fs.boot.options import BootImage, BootOptions
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
targets = st.lists(st.one_of(st.sampled_from([".", "..", "x" * 250]), letters), min_size=1, max_size=5).map("/".join)
devices = st.builds(Device, st.integers(1, 255), st.integers(0, 255))


class Case:
    """A tree, its options, and what was chosen of them."""

    def __init__(self, root: Directory, said: dict[str, Any]) -> None:
        self.root, self.said = root, said
        self.options = ImageOptions(**said)

    def __repr__(self) -> str:
        """Tell what it takes to make the case again."""
        return "\n".join([f"Case of {self.said}", *map(_described, self.root.walk())])


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
        kind = draw(st.sampled_from("ffffddlsh"))
        about: dict[str, Any] = {"mtime_ns": draw(times), "attributes": draw(st.none() | attributes)}
        if kind == "f" or (kind == "h" and not files):
            size = draw(st.sampled_from(SIZES))
            files.append(place.create_file(name, (name.encode("utf-8", "surrogateescape") * size)[:size], **about))
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
        "boot": st.builds(
            lambda catalog, size: BootOptions(
                images=(BootImage(content=b"B" * size, info_table=True),), catalog=catalog
            ),
            st.sampled_from([None, "boot.catalog"]),
            st.sampled_from([100, 5000]),
        ),
    }
    for name in draw(st.lists(st.sampled_from(sorted(rare)), max_size=5, unique=True)):
        if name == "boot" and View.ISO9660 not in shown:
            continue
        chosen[name] = draw(rare[name])
    return chosen


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A tree and options."""
    said = draw(choices())
    return Case(draw(trees()), said)
