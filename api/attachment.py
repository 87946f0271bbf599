"""Virtual drives as real device nodes of this machine, for any program."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from discstack.address import VIRTUAL, Address, VirtualAddress, parse_address
from discstack.emulator.kernel.attachment import AttachedDrive
from discstack.emulator.open import open_disc, open_virtual
from discstack.transport.observe import observe

if TYPE_CHECKING:
    from discstack.emulator.transport import VirtualTransport
    from discstack.transport.base import Transport
    from discstack.transport.observe import ExchangeObserver


MAX_TRANSFER: Final = 1 << 30  # bytes; the kernel has bounds of its own
OF_DISCS: Final = ("file", "speed", "capacity", "defects")  # the options of an address that are about the disc


class AttachedBurner(AttachedDrive):
    """A virtual drive that the kernel has found; `change` puts another disc into it."""

    def __init__(self, virtual: VirtualTransport, transport: Transport) -> None:
        """Attach `transport`, which leads to `virtual`."""
        self._virtual = virtual
        super().__init__(transport)

    def change(self, medium: str | None = None) -> None:
        """Change the disc, as a hand does that presses the button; None takes it out and puts none in.

        `medium` is as in an address, with the options that are about the disc. Programs hear of the new disc from the
        kernel. Raises DeviceBusy while a program, or a mount, keeps the tray locked, ValueError for what is no medium,
        TransportError if the disc's file cannot be used: then everything is as it was.
        """
        if medium is None:
            self._virtual.change(None)
            return
        disc = parse_disc(medium)
        self._virtual.change(lambda clock: open_disc(disc.medium, clock, **disc.options))


def parse_disc(medium: str) -> VirtualAddress:
    """Read a medium with the options that are about a disc; ValueError for any other."""
    address = parse_address(medium if medium.startswith(VIRTUAL) else VIRTUAL + medium)
    assert isinstance(address, VirtualAddress)
    if others := [name for name in address.options if name not in OF_DISCS]:
        raise ValueError(f"{medium!r}: {others[0]}= is the drive's, not the disc's; there are {', '.join(OF_DISCS)}")
    return address


def _serial(address: VirtualAddress) -> str | None:
    """Return a serial number for a drive whose disc is in memory: udev names drives by it, and none is like another."""
    return None if "file" in address.options else f"DS{secrets.token_hex(5).upper()}"


def attach(address: str | Address, *, record: ExchangeObserver | None = None) -> AttachedBurner:
    """Make a virtual drive a real /dev/srN and /dev/sgN of this Linux machine, until it is detached.

    The drive keeps to the real clock: `realtime` is yes unless the address has another number. `record` hears of every
    command, in a thread of the drive's. Needs root and the kernel's target subsystem; raises AccessDenied or
    BackendUnavailable, which say what is missing and where to get it.
    """
    parsed = parse_address(address) if isinstance(address, str) else address
    if not isinstance(parsed, VirtualAddress):
        raise ValueError(f"{parsed} is a drive already: only virtual drives are attached")
    if not parsed.options.get("realtime", True):
        raise ValueError(f"{parsed}: a drive in the kernel cannot have a clock that stands still; leave realtime= out")
    options = {"realtime": True, "max_transfer": MAX_TRANSFER, "serial": _serial(parsed), **parsed.options}
    virtual = open_virtual(parsed.medium, **options)
    try:
        return AttachedBurner(virtual, observe(virtual, [record]) if record else virtual)
    except BaseException:
        virtual.close()
        raise
