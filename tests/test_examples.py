"""The examples run as their first lines say."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXPECTED = {
    "append.py": ["from sector 0 on", "/monday.txt: 14000 bytes", "/wednesday.txt: 17000 bytes", "read back and right"],
    "asyncio_app.py": [
        "quick: validating, ",
        "sectors read back and right",
        "slow: at ",
        "the disc is now: DVD-R, appendable",
    ],
    "backup.py": [
        "monday: DVD+R, files of all days that are right: 1",
        "wednesday: BD-RE, files of all days that are right: 3",
    ],
    "bootable.py": ["El Torito boot catalogue", "system area with MBR", "read back and right"],
    "diagnose.py": ["blank", "current features:", "READ CAPACITY answers"],
    "embed.py": ["writing", "finalising", "read back and right"],
    "low_level.py": ["DVD+RW, overwritable", "offers 11080 kB/s", "159999: "],
    "span.py": ["disc 4: 3 files, 1600 sectors read back and right", "  /11.bin"],
    "measure.py": ["MB/s", "256 MiB in", " stalls, "],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_runs_and_says_what_it_should(name: str) -> None:
    done = subprocess.run([sys.executable, ROOT / "examples" / name], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    for words in EXPECTED[name]:
        assert words in done.stdout


def test_no_example_is_forgotten() -> None:
    assert {path.name for path in (ROOT / "examples").glob("*.py")} == {*EXPECTED, "demo.py"}


def test_the_demo_burns_a_folder_and_finds_every_file_right(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    for number in range(3):
        (folder / "below" / f"file {number}").write_bytes(bytes([number]) * 3000)
    done = subprocess.run(
        [sys.executable, ROOT / "examples/demo.py", str(folder), "bd-re", str(tmp_path / "kept")],
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert "3 files are on the disc as they are" in " ".join(done.stdout.split())
    assert "✗" not in done.stdout
