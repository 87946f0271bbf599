"""Move the tray of a drive and print as JSON what the disc is then: disc.py DEVICE TYPE...

"status" and "sessions" are those of READ DISC INFORMATION (MMC-6 6.21), "files" the digests of what each type of file
system shows, the last session of which the kernel finds itself. A drive that refuses something once it is ready fails
this loudly, with its sense.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from typing import Any

from submit import answer, wait_until_ready
from survey import survey
from system import mounted

MOUNTED = "/mnt/disc"
TRAY = {"eject": 0x5309, "close the tray": 0x5319}  # linux/cdrom.h
READ_DISC_INFORMATION = bytes.fromhex("51 00 00 00 00 00 00 00 22 00")
COMPLETE = 3  # state of the last session


def main(device: str, kinds: list[str]) -> dict[str, Any]:
    """Look at the disc, once the drive is done with what the burner left it to do, and the kernel has looked."""
    descriptor = os.open(device, os.O_RDONLY | os.O_NONBLOCK)
    try:
        wait_until_ready(descriptor)
        for what, request in TRAY.items():
            if status := fcntl.ioctl(descriptor, request):  # the kernel only hands the SCSI status on
                raise OSError(f"the drive does not {what}: status {status}")
        wait_until_ready(descriptor)
        information = answer(descriptor, READ_DISC_INFORMATION, 34)
    finally:
        os.close(descriptor)
    last = information[2] >> 2 & 3
    files = {kind: show(device, kind) for kind in kinds}
    return {"status": information[2] & 3, "sessions": information[4] - (last != COMPLETE), "files": files}


def show(device: str, kind: str) -> dict[str, str]:
    """Return the digests of the files by their names."""
    with mounted(device, kind, "ro", MOUNTED):
        return {path: entry["digest"] for path, entry in survey(MOUNTED).items() if entry["kind"] == "file"}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2:])))
