"""Recording what is said to a drive: for bug reports, for Wireshark, and to be played again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from discstack.transport.record.observers import BUDGET, FileRecorder

if TYPE_CHECKING:
    import os

    from discstack.transport.observe import ExchangeObserver

__all__ = ["recording_to"]

PCAPNG: Final = ".pcapng"


@contextmanager
def recording_to(path: str | os.PathLike[str], *, budget: int = BUDGET) -> Iterator[ExchangeObserver]:
    """Open a file and give what records there, to be handed to `discstack.open` as `record`.

    A name that ends in .pcapng makes a file for Wireshark, any other one makes text. Data is kept as long as `budget`
    bytes last, answers of up to 512 bytes always; serial numbers are masked. `replay:PATH` as an address plays either.
    """
    if str(path).endswith(PCAPNG):
        from discstack.transport.record.pcapng import PcapngWriter

        with open(path, "wb") as packets:
            yield FileRecorder(PcapngWriter(packets), budget=budget)
    else:
        from discstack.transport.record.text import TextWriter

        with open(path, "w", encoding="utf-8") as lines:
            yield FileRecorder(TextWriter(lines), budget=budget)
