"""The drives that Windows has found, by the device interfaces that its Setup API lists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from discstack.transport.windows.calls import INVALID_HANDLE, Windows
from discstack.transport.windows.declarations import CONSTANTS, ffi
from discstack.transport.windows.errors import ERROR_INSUFFICIENT_BUFFER, ERROR_NO_MORE_ITEMS

# GUID_DEVINTERFACE_CDROM of ntddstor.h, 53f56308-b6bf-11d0-94f2-00a0c91efb8b
CDROM: Final = (0x53F56308, 0xB6BF, 0x11D0, bytes.fromhex("94f200a0c91efb8b"))
PRESENT: Final = CONSTANTS["DIGCF_PRESENT"] | CONSTANTS["DIGCF_DEVICEINTERFACE"]
DETAIL_HEAD: Final = 4  # bytes before the path in SP_DEVICE_INTERFACE_DETAIL_DATA_W
# what its size must be said to be: with one character, as compilers of 64 and 32 bits lay it out
DETAIL_SIZE: Final = 8 if ffi.sizeof("void *") == 8 else 6
LONGEST: Final = 2048  # bytes of an instance's id or a friendly name


@dataclass(frozen=True, slots=True)
class Interface:
    """A drive by the path that opens it, its place in the machine, and what Windows calls it."""

    path: str
    instance: str
    friendly_name: str


def list_interfaces(windows: Windows) -> Iterator[Interface]:
    """Yield the optical drives that are there; CallFailed where Windows does not list them."""
    api = windows.setupapi
    with _devices(windows) as (devices, guid):
        for index in count():
            interface = ffi.new("SP_DEVICE_INTERFACE_DATA *")
            interface.cbSize = ffi.sizeof("SP_DEVICE_INTERFACE_DATA")
            if not api.SetupDiEnumDeviceInterfaces(devices, ffi.NULL, guid, index, interface):
                failed = windows.failure()
                if failed.number != ERROR_NO_MORE_ITEMS:
                    raise failed
                return
            yield _interface(windows, devices, interface)


@contextmanager
def _devices(windows: Windows) -> Iterator[tuple[Any, Any]]:
    first, second, third, rest = CDROM
    guid = ffi.new("GUID *", {"Data1": first, "Data2": second, "Data3": third, "Data4": rest})
    devices = windows.setupapi.SetupDiGetClassDevsW(guid, ffi.NULL, ffi.NULL, PRESENT)
    if devices == INVALID_HANDLE:
        raise windows.failure()
    try:
        yield devices, guid
    finally:
        windows.setupapi.SetupDiDestroyDeviceInfoList(devices)


def _interface(windows: Windows, devices: Any, interface: Any) -> Interface:
    api, device = windows.setupapi, ffi.new("SP_DEVINFO_DATA *")
    device.cbSize = ffi.sizeof("SP_DEVINFO_DATA")
    size = ffi.new("uint32_t *")
    asked = api.SetupDiGetDeviceInterfaceDetailW(devices, interface, ffi.NULL, 0, size, ffi.NULL)
    if not asked and (failed := windows.failure()).number != ERROR_INSUFFICIENT_BUFFER:
        raise failed
    detail = ffi.new("unsigned char[]", max(size[0], DETAIL_SIZE))
    ffi.cast("uint32_t *", detail)[0] = DETAIL_SIZE
    if not api.SetupDiGetDeviceInterfaceDetailW(devices, interface, detail, size[0], ffi.NULL, device):
        raise windows.failure()
    text = ffi.new("unsigned char[]", LONGEST)
    if not api.SetupDiGetDeviceInstanceIdW(devices, device, text, LONGEST // 2, ffi.NULL):
        raise windows.failure()
    instance = _text(text)
    name = CONSTANTS["SPDRP_FRIENDLYNAME"]
    named = api.SetupDiGetDeviceRegistryPropertyW(devices, device, name, ffi.NULL, text, LONGEST, ffi.NULL)
    return Interface(_text(detail + DETAIL_HEAD, len(detail) - DETAIL_HEAD), instance, _text(text) if named else "")


def _text(pointer: Any, size: int = LONGEST) -> str:
    return bytes(ffi.buffer(pointer, size)).decode("utf-16-le", "replace").partition("\0")[0]
