"""From a declared CDB to a Command that a transport can run, and from its reply to a typed one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from discstack.mmc.errors import IllegalRequest, NotReady, ResponseError
from discstack.mmc.procedure import Procedure
from discstack.mmc.spec.cdb import CDB, Direction
from discstack.mmc.spec.layout import StructureError
from discstack.transport.base import Command, Reply

T = TypeVar("T")

BLOCK_SIZE: Final = 2048  # bytes; user data of every block that this layer writes or verifies
_LENGTH_FIELDS: Final = {Direction.FROM_DEVICE: "allocation_length", Direction.TO_DEVICE: "parameter_list_length"}
UNSUPPORTED: Final = {0x20, 0x24, 0x25, 0x26}  # additional sense codes of a request that this drive does not know


def command(
    cdb: CDB,
    *,
    allocation: int = 0,
    data: bytes | bytearray | memoryview | None = None,
    timeout: float | None = None,
    **fields: Any,
) -> Command:
    """Build a Command; the length field that bounds the data phase is filled in where the CDB has one.

    `allocation` bytes are expected from the device, or `data` goes to it. Where data comes from the device, `data` is a
    buffer to receive it. `timeout` is the declaration's unless given.
    """
    length = len(data) if data is not None else allocation
    name = _LENGTH_FIELDS.get(cdb.direction)
    if name is not None and name in cdb.layout.slots:
        fields.setdefault(name, length)
    direction = cdb.direction if length else Direction.NONE
    seconds = cdb.timeout if timeout is None else timeout
    return Command(
        cdb.build(**fields),
        direction,
        data,
        length if direction is Direction.FROM_DEVICE else 0,
        seconds,
    )


def received(reply: Reply) -> bytes:
    """Return the data that a reply brought, as bytes."""
    return bytes(reply.data)


def ask(cdb: CDB, parse: Callable[[bytes], T], allocation: int, **fields: Any) -> Procedure[T]:
    """Run a command that brings data and return what `parse` makes of it.

    Raises ResponseError if it makes nothing of it.
    """
    request = command(cdb, allocation=allocation, **fields)
    reply: Reply = yield request
    return interpret(request, parse, received(reply))


def interpret(request: Command, parse: Callable[[bytes], T], data: bytes) -> T:
    """Parse what came back for `request`; a malformed answer is a ResponseError that names the request."""
    try:
        return parse(data)
    except StructureError as error:
        raise ResponseError(request.cdb, error) from error


def optional(query: Procedure[T]) -> Procedure[T | None]:
    """Run a query; None where the drive does not know such a request, or not for this medium.

    The additional sense code tells that too where the sense key is another one (tgt says NOT READY).
    """
    try:
        return (yield from query)
    except IllegalRequest:
        return None
    except NotReady as error:
        if error.sense.asc not in UNSUPPORTED:
            raise
        return None


def act(cdb: CDB, *, data: bytes | None = None, timeout: float | None = None, **fields: Any) -> Procedure[None]:
    """Run a command that brings no data."""
    yield command(cdb, data=data, timeout=timeout, **fields)
