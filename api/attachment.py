"""Virtual drives as real device nodes of this machine, for any program."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from discstack.address import Address, VirtualAddress, parse_address

if TYPE_CHECKING:
    from discstack.emulator.kernel.attachment import AttachedDrive
    from discstack.transport.observe import ExchangeObserver


MAX_TRANSFER: Final = 1 << 30  # bytes; the kernel has bounds of its own


def attach(address: str | Address, *, record: ExchangeObserver | None = None) -> AttachedDrive:
    """Make a virtual drive a real /dev/srN and /dev/sgN of this Linux machine, until it is detached.

    The drive keeps to the real clock: `realtime` is yes unless the address has another number. `record` hears of every
    command, in a thread of the drive's. Needs root and the kernel's target subsystem; raises AccessDenied or
    BackendUnavailable, which say what is missing and where to get it.
    """
    from discstack.emulator.kernel.attachment import AttachedDrive
    from discstack.transport.observe import observe

    parsed = parse_address(address) if isinstance(address, str) else address
    if not isinstance(parsed, VirtualAddress):
        raise ValueError(f"{parsed} is a drive already: only virtual drives are attached")
    if not parsed.options.get("realtime", True):
        raise ValueError(f"{parsed}: a drive in the kernel cannot have a clock that stands still; leave realtime= out")
    options = {"realtime": True, "max_transfer": MAX_TRANSFER, **parsed.options}
    transport = replace(parsed, options=options).open(write=True)
    try:
        return AttachedDrive(observe(transport, [record]) if record else transport)
    except BaseException:
        transport.close()
        raise
