"""Add a folder to a disc as it is today, and check all days: `python examples/backup.py [FOLDER DRIVE]`.

Each run is a session (or, on a disc that can be overwritten, a grown volume) with a folder named by the time; what was
there stays. SHA-256 of all files, of earlier days too, is kept beside, and the disc is read back against it. Without
arguments two virtual discs get three days each.
"""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import discstack


def back_up(folder: Path, address: str, day: str, manifest: Path) -> None:
    with discstack.open(address) as recorder:
        medium = recorder.medium()
        if not medium.actions & {discstack.Action.WRITE, discstack.Action.APPEND}:
            sys.exit(f"nothing can be written to this disc: {medium}")
        image = discstack.FileSystemImage(volume_id="BACKUP", digests=True)
        if not medium.blank:
            for note in image.import_file_system(recorder).notes:
                print("odd:", note)
        image.choose_defaults(recorder)
        image.root.create_directory(day).add_tree(folder)
        try:
            result = image.create_result()
        except discstack.CapacityError as error:
            sys.exit(f"take another disc: {error}")
        for issue in result.issues:
            if issue.view is None:  # what none of the views holds as it is
                print("note:", issue)
        discstack.DataWriter(recorder).write(result)
        manifest.write_bytes(result.manifest())
        print(f"{day}: {medium.name}, files of all days that are right: {check(recorder, manifest)}")


def check(recorder: discstack.Recorder, manifest: Path) -> int:
    """Compare the disc's files with a manifest, as `discstack verify DRIVE --manifest FILE` does."""
    verifier = discstack.FileVerifier(discstack.read_volume(recorder))
    report = verifier.against_manifest(discstack.parse_manifest(manifest.read_bytes()))
    if not report.verified:
        sys.exit("\n".join(f"{difference.path}: {difference.mismatch.value}" for difference in report.differences))
    return report.files


def main() -> None:
    if len(sys.argv) == 3:
        now = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
        back_up(Path(sys.argv[1]), sys.argv[2], now, Path(f"backup-{now}.sha256"))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "folder")
        folder.mkdir()
        for disc in ("dvd+r", "bd-re"):
            for day in ("monday", "tuesday", "wednesday"):
                Path(folder, "diary.txt").write_text(f"It is {day}.\n" * 1000)
                back_up(folder, f"virtual:{disc}?file={scratch}/{disc}.img", day, Path(scratch, f"{day}.sha256"))


if __name__ == "__main__":
    main()
