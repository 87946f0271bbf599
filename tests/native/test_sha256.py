"""SHA-256 of files that are poured, held to hashlib: by the processor's own instructions and without them."""

from __future__ import annotations

import ctypes
import hashlib
import struct
from typing import Final

import pytest
from compiled import SRC, build, digest_of
from hypothesis import given, settings
from hypothesis import strategies as st

LENGTH_AT: Final = 32  # in struct sha256, behind the state
WAYS: Final = {"instructions": [], "without": ["-U__x86_64__"]}


@pytest.fixture(scope="module", params=WAYS)
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    path = tmp_path_factory.mktemp("sha256") / "sha256.so"
    return ctypes.CDLL(str(build(path, [SRC / "sha256.c"], *WAYS[request.param])))


@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129, 1_000_003])
def test_data_of_any_length_has_the_digest_that_hashlib_makes(library: ctypes.CDLL, size: int) -> None:
    data = bytes(number * 7919 >> 3 & 0xFF for number in range(size))
    assert digest_of(library, "sha256", 32, [data]) == hashlib.sha256(data).digest()


@settings(deadline=None)
@given(pieces=st.lists(st.binary(max_size=200), max_size=8))
def test_digests_do_not_depend_on_the_pieces(library: ctypes.CDLL, pieces: list[bytes]) -> None:
    assert digest_of(library, "sha256", 32, pieces) == hashlib.sha256(b"".join(pieces)).digest()


@pytest.mark.parametrize("length", [(1 << 29) - 64, 1 << 29, (1 << 40) + 64])
def test_the_number_of_bits_has_all_its_64(library: ctypes.CDLL, length: int) -> None:
    """As if so much had been taken: the digest is the state after the block that says so (FIPS 180-4 5.1.1)."""
    sum, digest = ctypes.create_string_buffer(256), ctypes.create_string_buffer(32)
    library.sha256_start(sum)
    struct.pack_into("=Q", sum, LENGTH_AT, length)
    library.sha256_end(sum, digest)
    library.sha256_start(sum)
    library.sha256_add(sum, b"\x80" + bytes(55) + (length * 8).to_bytes(8, "big"), ctypes.c_size_t(64))
    assert digest.raw == struct.pack(">8I", *struct.unpack_from("=8I", sum))
