"""Our declarations against the headers that come with mingw-w64, for both word sizes."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
from cffi import FFI
from compiled import SRC

from discstack.transport.windows import errors, interfaces
from discstack.transport.windows.declarations import (
    CDROM_CONSTANTS,
    CDROM_STRUCTURES,
    CONSTANTS,
    KERNEL32,
    SETUPAPI,
    STRUCTURES,
)
from discstack.transport.windows.device import BUS_TYPE_USB, OPTICAL
from discstack.transport.windows.drives import BUSES

SPTI = (SRC / "spti.h").read_text()
PACKET = re.search(r"typedef struct \{[^}]*\} SCSI_PASS_THROUGH_DIRECT;", SPTI)
CODES = dict(re.findall(r"#define ((?:IOCTL|SCSI)_\w+) (\w+)", SPTI))
LATER = {"ERROR_NO_SUCH_DEVICE"}  # than mingw-w64's winerror.h
# names of STORAGE_BUS_TYPE
BUS_TYPES = {
    "Scsi": 1,
    "Atapi": 2,
    "Ata": 3,
    "1394": 4,
    "Usb": 7,
    "RAID": 8,
    "iScsi": 9,
    "Sas": 10,
    "Sata": 11,
    "Virtual": 14,
    "FileBackedVirtual": 15,
}
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


def compile_for(machine: str, source: str, *, to: str = "-fsyntax-only") -> tuple[str, str]:
    """Return what a compiler for Windows makes of C, and its complaints; skips where there is none."""
    compiler = f"{machine}-w64-mingw32-gcc"
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    options = [
        "-D_WIN32_WINNT=0x0A00",
        "-DNTDDI_VERSION=0x0A000000",
        f"-I{SRC}",
        "-Wall",
        to,
        "-o",
        "-",
        "-x",
        "c",
        "-",
    ]
    done = subprocess.run([compiler, *options], input=source, text=True, capture_output=True, check=False)
    return done.stdout, done.stderr


@pytest.mark.parametrize("machine", ["x86_64", "i686"])
def test_structures_and_constants_are_those_of_the_sdk(machine: str) -> None:
    assert compile_for(machine, program(STRUCTURES + CDROM_STRUCTURES)) == ("", "")


@pytest.mark.parametrize("machine", ["x86_64", "i686"])
def test_what_has_no_declaration_is_the_sdks_too(machine: str) -> None:
    """Sizes that Windows must be told, error codes, kinds of devices and buses."""
    detail = "SP_DEVICE_INTERFACE_DETAIL_DATA_W"
    claims = {
        f"sizeof({detail})": 8 if machine == "x86_64" else 6,
        f"offsetof({detail}, DevicePath)": interfaces.DETAIL_HEAD,
        "BusTypeUsb": BUS_TYPE_USB,
        **{name: value for name, value in vars(errors).items() if name.startswith("ERROR_") and name not in LATER},
        **{f"BusType{name}": number for name, number in BUS_TYPES.items()},
        **dict(zip(("FILE_DEVICE_CD_ROM", "FILE_DEVICE_DVD"), sorted(OPTICAL), strict=True)),
    }
    assert set(BUS_TYPES.values()) == set(BUSES)
    lines = [f'_Static_assert((unsigned long)({what}) == {value}, "{what}");' for what, value in claims.items()]
    assert compile_for(machine, "\n".join(["#include <stddef.h>", HEADERS, *lines])) == ("", "")


def test_the_interface_is_that_of_the_sdk() -> None:
    define = "#undef DEFINE_GUID\n#define DEFINE_GUID(name, ...) GUID_OF name: __VA_ARGS__;\n"
    text, _ = compile_for("x86_64", f"#include <guiddef.h>\n{define}#include <ntddstor.h>", to="-E")
    plain = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    found = re.search(r"GUID_OF\s+GUID_DEVINTERFACE_CDROM\s*:([^;]*);", plain)
    assert found
    first, second, third, *rest = (int(number, 16) for number in found[1].split(","))
    assert (first, second, third, bytes(rest)) == interfaces.CDROM


@pytest.mark.parametrize("machine", ["x86_64", "i686"])
def test_the_packet_is_that_of_the_sdks_examples(machine: str) -> None:
    example = "typedef struct { SCSI_PASS_THROUGH_DIRECT sptd; ULONG Filler; UCHAR ucSenseBuf[64]; } WITH_BUFFER;"
    taken = ["SCSI_PASS_THROUGH_DIRECT", *CODES]
    lines = [*(f"#define {name} our_{name}" for name in taken[:1]), '#include "spti.c"']
    lines += [*(f"#undef {name}" for name in taken), HEADERS, example]
    lines.append('_Static_assert(sizeof(struct packet) == sizeof(WITH_BUFFER), "size");')
    lines.append('_Static_assert(offsetof(struct packet, sense) == offsetof(WITH_BUFFER, ucSenseBuf), "sense");')
    assert compile_for(machine, "\n".join(lines)) == ("", "")


@pytest.mark.parametrize("library", ["kernel32", "setupapi"])
def test_functions_take_as_many_bytes_as_those_of_the_sdk(library: str) -> None:
    """Where Windows has 32 bits, the name of a function in a library counts them."""
    ours = {"kernel32": KERNEL32, "setupapi": SETUPAPI}[library].replace("WINAPI", "__attribute__((stdcall))")
    names = re.findall(r"(\w+)\(", ours.replace("__attribute__((stdcall))", ""))
    called = f"const void *called[] = {{{', '.join(f'(const void *){name}' for name in names)}}};"
    plain = ours.replace("*interface", "*of").replace("*class", "*kind")
    mine, _ = compile_for("i686", f"#include <stdint.h>\n#include <wchar.h>\n{STRUCTURES}{plain}{called}", to="-S")
    theirs, complaints = compile_for("i686", HEADERS + called, to="-S")
    assert complaints == ""
    sizes = [set(re.findall(r"_(\w+@\d+)", text)) for text in (mine, theirs)]
    assert sizes[0] == sizes[1]
    assert len(sizes[0]) == len(names)


@pytest.mark.parametrize("machine", ["x86_64", "i686"])
def test_a_member_of_another_size_is_found(machine: str) -> None:
    wrong = STRUCTURES.replace("uint32_t BusType;", "uint8_t BusType;") + CDROM_STRUCTURES
    assert "STORAGE_DEVICE_DESCRIPTOR.BusType" in compile_for(machine, program(wrong))[1]


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
