"""Names and paths as Windows takes them: for something else than a name, for another one, or only up to some length."""

from __future__ import annotations

import errno
import ntpath
import re
from typing import Final

# Separators, streams of a file, patterns: a disc may have any of them in a name
CHARACTERS: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
# Devices, in any folder and with any extension
DEVICES: Final = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9\xb9\xb2\xb3]) *(\..*)?", re.IGNORECASE)
NOWHERE: Final = "NUL"  # the one device that is written to on purpose

# characters; Windows's functions take 247 of a folder and 259 of a file, and what lies beside a file has a longer name
LONGEST: Final = 200
AS_IT_IS: Final = "\\\\?\\"  # before a path that Windows neither shortens nor looks through
DEVICE: Final = "\\\\.\\"  # before the name of a device
_LAST: Final = 0xFFFF  # character that Windows has capitals of


def extended(path: str) -> str:
    r"""Return a path as its user means it, if it is long in the form that Windows takes anyhow.

    That is `\\?\C:\...` or `\\?\UNC\server\...`. What `C:x`, `..` and a dot at the end mean is up to Windows. Raises
    OSError for the name of a device, which would swallow what is written there, unless it is NUL alone.
    """
    if path.startswith((AS_IT_IS, DEVICE)):
        return path
    name = ntpath.basename(ntpath.splitdrive(path)[1]).partition(":")[0].rstrip(". ")
    if DEVICES.fullmatch(name) and path.upper() != NOWHERE:
        raise OSError(errno.EINVAL, "for Windows that is the name of a device", path)
    absolute = ntpath.abspath(path)
    return _literal(absolute) if len(absolute) > LONGEST else path


def literal(path: str) -> str:
    r"""Return the absolute path of what a folder lists, so that Windows takes all names in it as they are.

    Elsewhere than in `\\?\...` it drops dots and spaces at the end of a name, and finds devices in any folder.
    """
    if path.startswith((AS_IT_IS, DEVICE)):
        return path
    return _literal(path) if len(path) > LONGEST or any(map(_is_another, path.split("\\"))) else path


def _literal(path: str) -> str:
    return f"{AS_IT_IS}UNC{path[1:]}" if path.startswith("\\\\") else AS_IT_IS + path


def _is_another(name: str) -> bool:
    """Whether Windows takes a name for another one, or for a device."""
    return name.endswith((".", " ")) or DEVICES.fullmatch(name) is not None


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
    capitals = "".join(map(_capital, name))
    if capitals in taken:
        return "for Windows that is the same name as another one in its folder"
    taken.add(capitals)
    return None


def _capital(letter: str) -> str:
    """Return the capital as Windows has it, which is one letter for one, and none for what takes two of UTF-16."""
    capital = letter.upper()
    return capital if len(capital) == 1 and ord(letter) <= _LAST else letter
