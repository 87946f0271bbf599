"""Makes docs/api.md out of the package: signatures and docstrings of all public names, by subject."""

from __future__ import annotations

import dataclasses
import enum
import inspect
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Final, ForwardRef

import discstack

HEAD: Final = """# The Python API

What `import discstack` offers, made of the docstrings by `UPDATE_API_PAGE=1 pytest tests/test_api_page.py`. Where IMAPI
has the like is told in [from-imapi.md](from-imapi.md); scripts to begin with are in `examples/`. Times are in
seconds, sizes in bytes, sectors have 2048 bytes, and speeds are in kB/s of 1000 bytes, unless told otherwise. Misuse
raises ValueError or TypeError; everything else that can go wrong is in [Errors](#errors).

In signatures, `EventHandler` is a function that takes an `Event`, and `TraceSink` one that takes a line. A `Node` is a
`Directory` or a `Leaf`: a `File`, `Symlink` or `Special`. `Content` is bytes, the path of a file, or a function that
opens a binary reader. What can be read as a volume (`Readable`) is a `Recorder`, the path of an image file, or an
`Image`. A `Sink` is anything with `write`, such as an open file. `Tell` takes the number of bytes so far and the range
of sectors that came last. `Transport`, `Procedure`, `Observer`, and the structures that a drive answers
with are told of in [low-level.md](low-level.md).
"""

# what a section is about: its names
SECTIONS: Final[dict[str, tuple[str, ...]]] = {
    "Drives": (
        *("open", "Recorder", "DiscMaster", "DriveWatch", "DriveEntry", "DriveSystem", "Holder", "Usage"),
        *("MediumStatus", "DiscState", "Action", "Track", "WriteSpeed", "FormatChoice", "Profile", "recording_to"),
    ),
    "Commands": ("Drive", "Inspection", "Reply", "Sense", "SenseKey"),
    "What stands in the way of a drive": ("diagnose", "Diagnosis", "DriveDiagnosis", "Check", "Verdict"),
    "Images": (
        *("FileSystemImage", "Directory", "File", "Symlink", "Special", "Attributes", "Times", "Kind", "Device"),
        *(
            "ImageOptions",
            "View",
            "RockRidge",
            "Overrides",
            "Relaxation",
            "UDF_REVISIONS",
            "Weight",
            "parse_weights",
            "split_graft_point",
            "Image",
            "Span",
            "Issue",
        ),
        *("Change", "ImageWriter", "ImageFile", "parse_manifest"),
    ),
    "Boot images": (
        *("BootOptions", "BootImage", "BootPlatform", "Emulation", "BootSector", "BootAddress", "PartitionTable"),
        *("PartitionType", "Partition", "RangeSource"),
    ),
    "Burning data": (
        *("DataWriter", "Writable", "BlockSource", "WriteMode", "WriteCommand", "VerifyLevel"),
        *("BurnResult", "SpeedReport", "FeedCounters", "Digests"),
    ),
    "Erasing, formatting, closing": ("Eraser", "BlankType", "Formatter", "FormatOptions", "Closer"),
    "Audio and raw CDs": (
        *("AudioWriter", "AudioTrack", "CueSheet", "CdTextBlock", "Language", "CharacterCode", "PackType", "CdResult"),
        *("Program", "ProgramTrack"),
        *("Placed", "TrackForm", "RawImage", "RawWriter", "RawLimits", "SubChannelForm"),
    ),
    "Reading": (
        *("DiscReader", "CdReader", "CdContents", "CdTrackContents", "CdFiles"),
        *("read_volume", "Volume", "VolumeView", "Note", "Oddity", "extract_tree", "ExtractOptions", "Extracted"),
        *("Skipped", "FileVerifier", "FileReport", "Difference", "Mismatch"),
    ),
    "Events": (
        *("Event", "PhaseStarted", "Phase", "Progress", "Writing", "FileProgress", "TreeProgress", "Notice", "Done"),
        *("DriveEvent", "DriveAdded", "DriveRemoved", "MediumInserted", "MediumRemoved", "EjectRequested"),
    ),
    "Measuring": (
        *("Benchmark", "BenchmarkKind", "Setting", "Trial", "Summary", "Spread", "summaries", "Curve", "CurveRecorder"),
        *("Sample", "Mark", "MarkKind", "draw"),
    ),
    "Virtual drives": (
        "attach",
        "AttachedBurner",
        "AttachedDrive",
        "describe_disc",
        "duplicate_disc",
        "DiscDescription",
    ),
}
ERRORS: Final = "Errors"
LONGEST_DEFAULT: Final = 80


def page() -> str:
    """Return the page as it should be."""
    sections = {**SECTIONS, ERRORS: tuple(_errors())}
    placed = [name for names in sections.values() for name in names]
    if sorted(placed) != sorted(discstack.__all__):
        raise ValueError(f"to be placed, or twice: {sorted({*placed} ^ {*discstack.__all__})}")
    contents = "\n".join(_pointer(title, names) for title, names in sections.items())
    lines = (line for title, names in sections.items() for line in _section(title, names))
    return "\n".join((HEAD, f"| subject | names |\n|---|---|\n{contents}\n", *lines))


def _pointer(title: str, names: tuple[str, ...]) -> str:
    told = (
        "what can go wrong, as a tree"
        if title == ERRORS
        else ", ".join(f"[`{name}`](#{name.lower()})" for name in names)
    )
    return f"| [{title}](#{title.lower().replace(',', '').replace(' ', '-')}) | {told} |"


def _errors() -> list[str]:
    return [name for name in sorted(discstack.__all__) if _is_error(getattr(discstack, name))]


def _is_error(thing: Any) -> bool:
    return inspect.isclass(thing) and issubclass(thing, BaseException)


def _section(title: str, names: tuple[str, ...]) -> Iterator[str]:
    yield f"## {title}\n"
    if title == ERRORS:
        tree = inspect.cleandoc(discstack.__doc__ or "").partition("TypeError:\n\n")[2]
        yield f"{tree}\n"
    for name in names:
        yield from _entry(name, getattr(discstack, name))


def _entry(name: str, thing: Any) -> Iterator[str]:
    yield f"### `{name}`\n"
    if not callable(thing):
        yield f"{', '.join(map(str, thing))}\n"
        return
    if not _is_error(thing) and not _is_enum(thing) and not getattr(thing, "_is_protocol", False):
        yield f"```\n{name}{signature(thing)}\n```\n"
    yield f"{inspect.cleandoc(thing.__doc__ or '')}\n"
    if kinds := [
        f"`{base.__name__}`" for base in getattr(thing, "__bases__", ()) if base.__name__ in discstack.__all__
    ]:
        yield f"A kind of {', '.join(kinds)}.\n"
    if _is_enum(thing):
        yield f"{', '.join(f'`{member.name}`' for member in thing)}\n"
    if members := list(public_members(thing)):
        yield "\n".join(f"- {_described(*member)}" for member in members) + "\n"


def _is_enum(thing: Any) -> bool:
    return inspect.isclass(thing) and issubclass(thing, enum.Enum)


def public_members(thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield the methods and properties of a class of ours with their names, those of its bases too."""
    bases = thing.__mro__ if inspect.isclass(thing) else ()
    found: dict[str, Any] = {}
    for base in bases:
        if base.__module__.startswith("discstack"):
            for name, member in vars(base).items():
                if not name.startswith("_") and _documented(member):
                    found.setdefault(name, member)
    yield from found.items()


def _documented(member: Any) -> bool:
    return isinstance(member, (property, cached_property, classmethod, staticmethod)) or inspect.isfunction(member)


def _described(name: str, member: Any) -> str:
    getter = getattr(member, "fget", None) or getattr(member, "func", None)
    words = " ".join(inspect.cleandoc(member.__doc__ or "").split())
    if getter is not None:
        return f"`{name}: {_spelled(getter.__annotations__.get('return', 'Any'))}`: {words}"
    return f"`{name}{signature(getattr(member, '__func__', member), bound=True)}`: {words}"


def signature(thing: Callable[..., Any], *, bound: bool = False) -> str:
    """Return what something is called with, as one would write it; for `bound`, without the first parameter."""
    found = inspect.signature(thing)
    parameters = list(found.parameters.values())[bound:]
    words = [_parameter(parameter) for parameter in parameters]
    kinds = [parameter.kind for parameter in parameters]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        words.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    if inspect.Parameter.POSITIONAL_ONLY in kinds:
        words.insert(kinds.count(inspect.Parameter.POSITIONAL_ONLY), "/")
    returned = "" if inspect.isclass(thing) else f" -> {_spelled(found.return_annotation)}"
    return f"({', '.join(words)}){returned}"


def _parameter(parameter: inspect.Parameter) -> str:
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    default = "" if parameter.default is parameter.empty else f" = {_default(parameter.default)}"
    return f"{stars}{parameter.name}: {_spelled(parameter.annotation)}{default}"


def _spelled(annotation: Any) -> str:
    if isinstance(annotation, ForwardRef):  # of a NamedTuple
        annotation = annotation.__forward_arg__
    words = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return words.replace("discstack.", "").replace("collections.abc.", "")


def _default(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    simple = value is None or isinstance(value, (bool, int, float, str, bytes, tuple, frozenset))
    short = len(repr(value)) <= LONGEST_DEFAULT and "<" not in repr(value)
    return repr(value) if simple and short and not dataclasses.is_dataclass(value) else "..."
