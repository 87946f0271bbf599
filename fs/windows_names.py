"""Names that Windows takes for something else than a name, or for another one."""

from __future__ import annotations

import ntpath
import re
from typing import Final

# Separators, streams of a file, patterns: a disc may have any of them in a name
CHARACTERS: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
# Devices, in any folder and with any extension
DEVICES: Final = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9\xb9\xb2\xb3]) *(\..*)?", re.IGNORECASE)

LONGEST: Final = 247  # characters that the path of a folder has for all of Windows's functions
AS_IT_IS: Final = "\\\\?\\"  # before a path that Windows neither shortens nor looks through


def extended(path: str) -> str:
    r"""Return a path, if it is long, in the form that Windows takes anyhow: `\\?\C:\...`, `\\?\UNC\server\...`."""
    if len(path) <= LONGEST or path.startswith(AS_IT_IS):
        return path
    absolute = ntpath.abspath(path)
    if absolute.startswith("\\\\"):
        return f"{AS_IT_IS}UNC{absolute[1:]}"
    return AS_IT_IS + absolute


def why_refused(name: str, taken: set[str]) -> str | None:
    """Return why Windows cannot have a file or directory of that name; None if it can.

    `taken` are the names in the same folder so far, in capitals, to which this one is added.
    """
    if found := CHARACTERS.search(name):
        return f"Windows has no names with {found[0]!r}"
    if name.endswith((".", " ")):
        return "Windows has no names that end with a dot or a space"
    if DEVICES.fullmatch(name):
        return "for Windows that is the name of a device"
    if name.upper() in taken:
        return "for Windows that is the same name as another one in its folder"
    taken.add(name.upper())
    return None
