"""Everything in the fuzzer's corpus: seeds of every kind of volume, and what once was too much for the reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_reader_stands_what_the_fuzzer_found(path: Path, look: Callable[[bytes], None]) -> None:
    look(path.read_bytes())


@pytest.mark.parametrize("path", [path for path in CORPUS if path.stat().st_size > 4000], ids=lambda path: path.name)
def test_reader_stands_every_seed_cut_short(path: Path, look: Callable[[bytes], None]) -> None:
    packed = path.read_bytes()
    for end in range(0, len(packed), len(packed) // 40):
        look(packed[:end])
