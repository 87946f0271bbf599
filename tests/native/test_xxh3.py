"""XXH3 of what goes into a ring, held to xxhash: with wide registers, with those of any x86-64, and without."""

from __future__ import annotations

import ctypes
from typing import Final

import pytest
import xxhash
from compiled import SRC, build, digest_of

WAYS: Final = {"wide": [], "narrow": ["-U__x86_64__"], "plain": ["-U__x86_64__", "-U__SSE2__"]}
DATA: Final = bytes(number * 7919 >> 3 & 0xFF for number in range(70_000))


@pytest.fixture(scope="module", params=WAYS)
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    path = tmp_path_factory.mktemp("xxh3") / "xxh3.so"
    return ctypes.CDLL(str(build(path, [SRC / "xxh3.c"], *WAYS[request.param])))


@pytest.mark.parametrize("size", [241, 255, 256, 257, 1023, 1024, 1025, 1088, 2048, 2049, 65_536, 70_000])
@pytest.mark.parametrize("piece", [1, 63, 64, 65, 1000, 1024, 4096, 70_000])
def test_digests_are_those_of_xxhash_in_pieces_of_any_size(library: ctypes.CDLL, size: int, piece: int) -> None:
    pieces = [DATA[at : min(at + piece, size)] for at in range(0, size, piece)]
    assert digest_of(library, "xxh3", 16, pieces) == xxhash.xxh3_128(DATA[:size]).digest()
