"""One command of a recording, and how it is made of an exchange: what data is kept, and which is masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import xxhash

from discstack.mmc.spec.cdb import Direction
from discstack.transport.base import SMALL_TRANSFER
from discstack.transport.observe import Exchange

ALWAYS_KEPT: Final = 512  # bytes; an answer that is not longer is kept whole
GLIMPSE: Final = 16  # bytes that are kept of anything else


@dataclass(frozen=True, slots=True)
class Payload:
    """The `size` bytes that moved: the first ones, which are `kept`, and XXH3 of all where those are not all."""

    size: int = 0
    kept: bytes = b""
    digest: bytes = b""

    @property
    def whole(self) -> bool:
        """Whether all of it was kept."""
        return len(self.kept) == self.size

    @classmethod
    def of(cls, data: bytes | memoryview, most: int | None = None) -> Payload:
        """Make a payload of data of which at most `most` bytes are kept, all of it without that."""
        if most is None or len(data) <= most:
            return cls(len(data), bytes(data))
        return cls(len(data), bytes(data[:most]), xxhash.xxh3_128_digest(data))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A command and its answer. Times in seconds; `start` counts from the first command of the recording.

    `length` is how many bytes the host sent or had room for, `payload` what moved. Without an answer `status` is None,
    and `failure` is the class and the words of the error.
    """

    start: float
    duration: float
    cdb: bytes
    direction: Direction = Direction.NONE
    length: int = 0
    timeout: float = 30.0
    payload: Payload = Payload()
    status: int | None = None
    sense: bytes = b""
    residual: int = 0
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """The commands of a recording, and what the transport said of them; the usual transfer was always small once."""

    entries: Sequence[Recorded]
    max_transfer: int = 0
    usual_transfer: int = SMALL_TRANSFER


class Retention:
    """Decides how much of a command's data is kept: all of it as long as `budget` bytes last, then a glimpse."""

    def __init__(self, budget: int) -> None:
        self._left = budget

    def keep(self, data: bytes | memoryview) -> Payload:
        """Keep data as far as it may be."""
        if len(data) <= ALWAYS_KEPT:
            return Payload.of(data)
        if len(data) <= self._left:
            self._left -= len(data)
            return Payload.of(data)
        return Payload.of(data, GLIMPSE)


def moved(exchange: Exchange) -> bytes | memoryview:
    """Return the data that an exchange moved, as it lies in its buffer."""
    command, reply = exchange.command, exchange.reply
    if command.direction is Direction.TO_DEVICE:
        return b"" if command.data is None else memoryview(command.data).cast("B")
    return b"" if reply is None else reply.data


def recorded(exchange: Exchange, payload: Payload) -> Recorded:
    """Make an entry of an exchange; `start` is still on the transport's clock."""
    command, reply, error = exchange.command, exchange.reply, exchange.error
    return Recorded(
        start=exchange.start,
        duration=exchange.duration,
        cdb=bytes(command.cdb),
        direction=command.direction,
        length=command.allocation if command.data is None else memoryview(command.data).nbytes,
        timeout=command.timeout,
        payload=payload,
        status=None if reply is None else reply.status,
        sense=b"" if reply is None else bytes(reply.sense),
        residual=0 if reply is None else reply.residual,
        failure="" if error is None else _as_text(f"{type(error).__name__}: {error}"),
    )


def _as_text(words: str) -> str:
    """Return words that any file takes: the name of a device need not be characters."""
    return words.encode("utf-8", "backslashreplace").decode()
