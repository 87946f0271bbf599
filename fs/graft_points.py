r"""Operands of the form `target=source`, as mkisofs has them: `\=` is an equals sign of a name and `\\` a backslash.

In a source of Windows `\\` is what it is in any path there.
"""

from __future__ import annotations

import os
import re
from typing import Final

from discstack.fs.scan import as_utf_8

_TARGET: Final = re.compile(r"((?:\\.|[^\\=])*)=", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([\\=])")
_ESCAPED_IN_PATH: Final = _ESCAPED if os.sep == "/" else re.compile(r"\\(=)")


def split_graft_point(operand: str) -> tuple[str | None, str]:
    """Return target and source of an operand, without escapes; the target is None where none is given."""
    match = _TARGET.match(operand)
    if match is None:
        return None, _ESCAPED_IN_PATH.sub(r"\1", operand)
    return as_utf_8(_ESCAPED.sub(r"\1", match[1])), _ESCAPED_IN_PATH.sub(r"\1", operand[match.end() :])
