"""Builds `discstack.native._native`: the ring and the feeder, in cffi's API mode; for Windows, what their DLL has.

The headers are the one declaration: what is not for the preprocessor goes to cffi as it stands.
"""

import re
from pathlib import Path

from cffi import FFI

SRC = Path("native/src")
SHARED_HEADERS = ["histogram.h", "priority.h", "ring.h", "submit.h", "feeder.h", "pump.h"]
HEADERS = [*SHARED_HEADERS, "files.h", "folders.h", "pieces.h"]
SOURCES = [
    *("ring.c", "histogram.c", "feeder.c", "pace.c", "sense.c", "os_linux.c", "priority_linux.c"),
    *("xxh3.c", "pump.c", "files.c", "folders.c", "pieces.c", "sha256.c"),
]
NOT_A_NUMBER = re.compile(r"^#(?!define \w+ \d+$).*\n", re.MULTILINE)  # preprocessor lines that cffi does not take


def declarations(header: str) -> str:
    """Return a header for cffi."""
    return NOT_A_NUMBER.sub("", (SRC / header).read_text(encoding="utf-8"))


ffibuilder = FFI()
ffibuilder.cdef("".join(map(declarations, HEADERS)))
ffibuilder.set_source(
    "discstack.native._native",
    "".join(f'#include "{header}"\n' for header in HEADERS),
    sources=[str(SRC / source) for source in SOURCES],
    include_dirs=[str(SRC)],
    depends=[str(path) for path in SRC.glob("*.h")],
    extra_compile_args=["-std=c11", "-O2", "-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64"],
)

dll = FFI()
dll.cdef("".join(map(declarations, SHARED_HEADERS)))
dll.set_source("discstack.native._native", None)  # ABI mode: `discstack.native.library` loads the DLL
