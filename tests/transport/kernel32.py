"""kernel32 played by a Python object: one drive, whose driver keeps the rules that Windows's documentation tells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from cffi import FFI
from compiled import SRC

from discstack.transport.windows.calls import INVALID_HANDLE, READ_WRITE
from discstack.transport.windows.declarations import CDROM_CONSTANTS, CONSTANTS, ffi

IOCTL_SCSI_PASS_THROUGH_DIRECT = 0x4D014
NAMES = {code: name for name, code in {**CONSTANTS, **CDROM_CONSTANTS}.items() if name.startswith(("IOCTL", "FSCTL"))}
NAMES[IOCTL_SCSI_PASS_THROUGH_DIRECT] = "IOCTL_SCSI_PASS_THROUGH_DIRECT"
ACCESS_DENIED, NOT_READY, BAD_COMMAND, SHARING_VIOLATION, NOT_SUPPORTED, INVALID_PARAMETER = 5, 21, 22, 32, 50, 87

packets: Any = FFI()
packets.cdef(re.search(r"typedef struct \{[^}]*\} SCSI_PASS_THROUGH_DIRECT;", (SRC / "spti.h").read_text())[0])  # type: ignore[index]  # it is there


@dataclass
class Answer:
    """What the device answers to a command; with an `error` it does not."""

    error: int = 0
    status: int | None = 0  # None: the driver leaves what it found
    sense: bytes = b""
    sense_length: int | None = None  # as told by the driver, if not the sense's own
    data: bytes = b""
    moved: int | None = None
    returned: int | None = None  # bytes of the packet that the driver gives back, if not all


@dataclass
class Request:
    """A command as the system was given it."""

    cdb: bytes
    data_in: int
    length: int
    timeout: int
    sense_room: int
    address: int
    data: bytes


@dataclass
class FakeKernel32:
    """The drive D:, which is CdRom0, and the state that it is in."""

    max_transfer: int = 128 << 10
    bus_type: int = 0x0B  # BusTypeSata
    pages: int = 33
    alignment_mask: int = 0
    descriptor: bool = True
    cut: int | None = None  # bytes of any answer of the system's, if not all
    failing: dict[str, int] = field(default_factory=dict)  # errors of orders, by name
    device_type: int | None = 2  # as the system has it
    peripheral_type: int = 5  # as the device has it
    exclusive_access: bool = True  # whether the driver has it
    volume: bool = True  # whether there is a medium with a file system
    others_open: int = 0  # attempts to lock that others' open files make fail
    exclusive_owner: object = None
    owner_name: bytes = b""
    open_error: int = 0
    held: int = 0  # attempts to open it that somebody who has it alone makes fail
    answers: list[Answer] = field(default_factory=list)
    description: bytearray = field(default_factory=lambda: bytearray(device_descriptor()))

    def __post_init__(self) -> None:
        self.requests: list[Request] = []
        self.calls: list[str] = []
        self.opened: list[tuple[str, int]] = []
        self.access: dict[int, int] = {}
        self.locked = False
        self.last_error = 0
        self.DeviceIoControl = ffi.callback(
            "int(void *, uint32_t, void *, uint32_t, void *, uint32_t, uint32_t *, void *)", self._control
        )
        self.GetLastError = ffi.callback("uint32_t(void)", lambda: self.last_error)
        self._codes = {
            IOCTL_SCSI_PASS_THROUGH_DIRECT: self._pass_through,
            CONSTANTS["IOCTL_STORAGE_QUERY_PROPERTY"]: self._query_property,
            CONSTANTS["IOCTL_STORAGE_GET_DEVICE_NUMBER"]: self._device_number,
            CONSTANTS["FSCTL_LOCK_VOLUME"]: self._lock_volume,
            CONSTANTS["FSCTL_UNLOCK_VOLUME"]: self._unlock_volume,
            CONSTANTS["FSCTL_DISMOUNT_VOLUME"]: self._dismount,
            CDROM_CONSTANTS["IOCTL_CDROM_EXCLUSIVE_ACCESS"]: self._exclusive,
        }

    def CreateFileW(self, path: str, access: int, share: int, *_: Any) -> Any:
        self.opened.append((path, access))
        if len(self.opened) <= self.held:
            self.last_error = SHARING_VIOLATION
            return INVALID_HANDLE
        if self.open_error or share != 3:
            self.last_error = self.open_error or INVALID_PARAMETER
            return INVALID_HANDLE
        number = 0x100 + 4 * len(self.opened)
        self.access[number] = access
        return ffi.cast("void *", number)

    def CloseHandle(self, handle: Any) -> int:
        number = int(ffi.cast("uintptr_t", handle))
        del self.access[number]
        self.calls.append("close")
        if self.exclusive_owner == number:
            self.exclusive_owner = None
        self.locked = False
        return 1

    def _control(
        self, handle: Any, code: int, given: Any, size: int, room: Any, room_size: int, returned: Any, overlapped: Any
    ) -> int:
        number = int(ffi.cast("uintptr_t", handle))
        if number not in self.access:
            self.last_error = 6
            return 0
        try:
            if failure := self.failing.get(NAMES[code]):
                raise OSError(failure, "")
            answer = self._codes[code](number, given, size)
        except OSError as error:
            self.last_error = error.errno or 0
            return 0
        if answer is not None:
            answer = answer[: self.cut]
            returned[0] = min(len(answer), room_size)
            ffi.memmove(room, answer, returned[0])
        return 1

    def _pass_through(self, number: int, given: Any, size: int) -> bytes:
        packet = packets.new("char[]", bytes(ffi.buffer(given, size)))  # what it returns is copied back
        request = packets.cast("SCSI_PASS_THROUGH_DIRECT *", packet)
        header = packets.sizeof("SCSI_PASS_THROUGH_DIRECT")
        address, length = int(packets.cast("uintptr_t", request.DataBuffer)), request.DataTransferLength
        if self.access[number] != READ_WRITE or self.exclusive_owner not in (None, number):
            raise OSError(ACCESS_DENIED, "")
        if request.Length != header or not header <= request.SenseInfoOffset <= size - request.SenseInfoLength:
            raise OSError(INVALID_PARAMETER, "")
        if length > self.max_transfer or address & self.alignment_mask or not 1 <= request.TimeOutValue <= 108_000:
            raise OSError(INVALID_PARAMETER, "")
        data = packets.buffer(request.DataBuffer, length) if length else bytearray()
        self.requests.append(
            Request(
                bytes(request.Cdb)[: request.CdbLength],
                request.DataIn,
                length,
                request.TimeOutValue,
                request.SenseInfoLength,
                address,
                bytes(data) if request.DataIn == 0 else b"",
            )
        )
        answer = self.answers.pop(0) if self.answers else self._usual(request.Cdb[0])
        if answer.error:
            raise OSError(answer.error, "")
        if answer.status is not None:
            request.ScsiStatus = answer.status
        sense = packets.buffer(packets.cast("char *", request) + request.SenseInfoOffset, request.SenseInfoLength)
        sense[: len(answer.sense)] = answer.sense
        request.SenseInfoLength = len(answer.sense) if answer.sense_length is None else answer.sense_length
        data[: len(answer.data)] = answer.data
        if answer.moved is not None:
            request.DataTransferLength = answer.moved
        elif request.DataIn == 1:
            request.DataTransferLength = len(answer.data)
        return bytes(packets.buffer(packet, size if answer.returned is None else answer.returned))

    def _usual(self, opcode: int) -> Answer:
        return Answer(data=bytes([self.peripheral_type]).ljust(36, b"\0")) if opcode == 0x12 else Answer()

    def GetLogicalDrives(self) -> int:
        return 0b1100  # C: and D:

    def GetDriveTypeW(self, root: str) -> int:
        return {"C:\\": 3, "D:\\": 5}[root]

    def _query_property(self, number: int, given: Any, size: int) -> bytes:
        query = ffi.cast("STORAGE_PROPERTY_QUERY *", given)
        if not self.descriptor or query.PropertyId not in (0, 1) or query.QueryType:
            raise OSError(NOT_SUPPORTED, "")
        if query.PropertyId == CONSTANTS["StorageDeviceProperty"]:
            return bytes(self.description)
        adapter = ffi.new(
            "STORAGE_ADAPTER_DESCRIPTOR *",
            {
                "Version": 32,
                "Size": 32,
                "MaximumTransferLength": self.max_transfer,
                "MaximumPhysicalPages": self.pages,
                "AlignmentMask": self.alignment_mask,
                "BusType": self.bus_type,
            },
        )
        return bytes(ffi.buffer(adapter))

    def _device_number(self, number: int, given: Any, size: int) -> bytes:
        if self.device_type is None:
            raise OSError(1, "")
        return bytes(ffi.buffer(ffi.new("STORAGE_DEVICE_NUMBER *", [self.device_type, 0, 0xFFFFFFFF])))

    def _lock_volume(self, number: int, given: Any, size: int) -> None:
        self.calls.append("lock volume")
        if not self.volume:
            raise OSError(NOT_READY, "")
        if self.others_open:
            self.others_open -= 1
            raise OSError(ACCESS_DENIED, "")
        self.locked = True

    def _unlock_volume(self, number: int, given: Any, size: int) -> None:
        self.calls.append("unlock volume")
        self.locked = False

    def _dismount(self, number: int, given: Any, size: int) -> None:
        self.calls.append("dismount")
        self.volume = False

    def _exclusive(self, number: int, given: Any, size: int) -> bytes | None:
        if not self.exclusive_access:
            raise OSError(1, "")
        access = ffi.cast("CDROM_EXCLUSIVE_ACCESS *", given)
        if access.RequestType == 0:
            state = ffi.new("CDROM_EXCLUSIVE_LOCK_STATE *", [self.exclusive_owner is not None, self.owner_name])
            return bytes(ffi.buffer(state))
        if access.RequestType == 2:
            self.calls.append("unlock device")
            self.exclusive_owner = None
            return None
        self.calls.append("lock device")
        if size < ffi.sizeof("CDROM_EXCLUSIVE_LOCK"):
            raise OSError(24, "")
        if self.volume:
            raise OSError(BAD_COMMAND, "")
        if self.exclusive_owner is not None:
            raise OSError(ACCESS_DENIED, "")
        lock = ffi.cast("CDROM_EXCLUSIVE_LOCK *", given)
        self.exclusive_owner, self.owner_name = number, ffi.string(lock.CallerName)
        return None


def device_descriptor() -> bytes:
    """Return what Windows says of a drive by USB: texts behind the structure, one of them missing."""
    texts = b"\0ACME    \0BD-RE WH16       \0" + b"1.02\0"
    size = ffi.sizeof("STORAGE_DEVICE_DESCRIPTOR")
    descriptor = ffi.new(
        "STORAGE_DEVICE_DESCRIPTOR *",
        {
            "Version": size,
            "Size": size + len(texts),
            "DeviceType": 5,
            "RemovableMedia": 1,
            "VendorIdOffset": size + 1,
            "ProductIdOffset": size + 10,
            "ProductRevisionOffset": size + 28,
            "SerialNumberOffset": 0,
            "BusType": 7,
        },
    )
    return bytes(ffi.buffer(descriptor)) + texts


@dataclass
class FakeSetupApi:
    """Lists device interfaces: paths, instances and friendly names; its errors are those of kernel32."""

    kernel32: FakeKernel32
    drives: list[tuple[str, str, str]] = field(default_factory=list)
    refuses: int = 0
    open_sets: int = 0

    def SetupDiGetClassDevsW(self, guid: Any, enumerator: Any, parent: Any, flags: int) -> Any:
        if self.refuses:
            self.kernel32.last_error = self.refuses
            return INVALID_HANDLE
        assert (guid.Data1, bytes(guid.Data4).hex(), flags) == (0x53F56308, "94f200a0c91efb8b", 0x12)
        self.open_sets += 1
        return ffi.cast("void *", 1)

    def SetupDiEnumDeviceInterfaces(self, devices: Any, device: Any, guid: Any, index: int, interface: Any) -> int:
        assert interface.cbSize == ffi.sizeof("SP_DEVICE_INTERFACE_DATA")
        if index >= len(self.drives):
            self.kernel32.last_error = 259
            return 0
        interface.Reserved = index
        return 1

    def SetupDiGetDeviceInterfaceDetailW(
        self, devices: Any, interface: Any, detail: Any, size: int, required: Any, device: Any
    ) -> int:
        path = self.drives[interface.Reserved][0].encode("utf-16-le") + b"\0\0"
        if required != ffi.NULL:
            required[0] = 4 + len(path)
        if size < 4 + len(path):
            self.kernel32.last_error = 122
            return 0
        assert ffi.cast("uint32_t *", detail)[0] == 8
        assert device.cbSize == ffi.sizeof("SP_DEVINFO_DATA")
        ffi.memmove(detail + 4, path, len(path))
        device.DevInst = interface.Reserved
        return 1

    def SetupDiGetDeviceInstanceIdW(self, devices: Any, device: Any, text: Any, size: int, required: Any) -> int:
        instance = self.drives[device.DevInst][1].encode("utf-16-le") + b"\0\0"
        assert len(instance) <= 2 * size
        ffi.memmove(text, instance, len(instance))
        return 1

    def SetupDiGetDeviceRegistryPropertyW(
        self, devices: Any, device: Any, property: int, kind: Any, text: Any, size: int, required: Any
    ) -> int:
        assert property == 12
        name = self.drives[device.DevInst][2].encode("utf-16-le") + b"\0\0"
        assert len(name) <= size
        ffi.memmove(text, name, len(name))
        return 1

    def SetupDiDestroyDeviceInfoList(self, devices: Any) -> int:
        self.open_sets -= 1
        return 1
