"""The C code: an extension module on Linux, a DLL beside this file on Windows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from discstack.native._native import ffi

DLL: Final = Path(__file__).with_name("discstack.dll")

lib: Any
if sys.platform == "win32":
    lib = ffi.dlopen(str(DLL))
else:
    from discstack.native._native import lib

__all__ = ["DLL", "ffi", "lib"]
