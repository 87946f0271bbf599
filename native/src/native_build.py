"""Builds `discstack.native._native`: the ring and the feeder, in cffi's API mode.

The headers are the one declaration: what is not for the preprocessor goes to cffi as it stands.
"""

import re
from pathlib import Path

from cffi import FFI

SRC = Path("native/src")
HEADERS = ["ring.h"]
SOURCES = ["ring.c", "os_linux.c"]


def declarations(header: str) -> str:
    """Return a header without its preprocessor lines."""
    return re.sub(r"^#.*\n", "", (SRC / header).read_text(encoding="utf-8"), flags=re.MULTILINE)


ffibuilder = FFI()
for header in HEADERS:
    ffibuilder.cdef(declarations(header))
ffibuilder.set_source(
    "discstack.native._native",
    "".join(f'#include "{header}"\n' for header in HEADERS),
    sources=[str(SRC / source) for source in SOURCES],
    include_dirs=[str(SRC)],
    depends=[str(path) for path in SRC.glob("*.h")],
    extra_compile_args=["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"],
)
