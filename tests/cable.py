"""Another program's way to a virtual drive: SG_IO of that program goes through a socket to this process."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
from pathlib import Path
from threading import Thread
from typing import Any

from discstack.emulator.open import open_virtual
from discstack.mmc.spec.cdb import Direction
from discstack.transport.base import Command

DEVICE = "/dev/sg9"
NO_ANSWER = 256  # as in cable.c
DIRECTIONS = (Direction.NONE, Direction.FROM_DEVICE, Direction.TO_DEVICE)


def build_cable(target: Path) -> Path:
    """Compile the library that is preloaded into the other program."""
    source = Path(__file__).with_name("cable.c")
    shared = f"-I{source.parents[1] / 'benchmarks/drive'}"  # what both played drives answer to questions of sg
    flags = ("-shared", "-fPIC", "-Wall", "-Werror", "-O1", shared)
    subprocess.run(["cc", *flags, "-o", target, source, "-ldl"], check=True)
    return target


class Bench:
    """A virtual drive that other programs find at DEVICE; `drive` is for looking at the disc afterwards."""

    def __init__(self, cable: Path, folder: Path, medium: str, **options: Any) -> None:
        self.drive = open_virtual(medium, realtime=1000, **options)  # other programs wait by the clock on the wall
        self.folder = folder
        self.no_answer = 0  # an errno: no command is answered, and the host's adapter says why
        self.seen: list[bytes] = []
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(folder / "socket"))
        self._socket.listen()
        paths = {"CABLE_DEVICE": DEVICE, "CABLE_SOCKET": str(folder / "socket"), "LD_PRELOAD": str(cable)}
        self.environment = {**os.environ, **paths}
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def run(self, *words: str) -> str:
        done = subprocess.run(words, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()
        self.drive.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # closed: the test is over
                return
            with connection:
                while (request := self._request(connection)) is not None:
                    self._answer(connection, request)

    def _request(self, connection: socket.socket) -> Command | None:
        head = receive(connection, 16)
        if not head:
            return None
        length, way, size, _ = struct.unpack("4I", head)
        cdb = receive(connection, length)
        direction = DIRECTIONS[way]
        data = receive(connection, size) if direction is Direction.TO_DEVICE else None
        return Command(cdb, direction, data, size if direction is Direction.FROM_DEVICE else 0, 1e9)

    def _answer(self, connection: socket.socket, command: Command) -> None:
        self.seen.append(command.cdb)
        if self.no_answer:
            connection.sendall(struct.pack("4I", NO_ANSWER + self.no_answer, 0, 0, 0))
            return
        reply = self.drive.execute(command)
        data = bytes(reply.data) if command.allocation else b""
        residual = command.allocation - len(data) if command.allocation else reply.residual
        head = struct.pack("4I", reply.status, len(reply.sense), len(data), residual)
        connection.sendall(head + reply.sense + data)


def receive(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := connection.recv(size - len(data))):
        data += more
    return data
