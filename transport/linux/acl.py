"""Access control lists of device nodes: by them a desktop gives a drive to whoever sits before it."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Final

from discstack.transport.linux.process import group_name, user_name
from discstack.transport.linux.roots import Roots

ATTRIBUTE: Final = "system.posix_acl_access"
VERSION: Final = 2  # include/uapi/linux/posix_acl_xattr.h of Linux
USER, GROUP, MASK = 0x02, 0x08, 0x10  # tags
HEADER: Final = struct.Struct("<I")
ENTRY: Final = struct.Struct("<HHI")


@dataclass(frozen=True, slots=True)
class AclEntry:
    """What one user or group may do beside owner, group and others: bits of rwx, the mask applied."""

    is_group: bool
    number: int
    permissions: int

    def spell(self, roots: Roots) -> str:
        """Return it as getfacl does."""
        kind, name = ("group", group_name) if self.is_group else ("user", user_name)
        bits = "".join(letter if self.permissions & bit else "-" for letter, bit in (("r", 4), ("w", 2), ("x", 1)))
        return f"{kind}:{name(roots, self.number)}:{bits}"


def acl_of(path: str) -> tuple[AclEntry, ...]:
    """Return the named entries of a file's list; none where it has no list, or its file system has none."""
    try:
        return parse_acl(os.getxattr(path, ATTRIBUTE))
    except OSError:
        return ()


def parse_acl(value: bytes) -> tuple[AclEntry, ...]:
    """Read the attribute; of another version than the known one nothing is read."""
    if len(value) < HEADER.size or HEADER.unpack_from(value)[0] != VERSION:
        return ()
    body = value[HEADER.size :]
    rows = list(ENTRY.iter_unpack(body[: len(body) // ENTRY.size * ENTRY.size]))
    mask = next((bits for tag, bits, _ in rows if tag == MASK), 7)
    return tuple(AclEntry(tag == GROUP, number, bits & mask) for tag, bits, number in rows if tag in (USER, GROUP))
