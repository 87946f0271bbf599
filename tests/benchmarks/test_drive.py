"""The drive that burners are measured on: that it takes what real ones do, and that what it counts is true."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xxhash
from measured_drive import DEVICE, DriveSetup, build_library, build_loop, report_in

MIB = 1 << 20
# What a program sees at DEVICE: `sense(...)` runs a CDB and tells key, code and qualifier
PRELUDE = """
import time
from discstack.mmc.spec.cdb import Direction
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import Command
from discstack.transport.sgio import SgioTransport

drive = SgioTransport.open(DEVICE, write=True)

def run(cdb, data=None, allocation=0):
    way = Direction.TO_DEVICE if data else Direction.FROM_DEVICE if allocation else Direction.NONE
    return drive.execute(Command(bytes.fromhex(cdb), way, data, allocation))

def sense(cdb, data=None, allocation=0):
    reply = run(cdb, data, allocation)
    return reply.status and Sense.parse(reply.sense).triple

def write(lba, blocks):
    return sense(f"2a 00 {lba:08x} 00 {blocks:04x} 00", bytes(blocks * 2048))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drive")
    build_loop(folder)
    return build_library(folder)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("image") / "image.iso"
    with path.open("wb") as file:
        file.write(bytes(16 * 2048))
        file.write(b"\1CD001\1".ljust(2048, b"\0"))
        file.write(b"\xffCD001\1".ljust(2048, b"\0"))
        for number in range(18, 1024):
            file.write(number.to_bytes(2, "big") * 1024)
    return path


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(built: Path, tmp_path: Path) -> Run:
    """Run a program on a drive and return what that counted."""

    def call(command: Sequence[str | Path], **setup: Any) -> dict[str, Any]:
        environment = DriveSetup(library=built, **setup).environment(tmp_path)
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return report_in(tmp_path)

    return call


@pytest.fixture
def ask(built: Path, tmp_path: Path) -> Callable[..., Any]:
    """Run a script on a drive and return what it assigned to `answer`."""

    def call(script: str, **setup: Any) -> Any:
        words = f"import json\nDEVICE = {DEVICE!r}\n{PRELUDE}\n{script}\nprint(json.dumps(answer))"
        environment = DriveSetup(library=built, **setup).environment(tmp_path)
        done = subprocess.run(
            [sys.executable, "-c", words], env=environment, capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return call


def hash_of(image: Path) -> str:
    return xxhash.xxh64(image.read_bytes()).hexdigest()


@pytest.mark.parametrize("medium", ["dvd+r", "bd-r"])
def test_our_burner_finds_a_blank_disc_and_leaves_a_closed_session(run: Run, image: Path, medium: str) -> None:
    words = [sys.executable, "-m", "discstack", "burn", image, "-d", DEVICE, "--verify", "none"]
    report = run(words, medium=medium, hash=True)
    assert (report["medium"], report["bytes"], report["xxh64"]) == (medium, 2 * MIB, hash_of(image))
    assert sum(report["sizes"].values()) == report["writes"]


def test_a_burn_elsewhere_on_such_a_drive_keeps_nobody_out(ask: Callable[..., Any]) -> None:
    with Path(os.devnull).open("rb") as what_stands_for_the_device:
        fcntl.flock(what_stands_for_the_device, fcntl.LOCK_EX)
        assert ask("answer = write(0, 32)") == 0


PEERS = {
    "growisofs": ("bd-r", ["growisofs", "-use-the-force-luke=tty,notray,spare:none", "-Z", f"{DEVICE}=image"]),
    "cdrskin": ("bd-r", ["cdrskin", f"dev={DEVICE}", "padsize=0", "image"]),
    "xorriso": ("dvd+r", ["xorriso", "-as", "cdrecord", f"dev={DEVICE}", "padsize=0", "image"]),
    "wodim": ("dvd+r", ["wodim", f"dev={DEVICE}", "-sao", "-gracetime=2", "image"]),
}


@pytest.mark.parametrize("peer", PEERS)
def test_other_burners_accept_the_drive_and_send_it_their_image(run: Run, image: Path, peer: str) -> None:
    medium, words = PEERS[peer]
    report = run(
        [str(image) if word == "image" else word.replace("=image", f"={image}") for word in words],
        medium=medium,
        hash=True,
    )
    assert (report["bytes"], report["xxh64"]) == (2 * MIB, hash_of(image))


def test_the_bare_loop_is_counted(run: Run, built: Path, image: Path) -> None:
    report = run([built.parent / "loop", DEVICE, image, "49152"], hash=True)
    assert report["xxh64"] == hash_of(image)
    assert (report["writes"], report["sizes"]) == (43, {"49152": 42, "32768": 1})
    assert report["opcodes"] == {"2A": 43}
    assert (report["busy"], report["underruns"], report["lowest_fill"]) == (0, 0, 1.0)


def test_a_write_waits_until_there_is_room(run: Run, built: Path, image: Path) -> None:
    report = run([built.parent / "loop", DEVICE, image, "65536"], rate=20e6, buffer=MIB // 2)
    assert report["seconds"] >= 0.07  # what is beyond the buffer's size takes that long on the disc
    assert report["busy"] == 0
    assert sum(report["fill_tenths"]) == report["writes"] - 9  # eight fit, the ninth is the first to find it full


def test_a_full_buffer_is_answered_with_2_04_08_if_asked_for(run: Run, built: Path, image: Path) -> None:
    report = run([built.parent / "loop", DEVICE, image, "65536"], rate=20e6, buffer=MIB // 2, busy=True, hash=True)
    assert report["busy"] > 0
    assert report["opcodes"]["2A"] == report["writes"] + report["busy"]
    assert report["xxh64"] == hash_of(image)


def test_a_host_that_comes_too_late_is_an_underrun(ask: Callable[..., Any], tmp_path: Path) -> None:
    script = """
for lba in range(0, 32 * 9, 32):
    assert write(lba, 32) == 0
time.sleep(0.2)
answer = write(32 * 9, 32)
time.sleep(0.2)
assert run("35" + "00" * 9).status == 0
"""
    assert ask(script, rate=10e6, buffer=MIB // 2) == 0
    report = report_in(tmp_path)
    assert (report["underruns"], report["lowest_fill"]) == (1, 0.0)  # nothing came behind the last WRITE
    assert 0.1 < report["underrun_seconds"] < report["seconds"]
    assert report["longest_gap"] >= 0.2


def test_read_buffer_capacity_tells_the_truth(ask: Callable[..., Any]) -> None:
    script = """
capacity = lambda: run("5c 00 00 00 00 00 00 00 0c 00", allocation=12).data.hex()
answer = [capacity()]
write(0, 32)
write(32, 16)
answer.append(capacity())
"""
    assert ask(script, rate=1, buffer=MIB) == ["000a00000010000000100000", "000a000000100000000e8000"]


@pytest.mark.parametrize(
    ("cdb", "data", "triple"),
    [
        ("2a 00 00000020 00 0020 00", 65536, [5, 0x21, 0x02]),  # not the next writable address
        ("2a 00 00000000 00 0010 00", 65536, [5, 0x24, 0x00]),  # 16 blocks, the data of 32
        ("28 00 00000000 00 0001 00", -2048, [5, 0x64, 0x00]),  # nothing is there
        ("ff 00 00000000 00 0000 00", 0, [5, 0x20, 0x00]),
    ],
)
def test_what_a_real_drive_would_refuse_is_refused(
    ask: Callable[..., Any], cdb: str, data: int, triple: list[int]
) -> None:
    assert ask(f"answer = sense({cdb!r}, bytes({max(data, 0)}) or None, {max(-data, 0)})") == triple


def test_the_request_queue_says_how_much_a_command_may_carry(ask: Callable[..., Any]) -> None:
    assert ask("answer = drive.max_transfer", max_transfer=512 << 10) == 512 << 10
