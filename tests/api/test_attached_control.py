"""Another process changes the disc of an attached drive; here without a kernel."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from discstack.attached_control import Control, change_disc
from discstack.attachment import parse_disc
from discstack.transport.base import DeviceBusy, DeviceGone, TransportError

pytestmark = pytest.mark.linux("the socket of an attached drive")


class Drive:
    """Stands in for an attached drive."""

    def __init__(self) -> None:
        self.block = "/dev/sr7"
        self.seen: list[str | None] = []
        self.error: Exception | None = None

    def change(self, medium: str | None = None) -> None:
        if self.error is not None:
            raise self.error
        if medium is not None:
            parse_disc(medium)
        self.seen.append(medium)


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    drive = Drive()
    (tmp_path / "sr7.sock").touch()  # of a process that was killed
    with Control(drive, tmp_path):
        yield drive


def test_the_drive_gets_the_disc_with_its_file_from_every_folder(drive: Drive, tmp_path: Path) -> None:
    change_disc("/dev/sr7", "dvd+r?file=second.img&speed=8", tmp_path)
    change_disc("/dev/sr7", None, tmp_path)
    assert drive.seen == [f"virtual:dvd+r?file={os.getcwd()}/second.img&speed=8", None]


def test_what_the_drive_says_comes_back_and_it_goes_on(drive: Drive, tmp_path: Path) -> None:
    drive.error = DeviceBusy("the tray is locked")
    with pytest.raises(TransportError, match="/dev/sr7: the tray is locked"):
        change_disc("/dev/sr7", "cd-r", tmp_path)
    drive.error = None
    change_disc("/dev/sr7", "cd-r", tmp_path)
    assert drive.seen == ["virtual:cd-r"]


@pytest.mark.parametrize(
    "said", [b"\xff\n", b"[]\n", b"", b'{"medium":"' + b"x" * 100_000, b'{"medium": 5}\n', b"[" * 50_000 + b"\n"]
)
def test_who_talks_nonsense_and_leaves_keeps_nobody_from_changing_the_disc(
    drive: Drive, tmp_path: Path, said: bytes
) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(tmp_path / "sr7.sock"))
        connection.sendall(said)
    change_disc("/dev/sr7", "cd-r", tmp_path)
    assert drive.seen == ["virtual:cd-r"]


def test_a_drive_that_nobody_has_attached_is_told_apart(drive: Drive, tmp_path: Path) -> None:
    with pytest.raises(DeviceGone, match="no drive that a running"):
        change_disc("/dev/sr8", "cd-r", tmp_path)


def test_the_socket_is_gone_with_the_drive(tmp_path: Path) -> None:
    with Control(Drive(), tmp_path):
        assert (tmp_path / "sr7.sock").exists()
    assert list(tmp_path.iterdir()) == []


def test_what_is_about_the_drive_is_no_disc() -> None:
    with pytest.raises(ValueError, match="realtime= is the drive's"):
        parse_disc("cd-r?realtime=3")
    with pytest.raises(ValueError, match="no medium is called"):
        parse_disc("floppy")
