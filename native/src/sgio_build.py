"""Builds `discstack.transport._sgio`: SG_IO, in cffi's API mode."""

import re
from pathlib import Path

from cffi import FFI

SRC = Path("native/src")
CONSTANTS = """
#define SG_IO ...
#define SG_GET_RESERVED_SIZE ...
#define BLKSECTGET ...
"""


def declarations(header: str) -> str:
    """Return a header with only those preprocessor lines that define a number."""
    kept = r"^#(?!define \w+ \d+$).*\n"
    return re.sub(kept, "", (SRC / header).read_text(encoding="utf-8"), flags=re.MULTILINE)


ffibuilder = FFI()
ffibuilder.cdef(declarations("submit.h") + declarations("sgio.h") + CONSTANTS)
ffibuilder.set_source(
    "discstack.transport._sgio",
    '#include "sgio.h"\n#include <scsi/sg.h>\n#include <linux/fs.h>\n',
    sources=[str(SRC / "sgio.c")],
    include_dirs=[str(SRC)],
    depends=[str(path) for path in SRC.glob("*.h")],
    extra_compile_args=["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"],
)
