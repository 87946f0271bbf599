"""Our own burner on drives that are not ours, through the Linux kernel: those of tgt, of QEMU and of scsi_debug."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.qemu import PROGRAM as QEMU

from .contents import digests, fill, mounted

GUEST = Path(__file__).parent / "guest"
OURS = f"{sys.executable} -m discstack"


@pytest.fixture(scope="module")
def tgt(kernel: Any, kernel_share: Path) -> Iterator[list[list[str]]]:
    """The nodes of drives of tgt's with a blank DVD+R each."""
    if missing := [name for name in ("tgtd", "iscsid", "iscsiadm") if shutil.which(name) is None]:
        pytest.skip(f"{missing[0]} is not installed")
    folder = kernel_share / "tgt"
    folder.mkdir()
    script = f"cd {folder}; bash {GUEST}/tgt.sh"
    started = kernel.run(f"{script} start 3")
    assert started.status == 0, (folder / "log").read_text()
    yield [line.split() for line in started.output.splitlines()]
    kernel.check(f"{script} stop")


@pytest.fixture
def files(share: Path) -> Path:
    return fill(share / "files")


@pytest.mark.parametrize(("disc", "node"), [(0, 0), (1, 1)], ids=["block", "generic"])
def test_burns_on_a_target_that_lacks_much_of_mmc(
    kernel: Any, tgt: list[list[str]], files: Path, disc: int, node: int
) -> None:
    """It knows no GET EVENT STATUS NOTIFICATION, RESERVE TRACK, SEND OPC INFORMATION, READ FORMAT CAPACITIES."""
    said = kernel.discstack("burn", files, "-d", tgt[disc][node], "--close", "--reload", "--verify", "full").output
    assert "DVD+R, finalized" in said
    assert "sectors read back and right" in said
    assert "the drive does not know this command: do without it" in said
    assert "note: the system" not in said
    assert mounted(kernel, tgt[disc][0]) == digests(files)


def test_a_disc_that_is_full_unasked_is_told_of(kernel: Any, tgt: list[list[str]], files: Path) -> None:
    """This target takes the close of the session for that of the disc."""
    result = kernel.discstack("burn", files, "-d", tgt[2][0], "--verify", "none")
    assert result.status == 5
    assert "the drive finalized the disc with its session" in result.output
    kernel.check(f"sg_start --eject {tgt[2][0]}; sg_start --load {tgt[2][0]}")
    assert mounted(kernel, tgt[2][0]) == digests(files)


def test_a_disc_in_a_drive_of_qemus_is_read_and_the_drive_refused_as_a_burner(
    kernel: Any, background: Any, files: Path, share: Path
) -> None:
    """Attached to the kernel by the same way as a virtual drive of our own."""
    if missing := [name for name in (QEMU, "genisoimage") if shutil.which(name) is None]:
        pytest.skip(f"{missing[0]} is not installed")
    image = share / "disc.iso"
    subprocess.run(["genisoimage", "-quiet", "-R", "-udf", "-o", image, files], check=True)
    with background(f"{sys.executable} {GUEST}/qemu_drive.py AtapiDrive {image}") as attached:
        block, generic = attached.until(lambda lines: lines)[0].split()
        assert mounted(kernel, block) == digests(files)
        jobs = (("info", generic), ("verify", block, image), ("extract", generic, "-o", share / "out"))
        told, verified, extracted = (kernel.discstack(*words) for words in jobs)
        refused = kernel.discstack("burn", files, "-d", block)
    assert "vendor    QEMU" in told.output
    assert verified.output.startswith(f"{block} holds {image}")
    assert extracted.status == 0
    assert digests(share / "out") == digests(files)
    assert refused.status == 5
    assert f"{block}: nothing can be written here: CD-ROM, read-only" in refused.output


@pytest.mark.parametrize(
    ("device_type", "words"),
    [(5, "nothing can be written here: CD-ROM, read-only"), (0, "Linux scsi_debug 0191 is of device type 00h")],
)
def test_what_is_no_burner_is_refused(kernel: Any, files: Path, device_type: int, words: str) -> None:
    kernel.check(f"modprobe scsi_debug ptype={device_type} dev_size_mb=8 ndelay=0")
    try:
        node = kernel.check("ls /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/scsi_generic").strip()
        result = kernel.discstack("burn", files, "-d", f"/dev/{node}")
    finally:
        kernel.check("rmmod scsi_debug")
    assert result.status == 5
    assert words in result.output


def test_a_member_of_the_group_burns_and_hears_what_the_filter_keeps_back(
    kernel: Any, kernel_share: Path, attaching: Any, share: Path, files: Path
) -> None:
    """Who may open /dev/srN needs no other right; the kernel's filter of commands is what he has to get by with."""
    kernel.check("chmod", "755", kernel_share, share)  # the guest does not look again at modes that it knows
    member = "HOME=/tmp setpriv --reuid 65534 --regid 65534 --groups 24 --bounding-set=-all --inh-caps=-all"
    with attaching("cd-rw") as attachment:
        block = attachment.drives[0].block
        kernel.check(f"chgrp 24 {block}; chmod 660 {block}")
        stranger = kernel.run(f"{member.replace('--groups 24', '--clear-groups')} {OURS} info {block} 2>&1")
        said = kernel.check(f"{member} {OURS} burn {files} -d {block} --verify full --reload 2>&1")
        assert mounted(kernel, block) == digests(files)
        everything = kernel.check(f"{member} {OURS} info {block} --all 2>&1")
    assert stranger.status == 3
    assert "members of the group cdrom may use it" in stranger.output
    assert "sectors read back and right" in said
    kept_back = "opcode 0xbd is not in the kernel's command filter; it takes the capability CAP_SYS_RAWIO"
    assert f"MECHANISM STATUS allocation_length=0x8: {kept_back}" in everything
