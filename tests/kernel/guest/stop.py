"""Stop a process while a WRITE of its is under way, let it go on, and print what became of the WRITE: stop.py DEVICE

The device is a node of sg, whose driver tells what is under way. A WRITE that ends before its process has stopped shows
nothing; the next one is tried then, where the disc goes on.
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
ACTIVE, WRITE_10 = "act:", "op=0x2a"  # a command without an answer, and which one it is
BLOCKS = 496
TRIES = 20
WRITTEN = "status 0"
TIMEOUT = 100.0  # seconds
POLL = 0.01


def write(device: str, lba: int, told: int) -> None:
    """Send the WRITE, and tell how it ended."""
    cdb = bytes.fromhex(f"2a 00 {lba:08x} 00 {BLOCKS:04x} 00")
    with SgioTransport.open(device, write=True) as transport:
        try:
            reply = transport.execute(Command(cdb, Direction.TO_DEVICE, bytes(BLOCKS * 2048), timeout=TIMEOUT))
            end = f"status {reply.status}"
        except TransportError as error:
            end = type(error).__name__
    os.write(told, end.encode())


def is_under_way() -> bool:
    """Say whether a WRITE has no answer yet."""
    return any(ACTIVE in line and WRITE_10 in line for line in UNDER_WAY.read_text().splitlines())


def stop(device: str, lba: int) -> tuple[bool, str]:
    """Stop a child of this process, and let it go on; say whether its WRITE was under way, and how that ended."""
    hears, tells = os.pipe()
    child = os.fork()
    if not child:
        try:
            write(device, lba, tells)
        finally:  # what else this process does is not the child's
            os._exit(0)
    os.close(tells)
    while not is_under_way() and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        time.sleep(POLL)
    os.kill(child, signal.SIGSTOP)
    state = os.waitid(os.P_PID, child, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    stopped = state is not None and state.si_code == os.CLD_STOPPED and is_under_way()
    os.kill(child, signal.SIGCONT)
    end = os.read(hears, 100).decode()
    os.waitpid(child, 0)
    os.close(hears)
    return stopped, end


def main(device: str) -> None:
    """Try it until a WRITE is under way while its process is stopped."""
    stopped, end, tries = False, WRITTEN, 0
    while not stopped and end == WRITTEN and tries < TRIES:
        stopped, end = stop(device, tries * BLOCKS)
        tries += 1
    print(f"{'stopped' if stopped else 'never stopped'} while it was under way: {end}")


if __name__ == "__main__":
    main(sys.argv[1])
