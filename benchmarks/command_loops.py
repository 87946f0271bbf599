"""One command again and again by a library of Python: `command_loops.py DEVICE LIBRARY COMMAND COUNT`.

Prints how many seconds of CPU that took. Each library does what its users write: the typed ways give fields or objects
where there is a reply; the bare ways take a CDB that is ready and give bytes.
"""

from __future__ import annotations

import argparse
import importlib
import os
import time
from collections.abc import Callable
from typing import Any, Final

from discstack.mmc.actions import read_blocks
from discstack.mmc.command import act, ask
from discstack.mmc.drive import Drive
from discstack.mmc.spec.cdb import Direction
from discstack.mmc.spec.commands import READ_DISC_INFORMATION, TEST_UNIT_READY, WRITE_10
from discstack.mmc.spec.disc_information import DiscInformation
from discstack.transport.base import Command
from discstack.transport.sgio import SgioTransport

Step = Callable[[int], object]  # sends one command; takes an address
BLOCKS: Final = 32
TRANSFER: Final = BLOCKS * 2048
INQUIRY_LENGTH: Final = 36
DISC_INFORMATION_LENGTH: Final = 34
CDBS: Final = {
    "TEST UNIT READY": ("none", 0, bytes(6)),
    "INQUIRY": ("from", INQUIRY_LENGTH, bytes((0x12, 0, 0, 0, INQUIRY_LENGTH, 0))),
    "READ DISC INFORMATION": ("from", DISC_INFORMATION_LENGTH, bytes((0x51, *bytes(7), DISC_INFORMATION_LENGTH, 0))),
    "READ (10)": ("from", TRANSFER, bytes((0x28, *bytes(7), BLOCKS, 0))),
    "WRITE (10)": ("to", TRANSFER, bytes((0x2A, *bytes(7), BLOCKS, 0))),
}
WAYS: Final = {"none": Direction.NONE, "from": Direction.FROM_DEVICE, "to": Direction.TO_DEVICE}


def at(cdb: bytes, lba: int) -> bytes:
    """Return a READ or WRITE of another address."""
    return cdb[:2] + lba.to_bytes(4, "big") + cdb[6:]


def discstack(device: str, command: str) -> Step:
    """Typed: what `Drive` does, with one command for each reply."""
    drive = Drive(SgioTransport.open(device, write=True))
    room, data = memoryview(bytearray(TRANSFER)), bytes(TRANSFER)
    steps: dict[str, Step] = {
        "TEST UNIT READY": lambda _: drive.run(act(TEST_UNIT_READY)),
        "INQUIRY": lambda _: drive.inquiry(),
        "READ DISC INFORMATION": lambda _: drive.run(
            ask(READ_DISC_INFORMATION, DiscInformation.parse, DISC_INFORMATION_LENGTH)
        ),
        "READ (10)": lambda lba: drive.run(read_blocks(lba, room)),
        "WRITE (10)": lambda lba: drive.run(act(WRITE_10, data=data, lba=lba, transfer_length=BLOCKS)),
    }
    return steps[command]


def discstack_bare(device: str, command: str) -> Step:
    """Our transport alone."""
    transport = SgioTransport.open(device, write=True)
    word, length, cdb = CDBS[command]
    way, data = WAYS[word], bytearray(length)

    def send(lba: int) -> None:
        reply = transport.execute(Command(at(cdb, lba), way, data, length))
        if reply.status or reply.residual:
            raise SystemExit(f"{command}: {reply}")

    def send_ready(_: int) -> None:
        if transport.execute(ready).status:
            raise SystemExit(f"{command} failed")

    ready = Command(cdb, way, data if length else None, length if word == "from" else 0)
    return send if length == TRANSFER else send_ready


def pyscsi(device: str, command: str) -> Step:
    """Typed: its class SCSI. It declares no READ DISC INFORMATION."""
    disc = importlib.import_module("pyscsi.pyscsi.scsi").SCSI(
        importlib.import_module("pyscsi.pyscsi.scsi_device").SCSIDevice(device, readwrite=True), blocksize=2048
    )
    data = bytearray(TRANSFER)
    steps: dict[str, Step] = {
        "TEST UNIT READY": lambda _: disc.testunitready(),
        "INQUIRY": lambda _: disc.inquiry(alloclen=INQUIRY_LENGTH).result["t10_vendor_identification"],
        "READ (10)": lambda lba: disc.read10(lba, BLOCKS).datain,
        "WRITE (10)": lambda lba: disc.write10(lba, BLOCKS, data),
    }
    return steps[command]


def sgio(device: str, command: str) -> Step:
    """The module sgio of cython-sgio, which pyscsi sends its commands by."""
    execute: Any = importlib.import_module("sgio").execute
    file = os.fdopen(os.open(device, os.O_RDWR), "r+b", buffering=0)
    word, length, cdb = CDBS[command]
    to, from_ = (bytearray(length if word == way else 0) for way in ("to", "from"))
    if length == TRANSFER:
        return lambda lba: execute(file, at(cdb, lba), to, from_)
    return lambda _: execute(file, cdb, to, from_)


LIBRARIES: Final[dict[str, Callable[[str, str], Step]]] = {
    "discstack": discstack,
    "discstack, transport alone": discstack_bare,
    "pyscsi": pyscsi,
    "sgio (of pyscsi)": sgio,
}
NEEDS: Final = {"pyscsi": ("pyscsi", "sgio"), "sgio (of pyscsi)": ("sgio",)}
UNKNOWN: Final = {("pyscsi", "READ DISC INFORMATION")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("device")
    parser.add_argument("library", choices=LIBRARIES)
    parser.add_argument("command", choices=CDBS)
    parser.add_argument("count", type=int)
    choices = parser.parse_args()
    step = LIBRARIES[choices.library](choices.device, choices.command)
    began = time.process_time()
    for number in range(choices.count):
        step(number * BLOCKS)
    print(f"{time.process_time() - began:.9f}")


if __name__ == "__main__":
    main()
