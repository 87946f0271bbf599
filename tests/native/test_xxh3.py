"""XXH3 of what goes into a ring, held to xxhash: with wide registers, with those of any x86-64, and without."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path
from typing import Final

import pytest
import xxhash

SRC: Final = Path(__file__).parent.parent.parent / "native" / "src"
WAYS: Final = {"wide": [], "narrow": ["-U__x86_64__"], "plain": ["-U__x86_64__", "-U__SSE2__"]}
DATA: Final = bytes(number * 7919 >> 3 & 0xFF for number in range(70_000))


@pytest.fixture(scope="module", params=WAYS)
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    path = tmp_path_factory.mktemp("xxh3") / "xxh3.so"
    words = ["cc", "-std=c11", "-O2", "-shared", "-fPIC", *WAYS[request.param], "-o", path, SRC / "xxh3.c"]
    subprocess.run(words, check=True)
    return ctypes.CDLL(str(path))


def digest(library: ctypes.CDLL, pieces: list[bytes]) -> bytes:
    sum, digest = ctypes.create_string_buffer(512), ctypes.create_string_buffer(16)
    library.xxh3_start(sum)
    for piece in pieces:
        library.xxh3_add(sum, piece, ctypes.c_size_t(len(piece)))
    library.xxh3_end(sum, digest)
    return digest.raw


@pytest.mark.parametrize("size", [241, 255, 256, 257, 1023, 1024, 1025, 1088, 2048, 2049, 65_536, 70_000])
@pytest.mark.parametrize("piece", [1, 63, 64, 65, 1000, 1024, 4096, 70_000])
def test_digests_are_those_of_xxhash_in_pieces_of_any_size(library: ctypes.CDLL, size: int, piece: int) -> None:
    pieces = [DATA[at : min(at + piece, size)] for at in range(0, size, piece)]
    assert digest(library, pieces) == xxhash.xxh3_128(DATA[:size]).digest()
