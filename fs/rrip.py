"""The system use entries of Rock Ridge, RRIP 1.12 and 1.10, as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from discstack.fs.attributes import Device, Times
from discstack.fs.dates import EARLIEST, LATEST, recording_date, volume_date
from discstack.fs.ecma119 import both_byte_32
from discstack.fs.susp import MAX_ENTRY, entry, extension_reference

# RRIP 1.12 4.3 and RRIP 1.10 4.3
IEEE_P1282: Final = extension_reference(
    b"IEEE_P1282",
    b"THE IEEE P1282 PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS.",
    b"PLEASE CONTACT THE IEEE STANDARDS DEPARTMENT, PISCATAWAY, NJ, USA FOR THE P1282 SPECIFICATION.",
)
RRIP_1991A: Final = extension_reference(
    b"RRIP_1991A",
    b"THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS",
    b"PLEASE CONTACT DISC PUBLISHER FOR SPECIFICATION SOURCE.  "
    b"SEE PUBLISHER IDENTIFIER IN PRIMARY VOLUME DESCRIPTOR FOR CONTACT INFORMATION.",
)
RELOCATED: Final = entry(b"RE", b"")
CONTINUE: Final = 0x01  # flag of NM, of SL and of a component of SL
CURRENT: Final = 0x02
PARENT: Final = 0x04
ROOT: Final = 0x08
CREATION: Final = 0x01  # flags of TF
MODIFY: Final = 0x02
ACCESS: Final = 0x04
ATTRIBUTES: Final = 0x08
LONG_FORM: Final = 0x80
NAME_HEAD: Final = 5  # bytes of NM before the name
MAX_NAME: Final = MAX_ENTRY - NAME_HEAD
_MAX_COMPONENTS: Final = MAX_ENTRY - 5  # bytes of an SL for its components
_COMPONENT_HEAD: Final = 2
_COMPONENT_FLAGS: Final = {b".": CURRENT, b"..": PARENT}
_PRESENT: Final = {
    signature: 1 << bit for bit, signature in enumerate((b"PX", b"PN", b"SL", b"NM", b"CL", b"PL", b"RE", b"TF"))
}


def posix_attributes(mode: int, links: int, uid: int, gid: int, serial: int | None) -> bytes:
    """Return PX, RRIP 1.12 4.1.1; without a serial number it is RRIP 1.10's. `mode` is the whole of st_mode."""
    numbers = (mode, links, uid, gid) if serial is None else (mode, links, uid, gid, serial)
    return entry(b"PX", b"".join(map(both_byte_32, numbers)))


def device_number(device: Device) -> bytes:
    """Return PN, RRIP 1.12 4.1.2.

    The low half holds the whole number as POSIX systems with 16 bits for it had it, which all readers take, or else the
    halves hold major and minor, which Linux takes.
    """
    high, low = (0, device.major << 8 | device.minor) if device.minor < 256 else device
    return entry(b"PN", both_byte_32(high) + both_byte_32(low))


def recorded_device(device: Device) -> Device:
    """Return what readers make of a device number: of major 0 they know no minor number from 256 on."""
    return device if device.major else Device(*divmod(device.minor, 256))


def alternate_name(name: bytes) -> list[bytes]:
    """Return NM, RRIP 1.12 4.1.4, as many as the name needs."""
    starts = range(0, len(name), MAX_NAME)
    return [
        entry(b"NM", bytes((CONTINUE if start + MAX_NAME < len(name) else 0,)) + name[start : start + MAX_NAME])
        for start in starts
    ]


def symbolic_link(target: bytes) -> list[bytes]:
    """Return SL, RRIP 1.12 4.1.3, as many as the target needs.

    Where an entry is full, the target is cut within a component, never between two: libarchive loses a slash that lies
    between two entries. Slashes in a row, and one at the end, are kept as components without text.
    """
    entries, full = list[bytes](), bytearray()
    components = list(_components(target))
    for number, (flags, text) in enumerate(components, 1):
        rest = text
        while not _fits(len(rest), _MAX_COMPONENTS - len(full), last=number == len(components)):
            kept = max(min(len(rest) - 1, _MAX_COMPONENTS - len(full) - _COMPONENT_HEAD), 0)
            full += bytes((CONTINUE, kept)) + rest[:kept]
            rest = rest[kept:]
            entries.append(entry(b"SL", bytes((CONTINUE,)) + full))
            full.clear()
        full += bytes((flags, len(rest))) + rest
    return [*entries, entry(b"SL", b"\0" + full)]


def _components(target: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield flags and text of each component."""
    if target.startswith(b"/"):
        yield ROOT, b""
        target = target[1:]
        if not target:
            return
    for text in target.split(b"/"):
        flags = _COMPONENT_FLAGS.get(text, 0)
        yield flags, b"" if flags else text


def _fits(size: int, room: int, *, last: bool) -> bool:
    """Tell whether text goes whole into an entry, and leaves the next one room to begin in the same."""
    room -= _COMPONENT_HEAD + size
    if last:
        return room >= 0
    return room > _COMPONENT_HEAD or (room == _COMPONENT_HEAD and size < 2)  # else this one is better cut itself


def child_link(lba: int) -> bytes:
    """Return CL, RRIP 1.12 4.1.5.1: where the directory is that belongs in this place."""
    return entry(b"CL", both_byte_32(lba))


def parent_link(lba: int) -> bytes:
    """Return PL, RRIP 1.12 4.1.5.2: where the parent is of a directory that was moved."""
    return entry(b"PL", both_byte_32(lba))


def time_stamps(mtime_ns: int, times: Times | None, *, long_form: bool) -> bytes:
    """Return TF, RRIP 1.12 4.1.6; the long form too where a year does not fit the short one."""
    stamps, flags = [mtime_ns], MODIFY
    if times is not None:
        stamps += times.atime_ns, times.ctime_ns
        flags |= ACCESS | ATTRIBUTES
        if times.birth_ns is not None:
            stamps.insert(0, times.birth_ns)
            flags |= CREATION
    if long_form or not all(EARLIEST <= stamp <= LATEST for stamp in stamps):
        return entry(b"TF", bytes((flags | LONG_FORM,)) + b"".join(map(volume_date, stamps)))
    return entry(b"TF", bytes((flags,)) + b"".join(map(recording_date, stamps)))


def present(entries: list[bytes]) -> bytes:
    """Return RR, RRIP 1.10 4.1.7: which of the protocol's entries there are; RRIP 1.12 has it no more."""
    flags = 0
    for each in entries:
        flags |= _PRESENT[each[:2]]
    return entry(b"RR", bytes((flags,)))
