"""A program that burns with discstack inside it, made as unpleasant as a program can be: `embedded.py DRIVE IMAGE ...`.

`--hold SECONDS` runs a thread beside it that takes the interpreter lock for so long, again and again: one call into C
that never lets go. `--stall SECONDS --every BYTES` lets the source stop now and then. IMAGE may be a folder as well.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from threading import Event, Thread
from typing import Any

import discstack


class StallingSource:
    """An image that keeps the burner waiting for `stall` seconds whenever `every` more bytes were read."""

    def __init__(self, path: Path, stall: float, every: int) -> None:
        self._file = path.open("rb", buffering=0)
        self.sectors = path.stat().st_size // 2048
        self._stall, self._every, self._next = stall, every, every

    def readinto(self, buffer: memoryview) -> int:
        if self._file.tell() >= self._next:
            self._next += self._every
            time.sleep(self._stall)
        return self._file.readinto(buffer) or 0


def hold_the_lock(seconds: float, over: Event) -> None:
    began, count = time.perf_counter(), 1_000_000
    sum(range(count))
    count = int(count * seconds / (time.perf_counter() - began))
    while not over.is_set():
        sum(range(count))


def image_of(folder: Path, recorder: discstack.Recorder) -> discstack.Image:
    image = discstack.FileSystemImage(volume_id="FOLDER")
    image.choose_defaults(recorder)
    image.root.add_tree(folder)
    return image.create_result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("drive")
    parser.add_argument("image", type=Path)
    parser.add_argument("--hold", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--stall", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--every", type=int, default=200_000_000, metavar="BYTES")
    choices = parser.parse_args()
    over = Event()
    hog = Thread(target=hold_the_lock, args=(choices.hold, over), daemon=True)

    def begin_to_hold(event: discstack.Event) -> None:
        if choices.hold and isinstance(event, discstack.Writing) and not hog.is_alive():
            hog.start()

    with discstack.open(choices.drive) as recorder:
        writer = discstack.DataWriter(recorder, verify=discstack.VerifyLevel.NONE)
        if choices.stall:
            source: Any = StallingSource(choices.image, choices.stall, choices.every)
        elif choices.image.is_dir():
            source = image_of(choices.image, recorder)
        else:
            source = discstack.ImageFile(choices.image)
        counters = writer.write(source, on_event=begin_to_hold).counters
        over.set()
    print(
        f"{counters.stalls} stalls ({counters.stall_time:.2f} s), {counters.busy} busy answers; commands: half below "
        f"{counters.latency(0.5) * 1e3:.2f} ms, 99 % below {counters.latency(0.99) * 1e3:.2f} ms"
    )


if __name__ == "__main__":
    main()
