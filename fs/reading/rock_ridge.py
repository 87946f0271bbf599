"""What Rock Ridge says of a directory record (RRIP 1.12, and 1.10 that has no serial numbers)."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable
from struct import Struct
from typing import Final

from discstack.fs.attributes import PERMISSIONS, Attributes, Device, Times
from discstack.fs.reading.notes import Notes, Oddity
from discstack.fs.reading.susp import Field
from discstack.fs.reading.times import recording_date, volume_date

SIGNATURES: Final = frozenset({b"RR", b"PX", b"NM", b"TF", b"SL", b"CL", b"PL", b"RE", b"PN"})
_PX: Final = Struct("<I4xI4xI4xI4x")  # 4.1.1
_PN: Final = Struct("<I4xI4x")  # 4.1.2
_LBA: Final = Struct("<I4x")
_CONTINUE: Final = 1  # flags of NM and SL, and of SL's components, 4.1.3 and 4.1.4
_CURRENT: Final = 2
_PARENT: Final = 4
_ROOT: Final = 8
_STAMPS: Final = ("creation", "modify", "access", "attributes", "backup", "expiration", "effective")  # 4.1.6
_LONG_FORM: Final = 0x80
_MINOR_BITS: Final = 8  # of a device number that stands in the low half of PN alone


class RockRidge:
    """The fields of one record, taken together; what is not there is None."""

    __slots__ = ("child", "device", "gid", "links", "mode", "name", "relocated", "serial", "stamps", "target", "uid")

    def __init__(self, fields: Iterable[Field], where: str, notes: Notes) -> None:
        self.name: bytes | None = None
        self.mode: int | None = None
        self.links = 1
        self.uid = self.gid = 0
        self.serial: int | None = None
        self.device: Device | None = None
        self.target: bytes | None = None
        self.child: int | None = None  # the sector of a directory that lies elsewhere
        self.relocated = False
        self.stamps = dict[str, int]()
        link = _Link()
        for field in fields:
            take = _TAKERS.get(field.signature)
            if take is not None and not take(self, field.data):
                notes.add(Oddity.MALFORMED, where, f"{field.signature.decode('ascii')} field too short; passed over")
            elif field.signature == b"SL":
                link.take(field.data)
            elif field.signature == b"ZF":
                notes.add(Oddity.COMPRESSED, where, "a zisofs file; its data is taken as it is recorded")
        if link.used:
            self.target = link.target

    @property
    def attributes(self) -> Attributes | None:
        """Permissions and owners."""
        return None if self.mode is None else Attributes(self.mode & PERMISSIONS, self.uid, self.gid)

    @property
    def kind(self) -> int:
        """The type bits of the mode, 0 where there is no mode."""
        return 0 if self.mode is None else stat.S_IFMT(self.mode)

    @property
    def times(self) -> Times | None:
        """Times of access, of the change of attributes and of creation; None where there is only that of modification.

        That one stands for what is missing beside a time of creation.
        """
        stamps = self.stamps
        if "creation" not in stamps and not {"access", "attributes"} <= stamps.keys():
            return None
        modified = stamps.get("modify", stamps.get("creation", 0))
        return Times(stamps.get("access", modified), stamps.get("attributes", modified), stamps.get("creation"))

    def _take_name(self, data: bytes) -> bool:
        if data and not data[0] & (_CURRENT | _PARENT):
            self.name = (self.name or b"") + data[1:]
        return bool(data)

    def _take_attributes(self, data: bytes) -> bool:
        if len(data) < _PX.size:
            return False
        self.mode, self.links, self.uid, self.gid = _PX.unpack_from(data)
        if len(data) >= _PX.size + _LBA.size:
            (self.serial,) = _LBA.unpack_from(data, _PX.size)
        return True

    def _take_device(self, data: bytes) -> bool:
        if len(data) < _PN.size:
            return False
        high, low = _PN.unpack_from(data)
        self.device = Device(high, low)
        if not high:  # the whole device number stands in the low half, as most writers have it
            self.device = Device(low >> _MINOR_BITS, low & (1 << _MINOR_BITS) - 1)
        return True

    def _take_child(self, data: bytes) -> bool:
        if len(data) < _LBA.size:
            return False
        (self.child,) = _LBA.unpack_from(data)
        return True

    def _take_relocated(self, data: bytes) -> bool:
        self.relocated = True
        return True

    def _take_times(self, data: bytes) -> bool:
        if not data:
            return False
        size, read = (17, volume_date) if data[0] & _LONG_FORM else (7, recording_date)
        at = 1
        for bit, stamp in enumerate(_STAMPS):
            if not data[0] >> bit & 1:
                continue
            time = read(data[at : at + size])
            if time is not None:
                self.stamps[stamp] = time
            at += size
        return at <= len(data)


_TAKERS: Final[dict[bytes, Callable[[RockRidge, bytes], bool]]] = {
    b"NM": RockRidge._take_name,
    b"PX": RockRidge._take_attributes,
    b"PN": RockRidge._take_device,
    b"CL": RockRidge._take_child,
    b"RE": RockRidge._take_relocated,
    b"TF": RockRidge._take_times,
}


class _Link:
    """The target of a symbolic link out of SL fields, 4.1.3: components, each of which may be cut into parts."""

    def __init__(self) -> None:
        self.used = False
        self._parts = list[bytes]()
        self._open = True  # whether the next component goes on with the one before

    @property
    def target(self) -> bytes:
        return b"".join(self._parts)

    def take(self, data: bytes) -> None:
        self.used = True
        at = 1
        while at + 2 <= len(data):
            flags, length = data[at], data[at + 1]
            self._component(flags, data[at + 2 : at + 2 + length])
            at += 2 + length

    def _component(self, flags: int, text: bytes) -> None:
        if flags & _ROOT:
            self._parts = [b"/"]
            self._open = True
            return
        if not self._open:
            self._parts.append(b"/")
        self._parts.append(b"." if flags & _CURRENT else b".." if flags & _PARENT else text)
        self._open = bool(flags & _CONTINUE)
