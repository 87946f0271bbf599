"""Spread a folder over several discs, with a catalogue of what is where: `python examples/span.py [FOLDER DRIVE]`.

Each disc gets as many files as fit, whole and under their paths; how many that are is found by planning, which knows
the size of an image exactly and reads nothing. The catalogue has a line for each file: disc, SHA-256, path. On a real
drive the next blank disc is asked for. Without arguments small virtual discs are filled.
"""

import sys
import tempfile
from bisect import bisect_left
from pathlib import Path

import discstack


def plan(recorder: discstack.Recorder, folder: Path, paths: list[Path], number: int) -> discstack.Image:
    """Plan a disc of its own; CapacityError if the paths do not fit on it."""
    image = discstack.FileSystemImage(volume_id=f"DISC_{number}", digests=True)
    image.choose_defaults(recorder)
    for path in paths:
        image.root.graft(str(path.relative_to(folder)), path)
    return image.create_result()


def most_that_fit(recorder: discstack.Recorder, folder: Path, paths: list[Path], number: int) -> int:
    """Return how many of the paths, from the first on, fit on the disc."""

    def too_many(count: int) -> bool:
        try:
            plan(recorder, folder, paths[:count], number)
        except discstack.CapacityError:
            return True
        return False

    return bisect_left(range(len(paths) + 1), True, key=too_many) - 1


def burn_next(recorder: discstack.Recorder, folder: Path, paths: list[Path], number: int, catalogue: Path) -> int:
    """Burn what fits and note it; return how many of the paths that were."""
    count = most_that_fit(recorder, folder, paths, number)
    if count < 1:
        sys.exit(f"{paths[0]} does not fit on a disc of this kind")
    result = plan(recorder, folder, paths[:count], number)
    done = discstack.DataWriter(recorder, close=True).write(result)
    with catalogue.open("a", encoding="utf-8") as file:
        file.writelines(f"{number}  {digest.hex()}  {path}\n" for path, digest in result.digests())
    print(f"disc {number}: {count} files, {done.verified} sectors read back and right")
    return count


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        real = len(sys.argv) == 3
        folder = Path(sys.argv[1]) if real else make_folder(Path(scratch, "folder"))
        catalogue = Path("catalogue.txt") if real else Path(scratch, "catalogue.txt")
        paths = [path for path in sorted(folder.rglob("*")) if not holds_others(path)]
        number = 0
        while paths:
            number += 1
            if real:
                input(f"put in blank disc {number} and press Return")
            with discstack.open(sys.argv[2] if real else "virtual:dvd+r?capacity=2000") as recorder:
                del paths[: burn_next(recorder, folder, paths, number, catalogue)]
        print(catalogue.read_text(encoding="utf-8").splitlines()[-1])


def holds_others(path: Path) -> bool:
    """Whether it is a folder that comes with what lies in it; a link stands for what it leads to."""
    return path.is_dir() and not path.is_symlink() and any(path.iterdir())


def make_folder(folder: Path) -> Path:
    folder.mkdir()
    for number in range(12):
        (folder / f"{number:02}.bin").write_bytes(bytes([number]) * 900_000)
    return folder


if __name__ == "__main__":
    main()
