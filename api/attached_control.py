"""How another process reaches the drives that one has attached: a socket for each, named after its block device.

A request is one line of JSON, {"medium": text or null}; so is the answer, {"error": text or null}.
"""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Final, Protocol, Self

from discstack.address import VirtualAddress
from discstack.attachment import parse_disc
from discstack.transport.base import AccessDenied, DeviceGone, TransportError

FOLDER: Final = Path("/run/discstack")
PATIENCE: Final = 5.0  # seconds for a request to come
ANSWER_PATIENCE: Final = 600.0  # seconds for a drive to finish what it does, on its real clock
LONGEST: Final = 1 << 16


class Changeable(Protocol):
    """An attached drive whose disc can be changed, as `AttachedBurner` is."""

    @property
    def block(self) -> str:
        """The node of the sr driver."""
        ...

    def change(self, medium: str | None = None) -> None:
        """Change the disc."""
        ...


class Control:
    """Answers requests about an attached drive, in a thread of its own, until it is closed; a context manager."""

    def __init__(self, drive: Changeable, folder: Path = FOLDER) -> None:
        self._drive = drive
        folder.mkdir(mode=0o700, exist_ok=True)
        self._path = _socket_of(drive.block, folder)
        self._path.unlink(missing_ok=True)  # of a process that was killed: the node is ours now
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._thread = Thread(target=self._serve, name=f"discstack {self._path.name}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Answer no more."""
        self._listener.shutdown(socket.SHUT_RDWR)  # ends the thread's wait
        self._thread.join()
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            # Who has left, says nothing or talks nonsense shall not end the thread
            with suppress(OSError, UnicodeDecodeError), connection:
                connection.settimeout(PATIENCE)
                with connection.makefile("rw", encoding="utf-8") as stream:
                    stream.write(json.dumps({"error": self._answer(stream.readline(LONGEST))}) + "\n")

    def _answer(self, request: str) -> str | None:
        """Do what is asked for; return what went wrong."""
        try:
            medium = json.loads(request)["medium"]
            if not isinstance(medium, str | None):
                raise TypeError(f"{medium!r} is no medium")
            self._drive.change(medium)
        except (ValueError, KeyError, TypeError, RecursionError, TransportError) as error:
            return str(error)
        return None


def change_disc(block: str, medium: str | None, folder: Path = FOLDER) -> None:
    """Do as `AttachedBurner.change` with the drive of another process, by its block node.

    Raises DeviceGone where no process has attached such a drive, AccessDenied for who may not reach that process,
    TransportError for what it answers, ValueError for what is no medium.
    """
    request = json.dumps({"medium": None if medium is None else str(_absolute(medium))})
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_PATIENCE)
        try:
            connection.connect(str(_socket_of(block, folder)))
        except PermissionError as error:
            raise AccessDenied(
                f"{block}: only root changes the disc of an attached drive", errno=error.errno
            ) from error
        except OSError as error:
            raise DeviceGone(f"{block} is no drive that a running `discstack emulate --attach` has made") from error
        with connection.makefile("rw", encoding="utf-8") as stream:
            stream.write(request + "\n")
            stream.flush()
            answer = stream.readline(LONGEST)
    if not answer:
        raise DeviceGone(f"{block}: the process that had attached it has ended")
    if complaint := json.loads(answer)["error"]:
        raise TransportError(f"{block}: {complaint}")


def _absolute(medium: str) -> VirtualAddress:
    """Return the address of a disc with a file that is the same from every folder."""
    disc = parse_disc(medium)
    file = disc.options.get("file")
    return replace(disc, options={**disc.options, "file": os.path.abspath(file)}) if file else disc


def _socket_of(block: str, folder: Path) -> Path:
    return folder / f"{Path(block).name}.sock"
