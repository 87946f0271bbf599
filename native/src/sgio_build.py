"""Builds `discstack.transport._sgio`: SG_IO, in cffi's API mode. The headers are the one declaration."""

import re
from pathlib import Path

from cffi import FFI

SRC = Path("native/src")
NOT_A_NUMBER = re.compile(r"^#(?!define \w+ \d+$).*\n", re.MULTILINE)  # preprocessor lines that cffi does not take


def declarations(header: str) -> str:
    """Return a header for cffi."""
    return NOT_A_NUMBER.sub("", (SRC / header).read_text(encoding="utf-8"))


ffibuilder = FFI()
ffibuilder.cdef(declarations("submit.h") + declarations("sgio.h"))
ffibuilder.set_source(
    "discstack.transport._sgio",
    '#include "sgio.h"\n',
    sources=[str(SRC / "sgio.c")],
    include_dirs=[str(SRC)],
    depends=[str(path) for path in SRC.glob("*.h")],
    extra_compile_args=["-std=c11", "-O2"],
)
