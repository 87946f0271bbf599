"""Mount an image and print as JSON what it holds and what the kernel said: look.py IMAGE TYPE [OPTIONS]."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from survey import survey
from system import forget_messages, loop_device, messages, mounted

MOUNTED = "/mnt/image"
SECTOR = 2048  # as a drive has them
# What the kernel says of the loop device, not of the image; its rate limit may swallow some, and tells that too
LOOP_DEVICE = re.compile(r"loop\d+: detected capacity change.*|set_capacity_and_notify: \d+ callbacks suppressed")


def look(image: str, kind: str, options: str = "ro") -> dict[str, Any]:
    """Mount read-only through a loop device and look at everything."""
    forget_messages()
    with loop_device(image, SECTOR) as device, mounted(device, kind, options, MOUNTED):
        found = survey(MOUNTED)
    return {"tree": found, "messages": [line for line in messages() if not LOOP_DEVICE.fullmatch(line)]}


if __name__ == "__main__":
    print(json.dumps(look(*sys.argv[1:4])))
