"""Burn from inside another program, on a thread, with progress and cancel: `python examples/embed.py [FOLDER [DRIVE]]`.

Without arguments it makes a small folder and a virtual disc of its own.
"""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import discstack


def show(event: discstack.Event) -> None:
    match event:
        case discstack.PhaseStarted(phase=phase):
            print(f"{event.elapsed:7.1f} s  {phase.value}")
        case discstack.Writing(fraction=fraction, speed=speed, current_file=name):
            print(f"{event.elapsed:7.1f} s    {fraction:4.0%} at {speed / 1e6:.1f} MB/s  {name or ''}")
        case discstack.Notice(message=message):
            print(f"{event.elapsed:7.1f} s  note: {message}")


def burn(folder: Path, address: str) -> None:
    with discstack.open(address) as recorder:
        image = discstack.FileSystemImage(volume_id="EMBEDDED")
        image.choose_defaults(recorder)
        image.root.add_tree(folder)
        image.root.create_file("made-up.txt", b"this file exists nowhere but on the disc\n")
        result = image.create_result()
        for issue in result.issues:
            print(f"note: {issue}")

        writer = discstack.DataWriter(recorder, close=True)
        with ThreadPoolExecutor(1) as pool:
            job = pool.submit(writer.write, result, on_event=show)
            try:
                done = job.result()
            except KeyboardInterrupt:
                writer.cancel()  # from any thread; the job ends with Cancelled, and says what state the disc is in
                done = job.result()
        print(f"{done.blocks} sectors written, {done.verified} read back and right; the disc is: {done.medium}")


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch, "folder")
        if len(sys.argv) < 2:
            folder.mkdir()
            Path(folder, "noise.bin").write_bytes(bytes(range(256)) * 40_000)
        burn(folder, sys.argv[2] if len(sys.argv) > 2 else f"virtual:dvd+r?file={scratch}/disc.img")


if __name__ == "__main__":
    main()
