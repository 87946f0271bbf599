"""Stop a process while a WRITE of its is under way, let it go on, and print what became of the WRITE: stop.py DEVICE

The device is a node of sg, whose driver tells what is under way.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from discstack.mmc.spec.cdb import Direction
from discstack.transport.base import Command, TransportError
from discstack.transport.sgio import SgioTransport

UNDER_WAY = Path("/proc/scsi/sg/debug")
ACTIVE = "act:"  # of a command without an answer
BLOCKS = 496
WRITE_10 = bytes.fromhex(f"2a 00 00000000 00 {BLOCKS:04x} 00")
TIMEOUT = 100.0  # seconds
POLL = 0.01


def write(device: str, told: int) -> None:
    """Send the WRITE, and tell how it ended."""
    with SgioTransport.open(device, write=True) as transport:
        try:
            reply = transport.execute(Command(WRITE_10, Direction.TO_DEVICE, bytes(BLOCKS * 2048), timeout=TIMEOUT))
            end = f"status {reply.status}"
        except TransportError as error:
            end = type(error).__name__
    os.write(told, end.encode())


def main(device: str) -> None:
    """Stop a child of this process, and let it go on."""
    hears, tells = os.pipe()
    child = os.fork()
    if not child:
        try:
            write(device, tells)
        finally:  # what else this process does is not the child's
            os._exit(0)
    os.close(tells)
    while ACTIVE not in UNDER_WAY.read_text() and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        time.sleep(POLL)
    os.kill(child, signal.SIGSTOP)
    os.waitid(os.P_PID, child, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    os.kill(child, signal.SIGCONT)
    print(os.read(hears, 100).decode())
    os.waitpid(child, 0)
    os.close(hears)


if __name__ == "__main__":
    main(sys.argv[1])
