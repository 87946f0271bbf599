"""Add to a disc, session by session, and read all of it back: `python examples/append.py [DRIVE]`.

Without DRIVE a virtual DVD+R in a temporary file is used. On a real drive one file with the time is added to what is on
the disc, which must be appendable or overwritable.
"""

import sys
import tempfile
from datetime import UTC, datetime

import discstack


def add(recorder: discstack.Recorder, name: str, data: bytes) -> discstack.BurnResult:
    """Burn what is on the disc, by address, and one file more."""
    image = discstack.FileSystemImage(volume_id="DIARY")
    if not recorder.medium().blank:
        for note in image.import_file_system(recorder).notes:
            print("odd:", note)
    image.choose_defaults(recorder)
    image.root.create_file(name, data)
    return discstack.DataWriter(recorder).write(image.create_result())


def main() -> None:
    if len(sys.argv) > 1:
        with discstack.open(sys.argv[1]) as recorder:
            show(recorder, add(recorder, f"{datetime.now(UTC):%Y%m%d-%H%M%S}.txt", b"I was here\n"))
        return
    with tempfile.TemporaryDirectory() as scratch, discstack.open(f"virtual:dvd+r?file={scratch}/disc.img") as recorder:
        for day in ("monday", "tuesday", "wednesday"):
            show(recorder, add(recorder, f"{day}.txt", f"It is {day}.\n".encode() * 1000))


def show(recorder: discstack.Recorder, result: discstack.BurnResult) -> None:
    print(f"{result.blocks} sectors written from sector {result.start} on, {result.verified} read back and right")
    for node in discstack.read_volume(recorder).root.walk():
        if isinstance(node, discstack.File):
            print(f"  {node.path}: {node.size} bytes")


if __name__ == "__main__":
    main()
