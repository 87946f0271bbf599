"""Our declarations against the headers that come with mingw-w64, for both word sizes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cffi import FFI

from discstack.transport.windows.declarations import CDROM_CONSTANTS, CDROM_STRUCTURES, CONSTANTS, STRUCTURES

SPTI = (Path(__file__).parent.parent.parent.parent / "native/src/spti.h").read_text()
PACKET = re.search(r"typedef struct \{[^}]*\} SCSI_PASS_THROUGH_DIRECT;", SPTI)
CODES = dict(re.findall(r"#define ((?:IOCTL|SCSI)_\w+) (\w+)", SPTI))
# mingw-w64 has no such part of ntddcdrm.h: as its documentation has it
CDROM = """
#include <ntddcdrm.h>
#define IOCTL_CDROM_EXCLUSIVE_ACCESS \\
    CTL_CODE(IOCTL_CDROM_BASE, 0x17, METHOD_BUFFERED, FILE_READ_ACCESS | FILE_WRITE_ACCESS)
#define CDROM_EXCLUSIVE_CALLER_LENGTH 64
typedef enum { ExclusiveAccessQueryState, ExclusiveAccessLockDevice, ExclusiveAccessUnlockDevice } REQUEST_TYPE;
typedef struct { REQUEST_TYPE RequestType; ULONG Flags; } CDROM_EXCLUSIVE_ACCESS;
typedef struct { CDROM_EXCLUSIVE_ACCESS Access; UCHAR CallerName[CDROM_EXCLUSIVE_CALLER_LENGTH]; } CDROM_EXCLUSIVE_LOCK;
typedef struct { BOOLEAN LockState; UCHAR CallerName[CDROM_EXCLUSIVE_CALLER_LENGTH]; } CDROM_EXCLUSIVE_LOCK_STATE;
"""
HEADERS = "".join(f"#include <{name}.h>\n" for name in ("windows", "winioctl", "ntddscsi", "setupapi")) + CDROM


def program(structures: str) -> str:
    """Return C whose assertions hold the structures, under names of their own, against the SDK's."""
    assert PACKET
    text = structures + PACKET[0]
    declared: Any = FFI()
    declared.cdef(text)
    names = declared.list_types()[0]
    lines = ["#include <stddef.h>", "#include <stdint.h>", *(f"#define {name} our_{name}" for name in names), text]
    lines += [*(f"#undef {name}" for name in names), HEADERS]
    for name in names:
        lines.append(f'_Static_assert(sizeof(our_{name}) == sizeof({name}), "size of {name}");')
        for member, _ in declared.typeof(name).fields:
            place = f"offsetof(our_{name}, {member}) == offsetof({name}, {member})"
            size = f"sizeof(((our_{name} *)0)->{member}) == sizeof((({name} *)0)->{member})"
            lines.append(f'_Static_assert({place} && {size}, "{name}.{member}");')
    for name, value in {**CONSTANTS, **CDROM_CONSTANTS, **CODES}.items():
        lines.append(f'_Static_assert((unsigned long)({name}) == {value}, "{name}");')
    return "\n".join(lines)


def compile_for(machine: str, source: str) -> str:
    """Return the complaints of a compiler for Windows; skips where there is none."""
    compiler = f"{machine}-w64-mingw32-gcc"
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    options = ["-D_WIN32_WINNT=0x0A00", "-DNTDDI_VERSION=0x0A000000", "-Wall", "-fsyntax-only", "-x", "c", "-"]
    return subprocess.run([compiler, *options], input=source, text=True, capture_output=True, check=False).stderr


@pytest.mark.parametrize("machine", ["x86_64", "i686"])
def test_structures_and_constants_are_those_of_the_sdk(machine: str) -> None:
    assert compile_for(machine, program(STRUCTURES + CDROM_STRUCTURES)) == ""


@pytest.mark.parametrize("machine", ["x86_64", "i686"])
def test_a_member_of_another_size_is_found(machine: str) -> None:
    wrong = STRUCTURES.replace("uint32_t BusType;", "uint8_t BusType;") + CDROM_STRUCTURES
    assert "STORAGE_DEVICE_DESCRIPTOR.BusType" in compile_for(machine, program(wrong))


def test_layouts_on_64_bits_are_the_known_ones_without_a_compiler_for_windows() -> None:
    assert PACKET
    declared: Any = FFI()
    declared.cdef(STRUCTURES + CDROM_STRUCTURES + PACKET[0])
    packet = dict(declared.typeof("SCSI_PASS_THROUGH_DIRECT").fields)
    assert [
        packet[name].offset for name in ("DataIn", "DataTransferLength", "DataBuffer", "SenseInfoOffset", "Cdb")
    ] == [
        8,
        12,
        24,
        32,
        36,
    ]
    sizes = {name: declared.sizeof(name) for name in declared.list_types()[0]}
    assert sizes == {
        "CDROM_EXCLUSIVE_ACCESS": 8,
        "CDROM_EXCLUSIVE_LOCK": 72,
        "CDROM_EXCLUSIVE_LOCK_STATE": 65,
        "GUID": 16,
        "SCSI_PASS_THROUGH_DIRECT": 56,
        "SP_DEVICE_INTERFACE_DATA": 32,
        "SP_DEVINFO_DATA": 32,
        "STORAGE_ADAPTER_DESCRIPTOR": 32,
        "STORAGE_DEVICE_DESCRIPTOR": 40,
        "STORAGE_DEVICE_NUMBER": 12,
        "STORAGE_PROPERTY_QUERY": 12,
    }
