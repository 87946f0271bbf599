"""Do things with a tray by the kernel's ioctls, and print as JSON what they answer: tray.py DEVICE WORD..."""

import fcntl
import json
import os
import sys

CURRENT = 0x7FFFFFFF
REQUESTS = {"open": 0x5309, "close": 0x5319, "status": 0x5326, "changed": 0x5325}  # linux/cdrom.h

descriptor = os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)
try:
    print(json.dumps([fcntl.ioctl(descriptor, REQUESTS[word], CURRENT) for word in sys.argv[2:]]))
finally:
    os.close(descriptor)
