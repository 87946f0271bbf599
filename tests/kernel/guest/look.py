"""Mount an image and print as JSON what it holds and what the kernel said: look.py IMAGE TYPE [OPTIONS]."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

from survey import survey

MOUNTED = "/mnt/image"
# What the kernel says of the loop device, not of the image; its rate limit may swallow some, and tells that too
LOOP_DEVICE = re.compile(r"loop\d+: detected capacity change.*|set_capacity_and_notify: \d+ callbacks suppressed")


def look(image: str, kind: str, options: str) -> dict[str, Any]:
    """Mount read-only through a loop device of 2048-byte sectors, as a drive has them, and look at everything."""
    subprocess.run(["dmesg", "--clear"], check=True)
    subprocess.run(["mkdir", "-p", MOUNTED], check=True)
    attach = ["losetup", "--find", "--show", "--read-only", "--sector-size", "2048", image]
    device = subprocess.run(attach, check=True, capture_output=True, text=True).stdout.strip()
    try:
        subprocess.run(["mount", "-t", kind, "-o", options, device, MOUNTED], check=True)
        try:
            found = survey(MOUNTED)
        finally:
            subprocess.run(["umount", MOUNTED], check=True)
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)
    said = subprocess.run(["dmesg", "--notime"], check=True, capture_output=True, text=True).stdout
    return {"tree": found, "messages": [line for line in said.splitlines() if not LOOP_DEVICE.fullmatch(line)]}


if __name__ == "__main__":
    print(json.dumps(look(*sys.argv[1:4])))
