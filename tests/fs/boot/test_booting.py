"""Machines start from our images: QEMU with SeaBIOS and with OVMF, from a CD and from a USB stick."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack.file_system_image import FileSystemImage
from discstack.fs.boot.el_torito import FLOPPY_SIZES, BootPlatform, Emulation
from discstack.fs.boot.options import (
    BootAddress,
    BootImage,
    BootOptions,
    BootSector,
    Partition,
    PartitionTable,
    PartitionType,
)
from discstack.fs.bridge import build_image
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory

PROGRAMS = Path(__file__).parent / "programs"
OVMF = Path("/usr/share/ovmf/OVMF.fd")
ISOLINUX = Path("/usr/lib/ISOLINUX")
GRUB = Path("/usr/lib/grub/i386-pc")
LDLINUX = Path("/usr/lib/syslinux/modules/bios/ldlinux.c32")
SECONDS = 200
STOPPED = 33  # QEMU's exit code when one of our programs ended the machine

CD = ("-drive", "file={},format=raw,if=ide,media=cdrom,readonly=on")
USB = (
    *("-device", "qemu-xhci", "-drive", "file={},format=raw,if=none,id=stick,readonly=on"),
    *("-device", "usb-storage,drive=stick"),
)
BIOS: tuple[str, ...] = ()
UEFI = ("-bios", str(OVMF))


def run(*command: str | Path, code: int = 0) -> str:
    """Run a program of somebody else's, or skip the test where it is not installed."""
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, check=False, timeout=SECONDS)
    output = done.stdout.decode("latin-1")
    assert done.returncode == code, f"{command}: {done.returncode}, {output}{done.stderr.decode()}"
    return output


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Gives a program for a BIOS, assembled to run at 7C00h or at another offset."""
    folder = tmp_path_factory.mktemp("programs")

    def build(name: str, offset: int = 0x7C00) -> Path:
        target = folder / f"{name}.bin"
        if not target.exists():
            run("as", "--32", "-I", PROGRAMS, PROGRAMS / f"{name}.s", "-o", folder / f"{name}.o")
            run(
                "ld", "-m", "elf_i386", "-Ttext", hex(offset), "--oformat", "binary", folder / f"{name}.o", "-o", target
            )
        return target

    return build


@pytest.fixture(scope="session")
def efi_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program for UEFI."""
    folder = tmp_path_factory.mktemp("efi")
    program = folder / "BOOTX64.EFI"
    run("as", "--64", PROGRAMS / "efi.s", "-o", folder / "efi.o")
    run("ld", "-m", "i386pep", "--subsystem", "10", "-e", "efi_main", folder / "efi.o", "-o", program)
    return program


@pytest.fixture
def efi_image(efi_program: Path, tmp_path: Path) -> Callable[[int], Path]:
    """Gives a FAT of some MiB with the program where a firmware looks for it."""

    def make(size: int) -> Path:
        target = tmp_path / "efi.img"
        target.write_bytes(bytes(size << 20))
        run("mformat", "-i", target, "-T", str(size << 11), "-h", "64", "-s", "32", "::")
        run("mmd", "-i", target, "::EFI", "::EFI/BOOT")
        run("mcopy", "-i", target, efi_program, "::EFI/BOOT/")
        return target

    return make


def hide_boot_record(path: Path) -> None:
    """Make El Torito's boot record that of another system: OVMF follows it on a disk too, without a partition."""
    with path.open("r+b") as file:
        file.seek(17 * 2048 + 7)
        assert file.read(23) == b"EL TORITO SPECIFICATION"
        file.seek(17 * 2048 + 7)
        file.write(b"somebody else's boot   ")


@pytest.fixture
def started(tmp_path: Path) -> Callable[..., str]:
    """Starts a machine from an image and gives what came over the serial port, without what moves a cursor."""

    def start(image: Image | Path, firmware: tuple[str, ...], drive: tuple[str, ...]) -> str:
        if firmware == UEFI and not OVMF.exists():
            pytest.skip("OVMF is not installed")
        path = tmp_path / "image.iso"
        if isinstance(image, Path):
            path = image
        else:
            image.write_to(path)
        if drive == USB:
            hide_boot_record(path)
        machine = ("-accel", "tcg", "-m", "256", "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot")
        stopper = ("-device", "isa-debug-exit,iobase=0xf4,iosize=4")
        words = [word.format(path) for word in drive]
        said = run("qemu-system-x86_64", *machine, *stopper, *firmware, *words, code=STOPPED)
        return re.sub(r"\x1b\[[=0-9;]*[A-Za-z]", "", said)

    return start


def image_of(*images: BootImage, **choices: Any) -> Image:
    root = Directory()
    root.create_file("data", b"data" * 5000)
    return build_image(root, ImageOptions(boot=BootOptions(images=images, **choices)))


def sector_of(image: Image, label: str) -> str:
    """Where something lies, as the programs print it."""
    return f"{next(span.lba for span in image.files_in(0, image.sectors) if span.label == label):08x}"


@pytest.fixture
def hybrid(built: Callable[..., Path], efi_image: Callable[[int], Path]) -> Callable[..., Image]:
    """Plans an image for all that starts it: a CD and a disk, with a BIOS and with UEFI."""

    def plan(table: PartitionTable, **choices: Any) -> Image:
        return image_of(
            BootImage(content=built("program"), info_table=True),
            BootImage(content=efi_image(1), platform=BootPlatform.EFI),
            boot_sector=BootSector(built("boot_sector")),
            partition_table=table,
            **choices,
        )

    return plan


def test_bios_starts_a_cd_without_emulation(hybrid: Callable[..., Image], started: Callable[..., str]) -> None:
    image = hybrid(PartitionTable.GPT)
    assert started(image, BIOS, CD) == f"program at sector {sector_of(image, 'boot image program.bin')}\n"


def test_bios_reads_a_boot_image_to_the_segment_of_its_entry(
    built: Callable[..., Path], started: Callable[..., str]
) -> None:
    image = image_of(BootImage(content=built("segment", 0), load_segment=0x2000))
    assert started(image, BIOS, CD) == "segment 00002000\n"


@pytest.mark.parametrize("table", PartitionTable)
def test_bios_starts_a_usb_stick(
    hybrid: Callable[..., Image], started: Callable[..., str], table: PartitionTable
) -> None:
    image = hybrid(table)
    where = sector_of(image, "boot image program.bin")
    assert started(image, BIOS, USB) == f"boot sector, program at sector {where}\n"


def test_uefi_starts_a_cd(hybrid: Callable[..., Image], started: Callable[..., str]) -> None:
    assert started(hybrid(PartitionTable.GPT), UEFI, CD).endswith("EFI program\n")


def test_uefi_starts_a_cd_of_one_image_that_is_too_large_to_be_counted(
    efi_image: Callable[[int], Path], started: Callable[..., str]
) -> None:
    image = image_of(BootImage(content=efi_image(33), platform=BootPlatform.EFI))
    assert started(image, UEFI, CD).endswith("EFI program\n")


def test_uefi_starts_a_usb_stick(hybrid: Callable[..., Image], started: Callable[..., str]) -> None:
    """That with a GPT is started where it has grown, and with an active partition before."""
    assert started(hybrid(PartitionTable.MBR), UEFI, USB).endswith("EFI program\n")


def test_uefi_starts_a_usb_stick_from_a_partition_that_was_given(
    efi_image: Callable[[int], Path], started: Callable[..., str]
) -> None:
    efi = Partition(2, PartitionType.EFI_SYSTEM.value, efi_image(1))
    boot = BootImage(partition=2, platform=BootPlatform.EFI)
    image = image_of(boot, partitions=[efi], partition_table=PartitionTable.GPT)
    assert started(image, UEFI, USB).endswith("EFI program\n")


def test_active_partition_before_a_gpt_keeps_no_firmware_from_starting(
    hybrid: Callable[..., Image], started: Callable[..., str]
) -> None:
    image = hybrid(PartitionTable.GPT, force_bootable=True)
    assert started(image, BIOS, USB).startswith("boot sector, program at sector")
    assert started(image, UEFI, USB).endswith("EFI program\n")


def emulated(program: bytes, size: int, text: bytes, partition: bytes = b"") -> bytes:
    """A drive that starts with a program and has a text in its third sector; `partition` is that of a hard disk."""
    start = program.ljust(446, b"\0") + partition.ljust(64, b"\0") + b"\x55\xaa"
    assert len(start) == 512
    return (start.ljust(1024, b"\0") + text).ljust(size, b"\0")


@pytest.mark.parametrize("size", FLOPPY_SIZES.values(), ids=[kind.name for kind in FLOPPY_SIZES])
def test_bios_starts_an_emulated_floppy(built: Callable[..., Path], started: Callable[..., str], size: int) -> None:
    floppy = emulated(built("drive").read_bytes(), size, b": text on the floppy")
    assert started(image_of(BootImage(content=floppy)), BIOS, CD) == "drive 00000000: text on the floppy\n"


def test_bios_starts_an_emulated_hard_disk(built: Callable[..., Path], started: Callable[..., str]) -> None:
    size = 4 << 20
    partition = bytes.fromhex("80 01 01 00 83 0f 20 03  20 00 00 00  e0 1f 00 00")  # 0/1/1 to 3/15/32
    disk = emulated(built("drive").read_bytes(), size, b": text on the disk", partition)
    image = image_of(BootImage(content=disk, emulation=Emulation.HARD_DISK))
    assert started(image, BIOS, CD) == "drive 00000080: text on the disk\n"


@pytest.mark.parametrize("drive", [CD, USB], ids=["CD", "USB"])
def test_isolinux_starts_with_its_own_boot_sector_and_checks_the_boot_info_table(
    built: Callable[..., Path], started: Callable[..., str], drive: tuple[str, ...]
) -> None:
    if not (ISOLINUX.exists() and LDLINUX.exists()):
        pytest.skip("ISOLINUX is not installed")
    root = Directory()
    folder = root.create_directory("isolinux")
    for path in (ISOLINUX / "isolinux.bin", LDLINUX, built("program")):
        folder.add_file(path)
    folder.create_file("isolinux.cfg", b"DEFAULT run\nLABEL run\n  BOOT program.bin\n")
    boot = BootOptions(
        images=[BootImage("isolinux/isolinux.bin", info_table=True, load_size=4)],
        catalog="isolinux/boot.cat",
        boot_sector=BootSector(ISOLINUX / "isohdpfx.bin"),
    )
    said = started(build_image(root, ImageOptions(boot=boot)), BIOS, drive)
    assert said == "program at sector 00000000\n"


GRUB_COMMANDS = """
serial
terminal_output serial
search --set=root --file /found
cat /found
outb 0xf4 0x10
"""


@pytest.mark.parametrize("drive", [CD, USB], ids=["CD", "USB"])
def test_grub_starts_with_its_own_boot_sector_and_finds_its_files(
    tmp_path: Path, started: Callable[..., str], drive: tuple[str, ...]
) -> None:
    if not GRUB.exists():
        pytest.skip("GRUB for a BIOS is not installed")
    core, commands = tmp_path / "eltorito.img", tmp_path / "early.cfg"
    commands.write_text(GRUB_COMMANDS)
    modules = ["biosdisk", "iso9660", "serial", "terminal", "search", "search_fs_file", "cat", "iorw"]
    run("grub-mkimage", "-O", "i386-pc-eltorito", "-c", commands, "-p", "/boot/grub", "-o", core, *modules)
    root = Directory()
    root.create_directory("boot").add_file(core)
    root.create_file("found", b"GRUB found this")
    boot = BootOptions(
        images=[BootImage("boot/eltorito.img", info_table=True, grub2_info=True, load_size=4)],
        boot_sector=BootSector(GRUB / "boot_hybrid.img", BootAddress.GRUB2),
    )
    assert "GRUB found this" in started(build_image(root, ImageOptions(boot=boot)), BIOS, drive)


def added_to(image: Image, path: Path, next_session: int | None = None) -> Image:
    """Write an image, and plan what adds a file to it."""
    image.write_to(path)
    composed = FileSystemImage()
    composed.import_file_system(path, next_session=next_session)
    composed.root.create_file("new", b"new" * 999)
    return composed.create_result()


@pytest.mark.parametrize("machine", [(BIOS, CD), (BIOS, USB), (UEFI, USB)], ids=["BIOS, CD", "BIOS, USB", "UEFI, USB"])
def test_machines_start_from_a_hybrid_that_has_grown(
    hybrid: Callable[..., Image], started: Callable[..., str], tmp_path: Path, machine: tuple[tuple[str, ...], ...]
) -> None:
    first = hybrid(PartitionTable.GPT)
    where = sector_of(first, "boot image program.bin")
    path = tmp_path / "grown.iso"
    added_to(first, path).write_parts(path)
    said = started(path, *machine)
    assert said.endswith("EFI program\n" if machine[0] == UEFI else f"program at sector {where}\n")


def test_bios_that_starts_the_last_session_is_told_its_descriptors(
    built: Callable[..., Path], started: Callable[..., str], tmp_path: Path
) -> None:
    """QEMU's drive has one session: a sector is put where SeaBIOS looks for that of the last."""
    root = Directory()
    root.create_file("program.bin", built("program").read_bytes())
    boot = BootOptions(images=[BootImage("program.bin", info_table=True)])
    path, start = tmp_path / "sessions.iso", 2048
    second = added_to(build_image(root, ImageOptions(boot=boot)), path, start)
    with path.open("r+b") as file:
        file.seek(start * 2048)
        second.write_to(file, part=second.parts[0])
        file.seek((start + 17) * 2048)
        record = file.read(2048)
        file.seek(17 * 2048)
        file.write(record)
    where = sector_of(second, "/program.bin")
    assert int(where, 16) > start
    assert started(path, BIOS, CD) == f"program at sector {where}\n"
