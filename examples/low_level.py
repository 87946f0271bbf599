"""Ask and time a drive with the layers `transport` and `mmc` alone: `python examples/low_level.py [/dev/sr0 or D:]`.

Says what the drive is and can do, and how long it takes to read the first block of ten places of its disc. Without an
argument a virtual drive with a full disc is asked. Nothing is written to a drive of this machine.
"""

import sys
from functools import partial

from discstack.emulator.open import open_virtual
from discstack.mmc import actions, performance, queries
from discstack.mmc.command import command, optional
from discstack.mmc.drive import Drive
from discstack.mmc.errors import CommandError
from discstack.mmc.procedure import Now, Procedure
from discstack.mmc.spec.commands import READ_10
from discstack.mmc.spec.features import RemovableMedium
from discstack.mmc.spec.mode_pages import CapabilitiesPage
from discstack.transport.base import Transport, TransportError

PLACES = 10
SECTOR = 2048


def open_transport(path: str | None) -> Transport:
    """A transport carries one command to the drive and brings one reply."""
    if path is not None and sys.platform == "win32":
        from discstack.transport.spti import SptiTransport

        return SptiTransport.open(path, write=False)
    if path is not None:
        from discstack.transport.sgio import SgioTransport

        return SgioTransport.open(path, write=False)
    transport = open_virtual("dvd+rw", capacity=160_000)
    virtual = Drive(transport)
    virtual.format()
    for lba in range(0, 160_000, 32):
        virtual.run(actions.write_zeros(lba, 32))
    return transport


def timed_read(lba: int) -> Procedure[float]:
    """Read one block and return how many seconds that took: a procedure yields commands, and is sent the replies.

    CHECK CONDITION is raised here, at the `yield`, as the CommandError of its sense key.
    """
    began: float = yield Now()
    yield command(READ_10, allocation=SECTOR, lba=lba, transfer_length=1)
    ended: float = yield Now()
    return ended - began


def look(drive: Drive) -> None:
    """Ask typed questions; what this drive may not know is asked as optional."""
    print(drive.inquiry().name, "holds:", drive.identify())
    features = drive.configuration()
    tray = features.get(RemovableMedium)
    print("features:", len(features.features), "of which current:", sum(f.current for f in features.features))
    print("loads a disc by command:", tray is not None and tray.load)
    page = CapabilitiesPage.parse(drive.mode_page(CapabilitiesPage.code))
    print("write speed as it is set now:", page.current_write_speed, "kB/s")
    for speed in drive.ask(lambda: optional(performance.write_speeds())) or ():
        print(f"  offers {speed.write_speed} kB/s, rotation control {speed.wrc}")


def survey(drive: Drive) -> None:
    """Time a read at places from the inside to the outside of the disc."""
    capacity = drive.ask(queries.read_capacity)
    for place in range(PLACES):
        lba = place * (capacity.blocks - 1) // (PLACES - 1)
        try:
            print(f"  {lba:>9}: {drive.ask(partial(timed_read, lba)) * 1000:7.1f} ms")
        except CommandError as error:
            print(f"  {lba:>9}: {error.sense.code} {error.sense.text}")


def main() -> None:
    try:
        with Drive(open_transport(sys.argv[1] if len(sys.argv) > 1 else None)) as drive:
            look(drive)
            survey(drive)
    except (CommandError, TransportError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
