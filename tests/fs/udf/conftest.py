"""An independent account of ECMA-167's tag and tables, and a verifier that holds a whole image against them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

Laid = Callable[[int, Mapping[int, bytes]], bytes]
Tagged = Callable[..., bytes]


def crc_of(data: bytes) -> int:
    """ECMA-167 3/7.2.6: x^16 + x^12 + x^5 + 1, most significant bit first, starting at 0."""
    register = 0
    for byte in data:
        for bit in range(7, -1, -1):
            top = register >> 15 ^ byte >> bit & 1
            register = (register << 1 & 0xFFFF) ^ (0x1021 if top else 0)
    return register


def lay(size: int, fields: Mapping[int, bytes]) -> bytes:
    """Put each field at its byte position; all the rest is #00."""
    image = bytearray(size)
    for position, value in fields.items():
        image[position : position + len(value)] = value
    assert len(image) == size
    return bytes(image)


def put_tag(identifier: int, location: int, image: bytes, version: int = 2) -> bytes:
    """Fill the first 16 bytes of a descriptor with its tag."""
    body = image[16:]
    tag = bytearray(16)
    tag[0:2] = identifier.to_bytes(2, "little")
    tag[2] = version
    tag[8:10] = crc_of(body).to_bytes(2, "little")
    tag[10:12] = len(body).to_bytes(2, "little")
    tag[12:16] = location.to_bytes(4, "little")
    tag[4] = sum(tag) % 256
    return bytes(tag) + body


@pytest.fixture(scope="session")
def crc() -> Callable[[bytes], int]:
    return crc_of


@pytest.fixture(scope="session")
def laid() -> Laid:
    return lay


@pytest.fixture(scope="session")
def tagged() -> Tagged:
    return put_tag


@pytest.fixture(scope="session")
def reader() -> type[Any]:
    """The verifier: `reader(read, sectors)` raises AssertionError for what is not as the standards have it."""
    for name in ("volume_level", "verifier"):
        spec = spec_from_file_location(f"udf_{name}", Path(__file__).parent / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[f"udf_{name}"] = module = module_from_spec(spec)
        spec.loader.exec_module(module)
    volume: type[Any] = module.Volume
    return volume
