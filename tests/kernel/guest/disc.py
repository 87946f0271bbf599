"""Move the tray of a drive and print as JSON what the disc is then: disc.py DEVICE TYPE...

"status" and "sessions" are those of READ DISC INFORMATION (MMC-6 6.21), "files" the digests of what each type of file
system shows, the last session of which the kernel finds itself.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from typing import Any

from submit import submit
from survey import survey
from system import mounted

MOUNTED = "/mnt/disc"
CDROMEJECT, CDROMCLOSETRAY, CDROM_DRIVE_STATUS = 0x5309, 0x5319, 0x5326
CURRENT, DISC_OK = 0x7FFFFFFF, 4
READ_DISC_INFORMATION = bytes.fromhex("51 00 00 00 00 00 00 00 22 00")
COMPLETE = 3  # state of the last session
PATIENCE = 500  # times 10 ms


def main(device: str, kinds: list[str]) -> dict[str, Any]:
    """Look at the disc, once the kernel has."""
    descriptor = os.open(device, os.O_RDONLY | os.O_NONBLOCK)
    try:
        fcntl.ioctl(descriptor, CDROMEJECT)
        fcntl.ioctl(descriptor, CDROMCLOSETRAY)
        for _ in range(PATIENCE):
            if fcntl.ioctl(descriptor, CDROM_DRIVE_STATUS, CURRENT) == DISC_OK:
                break
            time.sleep(0.01)
        information = bytes.fromhex(submit(descriptor, READ_DISC_INFORMATION, 34, 0, 20000)["data"])
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
