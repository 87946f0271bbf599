"""Runs this folder's scripts in one process, since starting Python takes a guest long: agent.py FOLDER

FOLDER/N.json is a script's name and operands; what it prints goes to FOLDER/N.out, and then its status to FOLDER/N.rc.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).parent
POLL = 0.01


def main(folder: Path) -> None:
    """Serve until somebody ends this process."""
    number = 1
    while True:
        request = folder / f"{number}.json"
        while not request.exists():
            time.sleep(POLL)
        name, *operands = json.loads(request.read_text())
        output = io.StringIO()
        status = run(name, operands, output)
        request.with_suffix(".out").write_bytes(output.getvalue().encode("utf-8", "surrogateescape"))
        finished = request.with_suffix(".rc.new")
        finished.write_text(str(status))
        finished.rename(request.with_suffix(".rc"))
        number += 1


def run(name: str, operands: list[str], output: io.StringIO) -> int:
    """Run a script as if it were started alone; return its status."""
    sys.argv = [name, *operands]
    os.chdir("/")
    with contextlib.redirect_stdout(output):
        try:
            runpy.run_path(str(HERE / name), run_name="__main__")
        except Exception:
            output.write(traceback.format_exc())
            return 1
    return 0


if __name__ == "__main__":
    main(Path(sys.argv[1]))
