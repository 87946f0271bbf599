"""Recording what is said to a drive: for bug reports, for Wireshark, and to be played again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final

from discstack.fs.system_paths import openable
from discstack.transport.record.observers import BUDGET, FileRecorder

if TYPE_CHECKING:
    import os

    from discstack.transport.observe import ExchangeObserver
    from discstack.transport.record.observers import RecordWriter

__all__ = ["recording_to"]

PCAPNG: Final = ".pcapng"


@contextmanager
def recording_to(path: str | os.PathLike[str], *, budget: int = BUDGET) -> Iterator[ExchangeObserver]:
    """Open a file and give what records there, to be handed to `discstack.open` as `record`.

    A name that ends in .pcapng makes a file for Wireshark, any other one makes text. Data is kept as long as `budget`
    bytes last, answers of up to 512 bytes always; serial numbers are masked. `replay:PATH` as an address plays either.
    A file that takes no more keeps nothing from going on: that raises OSError when the context is left.
    """
    file, writer = _opened(path)
    recorder = FileRecorder(writer, budget=budget)
    try:
        yield recorder
    except BaseException as error:
        if failure := _closed(file, recorder.failure):
            error.add_note(f"{path}: {failure.strerror}: not all commands are recorded")
        raise
    if failure := _closed(file, recorder.failure):
        raise OSError(failure.errno, failure.strerror, str(path))


def _opened(path: str | os.PathLike[str]) -> tuple[IO[Any], RecordWriter]:
    if str(path).endswith(PCAPNG):
        from discstack.transport.record.pcapng import PcapngWriter

        packets = open(openable(path), "wb")  # noqa: SIM115  (`_closed` closes it)
        return packets, PcapngWriter(packets)
    from discstack.transport.record.text import TextWriter

    lines = open(openable(path), "w", encoding="utf-8")  # noqa: SIM115
    return lines, TextWriter(lines)


def _closed(file: IO[Any], failure: OSError | None) -> OSError | None:
    """Close a file and return what kept it from being written, first or last."""
    try:
        file.close()
    except OSError as error:
        return failure or error
    return failure
