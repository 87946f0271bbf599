"""Prints which opcodes the kernel lets this process send to a drive: to one open for reading, then for writing."""

import sys

from discstack.transport.base import Command, CommandFiltered, TransportError
from discstack.transport.sgio import SgioTransport


def passes(transport: SgioTransport, opcode: int) -> bool:
    try:
        transport.execute(Command(bytes([opcode]) + bytes(15), timeout=5))
    except CommandFiltered:
        return False
    except TransportError:  # the kernel has passed it on, and that was not to its liking
        return True
    return True


for write in (False, True):
    with SgioTransport.open(sys.argv[1], write=write, exclusive=False) as transport:
        print(bytes(opcode for opcode in range(256) if passes(transport, opcode)).hex())
