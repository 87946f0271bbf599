"""Fill an empty UDF file system by the kernel's driver and print as JSON what it then holds: fill.py IMAGE."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

from survey import survey

MOUNTED = "/mnt/filled"
SECOND = 10**9
PIECES = 40


def main(image: str) -> None:
    """Mount, fill, take away, look, unmount."""
    subprocess.run(["mkdir", "-p", MOUNTED], check=True)
    subprocess.run(["mount", "-t", "udf", "-o", "loop,rw,iocharset=utf8", image, MOUNTED], check=True)
    try:
        os.chdir(MOUNTED)
        fill()
        os.sync()
        found = survey(MOUNTED)
    finally:
        os.chdir("/")
        subprocess.run(["umount", MOUNTED], check=True)
    print(json.dumps(found))


def fill() -> None:
    """Make files of many kinds, and holes in directories and in the space by taking some away again."""
    os.makedirs("deep/er/and/deeper")
    os.mkdir("many")
    for number in range(200):
        write(f"many/file number {number:03} ünï.txt", b"%d" % number)
    for number in range(0, 200, 3):
        os.unlink(f"many/file number {number:03} ünï.txt")
    for name in ("レビュー 報告書.txt", "\N{GRINNING FACE} astral", "x" * 250, "caf\u00e9", "a:b*c?", "empty"):
        write(name, b"" if name == "empty" else name.encode())
    write("deep/er/big", bytes(range(256)) * 8000)
    os.link("deep/er/big", "deep/second name")
    os.symlink("../x/y", "deep/link")
    os.symlink("/absolute/../target", "deep/er/absolute")
    os.mknod("deep/null", stat.S_IFCHR | 0o640, os.makedev(1, 3))
    os.mkfifo("deep/fifo")
    fragments()
    with open("deep/sparse", "wb") as file:
        file.truncate(100_000)
        file.seek(0, os.SEEK_END)
        file.write(b"the end")
    os.chmod("deep/er/big", 0o4751)
    os.chown("deep/er/big", 12, 34)
    os.utime("deep/er/big", ns=(1_600_000_000 * SECOND, -5 * SECOND))


def fragments() -> None:
    """Write two files in turns, so that neither lies in one piece."""
    with open("deep/turn one", "wb") as one, open("deep/turn two", "wb") as two:
        for number in range(PIECES):
            for file in (one, two):
                file.write(bytes([number]) * 5000)
                file.flush()
                os.fsync(file.fileno())


def write(path: str, data: bytes) -> None:
    """Write a file."""
    with open(path, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    main(sys.argv[1])
