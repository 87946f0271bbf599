"""Run the reader under atheris, coverage-guided: reader.py CORPUS [libFuzzer's options]. What it finds ends the run."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["discstack.fs.reading"]):
    from target import look

if __name__ == "__main__":
    atheris.Setup(sys.argv, look)
    atheris.Fuzz()
