"""What a symbolic link points to: path components (ECMA-167 4/14.16, 4/8.7)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from discstack.fs.udf.cs0 import encode_if_clean
from discstack.fs.udf.structure import BLOCK, Structure, Tail, Uint8, Uint16

MAX_COMPONENT: Final = 255
# Linux reads no more than a block
MAX_PATH: Final = BLOCK


class ComponentType(IntEnum):
    """What a component stands for (ECMA-167 4/14.16.1.1)."""

    ROOT = 2
    PARENT = 3
    SELF = 4
    NAME = 5


class PathComponent(Structure):
    """One step of a path (ECMA-167 4/14.16.1)."""

    component_type: Uint8
    length_of_component_identifier: Uint8 = 0
    component_file_version_number: Uint16 = 0
    component_identifier: Tail = b""


_ROOT: Final = PathComponent(component_type=ComponentType.ROOT).pack()
_STEPS: Final = {
    "..": PathComponent(component_type=ComponentType.PARENT).pack(),
    ".": PathComponent(component_type=ComponentType.SELF).pack(),
}


def path_components(target: bytes) -> bytes | None:
    """Return the components of a POSIX path, or None where there is no room or OSTA CS0 has no characters for them.

    Several slashes in a row are one, and a slash at the end is written as "/.", which names the same.
    """
    text = target.decode("utf-8", "surrogateescape")
    parts = [_ROOT] if text.startswith("/") else []
    names = [name for name in text.split("/") if name]
    if names and text.endswith("/"):
        names.append(".")
    for name in names:
        step = _STEPS.get(name)
        if step is None:
            identifier = encode_if_clean(name)
            if identifier is None or len(identifier) > MAX_COMPONENT:
                return None
            component = PathComponent(
                component_type=ComponentType.NAME,
                length_of_component_identifier=len(identifier),
                component_identifier=identifier,
            )
            step = component.pack()
        parts.append(step)
    path = b"".join(parts)
    return path if len(path) <= MAX_PATH else None
