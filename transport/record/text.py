"""Recordings as text: a line for each command, for people to read and for `replay` to play.

    # discstack trace 1
    # max_transfer 131072
    # usual_transfer 65536
    0.000000 +0.211ms | TEST UNIT READY | 00 00 00 00 00 00 | - | 30s | CHECK CONDITION [70 00 02 ...] NOT READY 2/3A/00
    0.000312 +0.402ms | INQUIRY allocation_length=0x60 | 12 00 00 00 60 00 | <96 x:05 80 ... | 30s | GOOD, 60 short
    0.120345 +1.203ms | WRITE (10) transfer_length=0x20 | 2a 00 ... | >65536 z:eJz... | 60s | GOOD
    0.130345 +60001.000ms | SYNCHRONIZE CACHE (10) | 35 ... | - | 60s | no answer: TransportTimeout: no answer in time

Start and duration; the command in words and in bytes; what moved (`>` to the drive, `<` from it, with the room for it),
as hexadecimal (x:) or deflated and in base 64 (z:), then XXH3 of all of it (#) where it is not all; how long an answer
was waited for; the answer. Lines that begin with # hold remarks.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable
from typing import IO, Any, Final

import discstack.mmc.spec.commands  # noqa: F401  (so that `describe` knows the commands)
from discstack.mmc.spec.cdb import Direction, describe
from discstack.mmc.spec.sense import Sense
from discstack.transport.record.entry import Payload, Recorded, Recording
from discstack.transport.trace import STATUS_NAMES

FIRST_LINE: Final = "# discstack trace 1"
SEPARATOR: Final = " | "
IN_HEXADECIMAL: Final = 64  # bytes; more is deflated
MARKS: Final = {Direction.TO_DEVICE: ">", Direction.FROM_DEVICE: "<"}
_DIRECTIONS: Final = {mark: direction for direction, mark in MARKS.items()}
_CODES: Final = {name: status for status, name in STATUS_NAMES.items()}
_TIMES: Final = re.compile(r"(?P<start>[\d.]+) \+(?P<duration>[\d.]+)ms")
_PAYLOAD: Final = re.compile(
    r"(?P<mark>[<>])(?P<length>\d+)( of (?P<size>\d+))?( (?P<data>[xz]:\S*))?( #(?P<digest>\w+))?"
)
_ANSWER: Final = re.compile(r"(?P<name>[A-Z ]+|0x[0-9a-f]{2})(, (?P<short>\d+) short)?( \[(?P<sense>[0-9a-f ]+)\].*)?")
_SIZE: Final = re.compile(r"# ((?:max|usual)_transfer) (\d+)")
_LOST: Final = "no answer: "


class RecordingError(ValueError):
    """A file that is no recording, or one that is damaged."""


class TextWriter:
    """Writes a recording to an open text file."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def begin(self, max_transfer: int, usual_transfer: int) -> None:
        """Write what stands before the first command."""
        self._put(f"{FIRST_LINE}\n# max_transfer {max_transfer}\n# usual_transfer {usual_transfer}")

    def write(self, entry: Recorded) -> None:
        """Write a command."""
        self._put(dumps(entry))

    def remark(self, start: float, words: str) -> None:
        """Write what is no command."""
        self._put(f"# {start:.6f} {words}")

    def _put(self, text: str) -> None:
        self._file.write(text + "\n")
        self._file.flush()


def dumps(entry: Recorded) -> str:
    """Return a command as a line."""
    cells = (
        f"{entry.start:.6f} +{entry.duration * 1000:.3f}ms",
        describe(entry.cdb),
        entry.cdb.hex(" "),
        _spell_payload(entry),
        f"{entry.timeout:g}s",
        _spell_answer(entry),
    )
    return SEPARATOR.join(cells)


def _spell_payload(entry: Recorded) -> str:
    payload = entry.payload
    if entry.direction is Direction.NONE:
        return "-"
    words = [f"{MARKS[entry.direction]}{entry.length}"]
    if payload.size != entry.length:
        words.append(f"of {payload.size}")
    if payload.kept:
        short = len(payload.kept) <= IN_HEXADECIMAL
        packed = base64.b64encode(zlib.compress(payload.kept)).decode("ascii")
        words.append(f"x:{payload.kept.hex()}" if short else f"z:{packed}")
    return " ".join([*words, *([f"#{payload.digest.hex()}"] if payload.digest else [])])


def _spell_answer(entry: Recorded) -> str:
    if entry.status is None:
        return _LOST + entry.failure.replace("\n", " ")
    words = STATUS_NAMES.get(entry.status, f"{entry.status:#04x}")
    words += f", {entry.residual} short" if entry.residual else ""
    return words + (f" [{entry.sense.hex(' ')}] {Sense.parse(entry.sense)}" if entry.sense else "")


def read_text(lines: Iterable[str]) -> Recording:
    """Read a recording; raises RecordingError."""
    numbered = enumerate(lines, 1)
    if next((line.strip() for _, line in numbered), "") != FIRST_LINE:
        raise RecordingError(f"this is no recording: it does not begin with {FIRST_LINE!r}")
    sizes, entries = dict[str, int](), list[Recorded]()
    for number, line in numbered:
        if match := _SIZE.match(line):
            sizes[match[1]] = int(match[2])
        elif line.strip() and not line.startswith("#"):
            try:
                entries.append(loads(line))
            except (ValueError, zlib.error) as error:
                raise RecordingError(f"line {number} of the recording makes no sense: {error}") from error
    return Recording(entries, **sizes)


def loads(line: str) -> Recorded:
    """Read a line; ValueError for what is none."""
    times, _, cdb, payload, timeout, answer = line.rstrip("\n").split(SEPARATOR, 5)
    if (moment := _TIMES.fullmatch(times)) is None:
        raise ValueError(f"no times: {times!r}")
    return Recorded(
        start=float(moment["start"]),
        duration=float(moment["duration"]) / 1000,
        cdb=bytes.fromhex(cdb),
        timeout=float(timeout.removesuffix("s")),
        **_read_payload(payload),
        **_read_answer(answer),
    )


def _read_payload(text: str) -> dict[str, Any]:
    if text == "-":
        return {}
    match = _PAYLOAD.fullmatch(text)
    if match is None:
        raise ValueError(f"no data: {text!r}")
    kind, _, packed = (match["data"] or "x:").partition(":")
    kept = bytes.fromhex(packed) if kind == "x" else zlib.decompress(base64.b64decode(packed))
    return {
        "direction": _DIRECTIONS[match["mark"]],
        "length": int(match["length"]),
        "payload": Payload(int(match["size"] or match["length"]), kept, bytes.fromhex(match["digest"] or "")),
    }


def _read_answer(text: str) -> dict[str, Any]:
    if text.startswith(_LOST):
        return {"failure": text.removeprefix(_LOST)}
    match = _ANSWER.fullmatch(text)
    if match is None:
        raise ValueError(f"no answer: {text!r}")
    name = match["name"]
    return {
        "status": _CODES[name] if name in _CODES else int(name, 16),
        "residual": int(match["short"] or 0),
        "sense": bytes.fromhex(match["sense"] or ""),
    }
