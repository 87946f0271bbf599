"""The layouts of sense data, fixed and descriptor format (SPC-4 4.5), read into and built from plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from discstack.mmc.spec.layout import Layout, bits, const, flag, raw, reserved, signed

PROGRESS_SCALE: Final = 0x10000
SHORT: Final = 8  # bytes before the additional ones, in either format
_FLAGS: Final = ("filemark", "eom", "ili", "sdat_ovfl")
_SPECIFIC_VALUES: Final = ("progress", "retry_count", "field_pointer")
_COMMON: Final = ("asc", "ascq", "command_specific_information", "fruc", *_FLAGS)
VALUES: Final = ("key", "format", "deferred", "information", *_COMMON, *_SPECIFIC_VALUES)  # what `build` wants


class SenseFormat(Enum):
    """How sense data is laid out."""

    NONE = "none"  # nothing came, or nothing that SPC defines
    FIXED = "fixed"
    DESCRIPTOR = "descriptor"


FIXED: Final = Layout(
    "fixed format sense data",
    *("valid" / flag(), "response_code" / bits(7), reserved(8)),
    *("filemark" / flag(), "eom" / flag(), "ili" / flag(), "sdat_ovfl" / flag(), "sense_key" / bits(4)),
    *("information" / signed(32), "additional_sense_length" / bits(8), "command_specific_information" / bits(32)),
    *("asc" / bits(8), "ascq" / bits(8), "fruc" / bits(8), "sense_key_specific" / raw(3)),
    clause="SPC-4 4.5.3",
)
DESCRIPTOR: Final = Layout(
    "descriptor format sense data",
    *(reserved(1), "response_code" / bits(7), reserved(4), "sense_key" / bits(4), "asc" / bits(8), "ascq" / bits(8)),
    *("sdat_ovfl" / flag(), reserved(23), "additional_sense_length" / bits(8)),
    clause="SPC-4 4.5.2.1",
)
INFORMATION: Final = Layout(
    "information sense data descriptor",
    *("type" / const(8, 0x00), "length" / const(8, 0x0A), "valid" / flag(), reserved(15), "information" / signed(64)),
    clause="SPC-4 4.5.2.2",
)
COMMAND_SPECIFIC: Final = Layout(
    "command specific information sense data descriptor",
    *("type" / const(8, 0x01), "length" / const(8, 0x0A), reserved(16), "command_specific_information" / bits(64)),
    clause="SPC-4 4.5.2.3",
)
SENSE_KEY_SPECIFIC: Final = Layout(
    "sense key specific sense data descriptor",
    *("type" / const(8, 0x02), "length" / const(8, 0x06), reserved(16), "sense_key_specific" / raw(3), reserved(8)),
    clause="SPC-4 4.5.2.4",
)
FIELD_REPLACEABLE_UNIT: Final = Layout(
    "field replaceable unit sense data descriptor",
    *("type" / const(8, 0x03), "length" / const(8, 0x02), reserved(8), "fruc" / bits(8)),
    clause="SPC-4 4.5.2.5",
)
STREAM_COMMANDS: Final = Layout(
    "stream commands sense data descriptor",
    *("type" / const(8, 0x04), "length" / const(8, 0x02), reserved(8)),
    *("filemark" / flag(), "eom" / flag(), "ili" / flag(), reserved(5)),
    clause="SSC-3 4.2",
)
BLOCK_COMMANDS: Final = Layout(
    "block commands sense data descriptor",
    *("type" / const(8, 0x05), "length" / const(8, 0x02), reserved(10), "ili" / flag(), reserved(5)),
    clause="SBC-3 4.18",
)
DIRECT_ACCESS: Final = Layout(
    "direct access block device sense data descriptor",
    *("type" / const(8, 0x0D), "length" / bits(8), "valid" / flag(), reserved(1), "ili" / flag(), reserved(13)),
    *("sense_key_specific" / raw(3), "fruc" / bits(8), "information" / signed(64)),
    "command_specific_information" / bits(64),
    clause="SBC-3 4.18",
)
ANOTHER_PROGRESS: Final = Layout(
    "another progress indication sense data descriptor",
    *("type" / const(8, 0x0A), "length" / const(8, 0x06), "sense_key" / bits(8), "asc" / bits(8), "ascq" / bits(8)),
    *(reserved(8), "progress" / bits(16)),
    clause="SPC-4 4.5.2.6",
)
COUNT: Final = Layout(
    "progress indication or actual retry count",
    *("sksv" / flag(), reserved(7), "count" / bits(16)),
    clause="SPC-4 4.5.2.4.3, 4.5.2.4.4",
)
POINTER: Final = Layout(
    "field pointer",
    *("sksv" / flag(), "c_d" / flag(), reserved(2), "bpv" / flag(), "bit_pointer" / bits(3), "byte" / bits(16)),
    clause="SPC-4 4.5.2.4.2",
)


@dataclass(frozen=True, slots=True)
class FieldPointer:
    """The byte, and the bit if known, that the drive objects to: in the CDB, or else in the parameter list."""

    byte: int
    bit: int | None = None
    in_cdb: bool = True

    def __str__(self) -> str:
        place = "CDB" if self.in_cdb else "parameter list"
        return f"byte {self.byte}{'' if self.bit is None else f' bit {self.bit}'} of the {place}"


def parse(sense: bytes) -> dict[str, Any]:
    """Return what the bytes say, as arguments of `Sense`; only the format where they are no sense data of SPC."""
    reader = _FORMATS.get(sense[0] & 0x7F if sense else 0)
    if reader is None:
        return {"format": SenseFormat.NONE}
    whole = sense[: SHORT + sense[SHORT - 1]] if len(sense) >= SHORT else sense
    return {"deferred": bool(sense[0] & 1), **reader(whole)}


def build(values: Mapping[str, Any]) -> bytes:
    """Return the bytes of sense data; ValueError for what does not fit or belongs to another sense key."""
    return _BUILDERS[values["format"]](values)


def descriptors(sense: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and bytes of each whole descriptor in descriptor format sense data."""
    at = SHORT
    while at + 2 <= len(sense):
        end = at + 2 + sense[at + 1]
        if end <= len(sense):
            yield sense[at], sense[at:end]
        at = end


def _parse_fixed(sense: bytes) -> dict[str, Any]:
    values = FIXED.parse(sense.ljust(FIXED.size, b"\0"))
    key = values["sense_key"]
    found = {name: values[name] for name in _COMMON} | {"key": key, "format": SenseFormat.FIXED}
    if len(sense) >= SHORT - 1:
        found |= _information(key, values)
    if len(sense) >= FIXED.size:
        found |= _specific(key, values)
    return found


def _build_fixed(values: Mapping[str, Any]) -> bytes:
    information = values["information"]
    return FIXED.build(
        {
            **{name: values[name] for name in _COMMON},
            "response_code": 0x70 | values["deferred"],
            "sense_key": values["key"],
            "valid": information is not None,
            "information": information or 0,
            "additional_sense_length": FIXED.size - SHORT,
            "sense_key_specific": _build_specific(values) or bytes(3),
        }
    )


def _parse_descriptor(sense: bytes) -> dict[str, Any]:
    values = DESCRIPTOR.parse(sense.ljust(DESCRIPTOR.size, b"\0"))
    key = values["sense_key"]
    found = {name: values[name] for name in ("asc", "ascq", "sdat_ovfl")}
    found |= {"key": key, "format": SenseFormat.DESCRIPTOR}
    for kind, descriptor in sorted(descriptors(sense), key=lambda item: item[0] != 0x0A):  # another progress yields
        layout, reader = _READERS.get(kind, (None, None))
        if layout is not None and reader is not None and len(descriptor) >= layout.size:
            found |= reader(key, layout.parse(descriptor))
    return found


def _build_descriptor(values: Mapping[str, Any]) -> bytes:
    parts = b"".join(_build_descriptors(values))
    header = {name: values[name] for name in ("asc", "ascq", "sdat_ovfl")}
    header |= {
        "response_code": 0x72 | values["deferred"],
        "sense_key": values["key"],
        "additional_sense_length": len(parts),
    }
    return DESCRIPTOR.build(header) + parts


def _build_descriptors(values: Mapping[str, Any]) -> Iterator[bytes]:
    if (information := values["information"]) is not None:
        yield INFORMATION.build({"valid": True, "information": information})
    if command_specific := values["command_specific_information"]:
        yield COMMAND_SPECIFIC.build({"command_specific_information": command_specific})
    if specific := _build_specific(values):
        yield SENSE_KEY_SPECIFIC.build({"sense_key_specific": specific})
    if fruc := values["fruc"]:
        yield FIELD_REPLACEABLE_UNIT.build({"fruc": fruc})
    if values["filemark"] or values["eom"]:
        yield STREAM_COMMANDS.build({name: values[name] for name in ("filemark", "eom", "ili")})
    elif values["ili"]:
        yield BLOCK_COMMANDS.build({"ili": True})


_FORMATS: Final = {0x70: _parse_fixed, 0x71: _parse_fixed, 0x72: _parse_descriptor, 0x73: _parse_descriptor}
_BUILDERS: Final[dict[SenseFormat, Callable[[Mapping[str, Any]], bytes]]] = {
    SenseFormat.NONE: lambda _: b"",
    SenseFormat.FIXED: _build_fixed,
    SenseFormat.DESCRIPTOR: _build_descriptor,
}


def _count(specific: bytes) -> int:
    count: int = COUNT.parse(specific)["count"]
    return count


def _build_count(count: int) -> bytes:
    return COUNT.build({"sksv": True, "count": count})


def _progress(specific: bytes) -> float:
    return _count(specific) / PROGRESS_SCALE


def _build_progress(progress: float) -> bytes:
    if not 0 <= progress <= 1:
        raise ValueError(f"progress = {progress} is not between 0 and 1")
    return _build_count(min(round(progress * PROGRESS_SCALE), PROGRESS_SCALE - 1))


def _pointer(specific: bytes) -> FieldPointer:
    values = POINTER.parse(specific)
    return FieldPointer(values["byte"], values["bit_pointer"] if values["bpv"] else None, values["c_d"])


def _build_pointer(pointer: FieldPointer) -> bytes:
    bit = {} if pointer.bit is None else {"bpv": True, "bit_pointer": pointer.bit}
    return POINTER.build({"sksv": True, "c_d": pointer.in_cdb, "byte": pointer.byte, **bit})


# What the sense key specific field means: the value's name, the keys it goes with, how it is read and built.
_Meaning = tuple[str, tuple[int, ...], Callable[[bytes], Any], Callable[[Any], bytes]]
_MEANINGS: Final[tuple[_Meaning, ...]] = (
    ("progress", (0x0, 0x2), _progress, _build_progress),
    ("retry_count", (0x1, 0x3, 0x4), _count, _build_count),
    ("field_pointer", (0x5,), _pointer, _build_pointer),
)


def _specific(key: int, values: dict[str, Any]) -> dict[str, Any]:
    specific = values["sense_key_specific"]
    if not specific[0] & 0x80:
        return {}
    return {name: read(specific) for name, keys, read, _ in _MEANINGS if key in keys}


def _build_specific(values: Mapping[str, Any]) -> bytes:
    built = b""
    for name, keys, _, write in _MEANINGS:
        if values[name] is None:
            continue
        if values["key"] not in keys:
            raise ValueError(f"sense key {values['key']:X}h carries no {name}")
        built = write(values[name])
    return built


def _information(_: int, values: dict[str, Any]) -> dict[str, Any]:
    return {"information": values["information"]} if values["valid"] else {}


_Reader = Callable[[int, dict[str, Any]], dict[str, Any]]


def _same(*names: str) -> _Reader:
    return lambda _, values: {name: values[name] for name in names}


def _direct_access(key: int, values: dict[str, Any]) -> dict[str, Any]:
    same = _same("ili", "fruc", "command_specific_information")
    return same(key, values) | _information(key, values) | _specific(key, values)


_READERS: Final[dict[int, tuple[Layout, _Reader]]] = {
    0x00: (INFORMATION, _information),
    0x01: (COMMAND_SPECIFIC, _same("command_specific_information")),
    0x02: (SENSE_KEY_SPECIFIC, _specific),
    0x03: (FIELD_REPLACEABLE_UNIT, _same("fruc")),
    0x04: (STREAM_COMMANDS, _same("filemark", "eom", "ili")),
    0x05: (BLOCK_COMMANDS, _same("ili")),
    0x0A: (ANOTHER_PROGRESS, lambda _, values: {"progress": values["progress"] / PROGRESS_SCALE}),
    0x0D: (DIRECT_ACCESS, _direct_access),
}
