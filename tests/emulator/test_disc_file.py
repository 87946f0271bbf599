"""A disc in a file: what survives, and what is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from discstack.emulator.discfile import DiscFileError
from discstack.emulator.open import MEDIA, open_virtual
from discstack.transport.base import AccessDenied, DeviceBusy, TransportError

Load = Callable[..., Any]
NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "disc.img"


def sidecar(path: Path) -> Path:
    return path.with_name("disc.img.json")


def test_new_disc_is_blank_and_has_a_sidecar(load: Load, path: Path) -> None:
    load("dvd+r", file=path)
    assert path.stat().st_size == 0
    saved = json.loads(sidecar(path).read_text())
    assert (saved["version"], saved["medium"], saved["capacity"]) == (1, "dvd+r", 2295104)


def test_block_n_lies_at_offset_n_times_2048(load: Load, path: Path) -> None:
    host = load("dvd+r", file=path)
    host.write(0, 16, fill=1)
    host.write(16, 16, fill=2)
    host.transport.close()
    assert path.read_bytes() == b"\1" * 32768 + b"\2" * 32768


@pytest.mark.parametrize("medium", sorted({*MEDIA} - {"dvd-r-dl-lj"}))  # which a page of its own lets be written
def test_state_survives_a_reopening(load: Load, path: Path, medium: str) -> None:
    host = load(medium, file=path)
    if medium == "dvd+rw" or medium.startswith("bd-re"):
        host.format(0xFFFFFFFF, 0x98 if medium == "dvd+rw" else 0)
    host.write(0, 320)
    host.sync()
    if medium == "dvd+rw":
        host.close(0)
    before = host.disc(), host.track(1), host.formats(), host.capacity()
    host.transport.close()
    again = load(medium, file=path)
    assert (again.disc(), again.track(1), again.formats(), again.capacity()) == before
    assert again.read(0) == b"\xa5" * 2048


def test_reopened_drive_reports_its_power_on(load: Load, path: Path) -> None:
    load("dvd+r", file=path).transport.close()
    assert load("dvd+r", file=path, heard=False).refused("00 00 00 00 00 00") == "6/29/00"


def test_running_background_format_is_stopped_when_the_drive_goes(load: Load, path: Path) -> None:
    host = load("dvd+rw", file=path)
    host.format(0xFFFFFFFF, 0x98)
    assert host.disc()[7] & 3 == 2
    host.transport.close()
    assert load("dvd+rw", file=path).disc()[7] & 3 == 1


def test_running_operation_is_finished_when_the_drive_goes(load: Load, path: Path) -> None:
    host = load("cd-rw", file=path)
    host.write(0, 320)
    host.sync()
    host.ok("A1 11" + "00" * 10)
    host.transport.close()
    assert load("cd-rw", file=path).disc()[2] == 0x10


def test_disc_is_held_by_one_drive_at_a_time(load: Load, path: Path) -> None:
    host = load("dvd+r", file=path)
    with pytest.raises(DeviceBusy, match="another virtual drive"):
        open_virtual("dvd+r", file=path)
    host.transport.close()
    load("dvd+r", file=path)


def test_file_without_a_sidecar_is_left_alone(path: Path) -> None:
    path.write_bytes(b"precious")
    with pytest.raises(DiscFileError, match="no sidecar"):
        open_virtual("dvd+r", file=path)
    assert path.read_bytes() == b"precious"


def test_sidecar_without_its_file_is_refused(load: Load, path: Path) -> None:
    load("dvd+r", file=path).transport.close()
    path.unlink()
    with pytest.raises(DiscFileError, match="missing"):
        open_virtual("dvd+r", file=path)


def test_other_medium_is_refused(load: Load, path: Path) -> None:
    load("dvd+r", file=path).transport.close()
    with pytest.raises(DiscFileError, match=r"holds a dvd\+r, not a bd-r"):
        open_virtual("bd-r", file=path)


def test_other_capacity_is_refused(load: Load, path: Path) -> None:
    load("dvd+r", file=path, capacity=64).transport.close()
    with pytest.raises(DiscFileError, match="64 blocks"):
        open_virtual("dvd+r", file=path, capacity=128)
    assert load("dvd+r", file=path).formats()[4:8] == (64).to_bytes(4, "big")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 2}',
        '{"version": 1, "medium": "dvd+r", "capacity": 64, "serial": "1", "state": {}}',
        '{"version": 1, "medium": "dvd+r", "capacity": 64, "serial": "1", "state": {"final": false, "tracks": []}}',
        '{"version": 1, "medium": "dvd+r", "capacity": 0, "serial": "1", "state": {"final": false, "tracks": [3]}}',
        '{"version": 1, "medium": [], "capacity": 64, "serial": "1", "state": {}}',
        '{"version": 1, "medium": "dvd+r", "capacity": 64, "serial": "1", "state": {"final": false, "tracks": '
        '[{"session": 1, "start": 0, "written": 900, "size": null, "closed": false, "run_out": 0}]}}',
        '{"version": 1, "medium": "dvd+r", "capacity": 64, "serial": "1", "state": {"final": false, "tracks": '
        '[{"session": "x", "start": 0, "written": 0, "size": null, "closed": false, "run_out": 0}]}}',
    ],
)
def test_damaged_sidecar_is_refused(path: Path, text: str) -> None:
    path.touch()
    sidecar(path).write_text(text)
    with pytest.raises(DiscFileError):
        open_virtual("dvd+r", file=path)


@pytest.mark.parametrize(
    ("medium", "place", "value"),
    [
        ("dvd+r", ("tracks", 0, "closed"), None),
        ("dvd+r", ("tracks", 0, "link"), [1]),
        ("dvd+r", ("tracks", 0, "start"), 1e9),
        ("dvd+r", ("calibrations_left",), "x"),
        ("cd-r", ("tracks", 0, "packet"), "32"),
        ("cd-r", ("tracks", 0, "links"), 7),
        ("cd-r", ("tracks", 0, "indexes"), [0, "1"]),
        ("cd-r", ("tracks", 0, "control"), 1 << 40),
        ("cd-r", ("sessions",), {"1": {"cd_text": 5}}),
        ("cd-r", ("sessions",), {"1": {"disc_type": True}}),
        ("dvd-r", ("disc_id",), "7"),
        ("dvd-r", ("disc_id",), 1 << 16),
        ("bd-re", ("spares",), -1),
        ("bd-re", ("spares",), float("inf")),
    ],
)
def test_a_sidecar_with_a_value_of_another_type_is_refused(
    load: Load, path: Path, medium: str, place: tuple[Any, ...], value: Any
) -> None:
    load(medium, file=path).transport.close()
    kept = json.loads(sidecar(path).read_text())
    inner = kept["state"]
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    sidecar(path).write_text(json.dumps(kept))
    with pytest.raises(DiscFileError, match="json"):
        open_virtual(medium, file=path)


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Be nobody for a while, where the tests run as root, who may open anything."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.linux("permissions")
def test_unwritable_file_is_access_denied(load: Load) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are for root's eyes only
        os.chmod(folder, 0o755)
        path = Path(folder, "disc.img")
        load("dvd+r", file=path).transport.close()
        path.chmod(0o444)
        with ordinary_user(), pytest.raises(AccessDenied):
            open_virtual("dvd+r", file=path)


def test_missing_folder_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(TransportError, match="nowhere"):
        open_virtual("dvd+r", file=tmp_path / "nowhere" / "disc.img")


def test_disc_that_cannot_be_made_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *_: Any, **__: Any) -> int:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(DiscFileError, match="No space left"):
        open_virtual("dvd+r", file=path)
    assert list(path.parent.iterdir()) == []


def test_full_file_system_is_no_answer_from_the_drive(load: Load, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = load("dvd+r", file=path)

    def full(lba: int, data: memoryview) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(host.transport.drive.medium.store, "write", full)
        with pytest.raises(TransportError, match="No space left"):
            host.write(0)
    assert host.next_writable() == 0


@pytest.mark.linux("st_blocks")
def test_zeros_take_no_room(load: Load, path: Path) -> None:
    host = load("bd-re", file=path)
    host.format(0, 0)
    for lba in range(0, 1024, 32):
        host.write(lba, fill=0)
    assert path.stat().st_size == 1024 * 2048
    assert path.stat().st_blocks == 0
    host.write(2048)
    assert host.read(1023) == bytes(2048)


def test_failing_sidecar_is_told_and_the_disc_released(load: Load, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = open_virtual("dvd+r", file=path)

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(TransportError, match="No space left"):
            transport.close()
    load("dvd+r", file=path)


KILLED = """
import os, signal, sys
from discstack.emulator.open import open_virtual
from discstack.mmc.spec.cdb import Direction
from discstack.transport.base import Command

transport = open_virtual(sys.argv[1], file=sys.argv[2])
transport.execute(Command(bytes(6)))
if sys.argv[1] == "bd-re":
    parameters = bytes.fromhex("00800008 00000000 00000000")
    transport.execute(Command(bytes.fromhex("041100000000"), Direction.TO_DEVICE, parameters, timeout=600))
for lba in range(0, 640, 32):
    cdb = bytes.fromhex(f"2A00{lba:08X}00002000")
    assert transport.execute(Command(cdb, Direction.TO_DEVICE, bytes([lba // 32]) * 65536)).status == 0
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.linux("SIGKILL")
@pytest.mark.parametrize("medium", ["cd-r", "dvd+r", "bd-r", "bd-re"])
def test_killed_drive_leaves_a_usable_disc(load: Load, path: Path, medium: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, medium, str(path)], check=False, env=_environment())
    assert done.returncode == -signal.SIGKILL
    host = load(medium, file=path)
    assert host.read(639) == bytes([19]) * 2048
    if medium == "bd-re":
        return
    assert host.next_writable() == 640
    host.write(640)
    host.sync()
    if medium != "cd-r":
        host.close(1, 1)
    host.close(2)
    assert host.disc()[2] & 3 == 1


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_defects_lie_within_the_disc_that_is_there_or_was_asked_for(path: Path) -> None:
    with pytest.raises(ValueError, match="blocks 0 to 4095, and defects of '4096' lie beyond"):
        open_virtual("dvd+r", file=path, capacity=4096, defects="4096")
    assert not path.exists()
    open_virtual("dvd+r", file=path, capacity=4096, defects="4095").close()
    with pytest.raises(ValueError, match="blocks 0 to 4095"):
        open_virtual("dvd+r", file=path, defects="4096")
    open_virtual("dvd+r", capacity=1 << 22, defects="4194303").close()  # and more than such discs have
