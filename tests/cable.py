"""Another program's way to a virtual drive: SG_IO of that program goes through a socket to this process."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from discstack.emulator.open import open_virtual
from discstack.emulator.transport import VirtualTransport
from discstack.mmc.spec.cdb import Direction
from discstack.transport.base import Command, Reply

DEVICE = "/dev/sg9"
BLOCK_DEVICE = "/dev/sr9"  # for programs that take no other
FOR_EVER = 1e9  # seconds
BRISK = "brisk.so"
NO_ANSWER = 256  # as in cable.c
DIRECTIONS = (Direction.NONE, Direction.FROM_DEVICE, Direction.TO_DEVICE)


def build_cable(target: Path) -> Path:
    """Compile the library that is preloaded into the other program, and beside it the one that shortens its naps."""
    source = Path(__file__).with_name("cable.c")
    naps = source.parent / "kernel/guest/brisk.c"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", target.with_name(BRISK), naps, "-ldl"], check=True)
    shared = f"-I{source.parents[1] / 'benchmarks/drive'}"  # what both played drives answer to questions of sg
    flags = ("-shared", "-fPIC", "-Wall", "-Werror", "-O1", shared)
    subprocess.run(["cc", *flags, "-o", target, source, "-ldl"], check=True)
    return target


class Patient:
    """A drive that is waited for: a hiccup of this machine takes minutes on a clock so quick."""

    def __init__(self, drive: VirtualTransport) -> None:
        self._drive = drive

    def __getattr__(self, name: str) -> Any:
        return getattr(self._drive, name)

    def execute(self, command: Command) -> Reply:
        return self._drive.execute(replace(command, timeout=FOR_EVER))


class Bench:
    """A virtual drive that other programs find at `device`; `drive` is for looking at the disc afterwards."""

    def __init__(self, cable: Path, folder: Path, medium: str, device: str = DEVICE, **options: Any) -> None:
        # other programs wait by the clock on the wall
        self.drive = Patient(open_virtual(medium, realtime=1000, **options))
        if device == BLOCK_DEVICE:  # the kernel hears of the power that came on, before any program does
            self.drive.execute(Command(bytes(6), Direction.NONE, None, 0, FOR_EVER))
        self.folder = folder
        self.no_answer = 0  # an errno: no command is answered, and the host's adapter says why
        self.seen: list[bytes] = []
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(folder / "socket"))
        self._socket.listen()
        node = folder / "node"
        node.touch()
        paths = {
            "CABLE_DEVICE": device,
            "CABLE_FILE": str(node),
            "CABLE_SOCKET": str(folder / "socket"),
            "LD_PRELOAD": str(cable),
        }
        self.environment = {**os.environ, **paths}
        self._turn = Lock()
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def run(self, *words: str) -> str:
        cable = self.environment["LD_PRELOAD"]
        environment = {**self.environment, "LD_PRELOAD": f"{cable} {Path(cable).with_name(BRISK)}"}
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",  # dvd+rw-tools write Latin-1
            timeout=200,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

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
            Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection:
            while (request := self._request(connection)) is not None:
                with self._turn:
                    self._answer(connection, request)

    def _request(self, connection: socket.socket) -> Command | None:
        head = receive(connection, 16)
        if not head:
            return None
        length, way, size, _ = struct.unpack("4I", head)
        cdb = receive(connection, length)
        direction = DIRECTIONS[way]
        data = receive(connection, size) if direction is Direction.TO_DEVICE else None
        return Command(cdb, direction, data, size if direction is Direction.FROM_DEVICE else 0, FOR_EVER)

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
