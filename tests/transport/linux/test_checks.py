"""What a machine is examined for, on trees that stand in for the system's; each check good, and wrong."""

import errno
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from discstack.mmc.media import RECIPES
from discstack.mmc.stream import ring_size
from discstack.transport.diagnosis import Check, Verdict
from discstack.transport.linux.acl import AclEntry, parse_acl
from discstack.transport.linux.checks import drive as drive_checks
from discstack.transport.linux.checks import machine as machine_checks
from discstack.transport.linux.checks import transfer as transfer_checks
from discstack.transport.linux.checks.examined import Examined
from discstack.transport.linux.checks.examined import Machine as ExaminedMachine
from discstack.transport.linux.drives import list_drives
from discstack.transport.linux.process import CAP_IPC_LOCK, CAP_SYS_NICE, CAP_SYS_RAWIO, Process
from discstack.transport.system import Holder, Usage

from .machine import Machine

GOOD, NOTE, WRONG, UNSEEN = Verdict.GOOD, Verdict.NOTE, Verdict.WRONG, Verdict.UNSEEN
USER, CDROM = 1000, 24
DEVICES = "Character devices:\n 21 sg\n136 pts\n\nBlock devices:\n 11 sr\n253 virtblk\n"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="takes root to make device nodes")


@dataclass
class Setting:
    """A machine with a drive, and what this process may do there; `refusals` are errnos by flags."""

    machine: Machine
    groups: frozenset[int] = frozenset({USER})
    capabilities: int = 0
    limits: dict[str, str] = field(default_factory=dict)
    udev: bool = True
    refusals: dict[int, int] = field(default_factory=dict)
    barred: bool = False
    broken: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)

    def __post_init__(self) -> None:
        self.machine.write("proc/devices", DEVICES)
        self.machine.write("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n")
        self.machine.write("etc/group", "root:x:0:\ncdrom:x:24:bob\nann:x:1000:\n")
        self.opened = list[int]()

    def open(self, path: str, flags: int) -> int:
        self.opened.append(flags)
        if number := self.refusals.get(flags & (os.O_ACCMODE | os.O_EXCL)):
            raise OSError(number, os.strerror(number), path)
        return os.open("/dev/null", os.O_RDONLY)

    def load(self, name: str) -> None:
        if name in self.broken:
            raise ImportError(f"{name}: undefined symbol")

    @property
    def examined_machine(self) -> ExaminedMachine:
        return ExaminedMachine(
            roots=self.machine.roots,
            process=Process(USER, self.groups, self.capabilities, self.limits),
            udev=self.udev,
            open=self.open,
            may=lambda path, rights: not self.barred,
            load=self.load,
        )

    def check(self, check: Callable[[ExaminedMachine], Check]) -> Check:
        return check(self.examined_machine)

    def check_drive(self, check: Callable[[Examined], Check]) -> Check:
        (drive,) = list_drives(self.machine.roots, lambda device: {})
        return check(Examined(machine=self.examined_machine, drive=drive, usage=self.usage))


@pytest.fixture
def setting(machine: Machine) -> Setting:
    return Setting(machine)


@pytest.fixture
def device(setting: Setting) -> Path:
    return setting.machine.drive("2:0:0:0", block="sr7", generic="sg7", state="running")


@pytest.fixture
def nodes(setting: Setting, device: Path) -> Path:
    """The drive with its nodes, which belong to the group cdrom."""
    setting.machine.nodes("sr7", "sg7")
    (device / "block/sr7/dev").write_text("11:7\n")
    (device / "scsi_generic/sg7/dev").write_text("21:7\n")
    for node in ("sr7", "sg7"):
        os.chown(setting.machine.roots.dev / node, 0, CDROM)
        (setting.machine.roots.dev / node).chmod(0o660)
    return device


@pytest.mark.parametrize(
    ("devices", "verdict", "advice"),
    [
        (DEVICES, GOOD, ""),
        (DEVICES.replace(" 21 sg\n", ""), NOTE, "as root: modprobe sg"),
        (DEVICES.replace(" 11 sr\n", ""), WRONG, "as root: modprobe sr_mod"),
        ("", WRONG, "as root: modprobe sr_mod sg"),
    ],
)
def test_drivers(setting: Setting, devices: str, verdict: Verdict, advice: str) -> None:
    setting.machine.write("proc/devices", devices)
    found = setting.check(machine_checks.drivers)
    assert (found.verdict, found.advice) == (verdict, advice)


def test_udev_that_runs_but_cannot_be_asked_is_told_from_one_that_does_not_run(setting: Setting) -> None:
    assert setting.check(machine_checks.udev).verdict is GOOD
    setting.udev = False
    assert "does not run" in setting.check(machine_checks.udev).found
    setting.machine.write("run/udev/control", "")
    assert "not heard in here" in setting.check(machine_checks.udev).found
    setting.machine.write("proc/self/net/unix", "0: 2 0 10000 5 1 9 /run/dbus\n0: 2 0 10000 5 1 7 /run/udev/control\n")
    assert "libudev1" in setting.check(machine_checks.udev).advice


@pytest.mark.parametrize(
    ("sign", "text", "name"),
    [
        ("run/.containerenv", "", "Podman"),
        ("run/systemd/container", "lxc", "a container of systemd's"),
        ("etc/../.dockerenv", "", "Docker"),
        ("proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2\n", "WSL"),
    ],
)
def test_containers_are_known_by_their_signs(setting: Setting, sign: str, text: str, name: str) -> None:
    assert setting.check(machine_checks.container).verdict is GOOD
    setting.machine.write(sign, text)
    found = setting.check(machine_checks.container)
    assert (found.verdict, found.found) == (NOTE, f"this is {name}")
    assert ("usbipd" if name == "WSL" else "--device=") in found.advice


def test_rights_are_spelt_by_name(setting: Setting) -> None:
    setting.groups = frozenset({USER, CDROM, 4711})
    assert setting.check(machine_checks.rights).found == "user ann, groups 4711, ann, cdrom; without CAP_SYS_RAWIO"


@pytest.mark.parametrize(
    ("limits", "capabilities", "verdict", "words"),
    [
        ({}, 0, GOOD, "address space unknown, locked memory unknown"),
        ({"Max locked memory": str(8 << 20)}, 0, NOTE, "locked memory 8 MiB: too little"),
        ({"Max locked memory": str(8 << 20)}, 1 << CAP_IPC_LOCK, GOOD, "locked memory 8 MiB"),
        ({"Max locked memory": str(160_000 << 10)}, 0, NOTE, "locked memory 156 MiB: too little"),
        ({"Max locked memory": str(190_000 << 10)}, 0, GOOD, "locked memory 185 MiB"),
        ({"Max address space": str(1 << 30)}, 0, GOOD, "address space 1024 MiB"),
        ({"Max data size": str(256 << 20)}, 1 << CAP_IPC_LOCK, WRONG, ""),
    ],
)
def test_memory(setting: Setting, limits: dict[str, str], capabilities: int, verdict: Verdict, words: str) -> None:
    setting.limits, setting.capabilities = limits, capabilities
    found = setting.check(machine_checks.memory)
    assert found.verdict is verdict
    assert words in found.found


def test_the_largest_ring_is_that_for_the_fastest_medium(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discstack.mmc.stream._available_memory", lambda: 1 << 40)
    fastest = max(recipe.fastest for recipe in RECIPES.values()) * 1000
    assert ring_size(fastest, 256 << 10) == machine_checks.LARGEST_RING <= machine_checks.MEMLOCK << 10


@pytest.mark.parametrize(
    ("limits", "capabilities", "verdict", "words"),
    [
        ({"Max nice priority": "0", "Max realtime priority": "0"}, 0, NOTE, "in turn with all other"),
        ({"Max nice priority": "31", "Max realtime priority": "0"}, 0, NOTE, "niceness -11"),
        ({"Max realtime priority": "1"}, 0, GOOD, "real-time"),
        ({"Max realtime priority": "unlimited"}, 0, GOOD, "real-time"),
        ({"Max realtime priority": "0"}, 1 << CAP_SYS_NICE, GOOD, "real-time"),
    ],
)
def test_priority(setting: Setting, limits: dict[str, str], capabilities: int, verdict: Verdict, words: str) -> None:
    setting.limits, setting.capabilities = limits, capabilities
    found = setting.check(machine_checks.priority)
    assert found.verdict is verdict
    assert words in found.found
    assert bool(found.advice) is (verdict is NOTE)


def test_c_code_that_does_not_load_is_told_with_the_reason(setting: Setting) -> None:
    assert setting.check(machine_checks.c_code).verdict is GOOD
    setting.broken = ("discstack.transport._sgio",)
    found = setting.check(machine_checks.c_code)
    assert (found.verdict, found.found) == (
        WRONG,
        "discstack.transport._sgio: discstack.transport._sgio: undefined symbol",
    )


def test_automounters_are_known_by_their_processes(setting: Setting) -> None:
    assert setting.check(machine_checks.automounters).verdict is GOOD
    setting.machine.process(7, "udisksd")
    setting.machine.process(8, "gvfs-udisks2-vo")
    found = setting.check(machine_checks.automounters)
    assert found.verdict is NOTE
    assert found.found.startswith("GNOME's volume monitor, udisks; ")


@pytest.mark.usefixtures("device")
def test_a_drive_that_the_kernel_has_given_up_is_wrong(setting: Setting, device: Path) -> None:
    assert setting.check_drive(drive_checks.state).verdict is GOOD
    (device / "state").write_text("offline\n")
    found = setting.check_drive(drive_checks.state)
    assert (found.verdict, found.found) == (WRONG, "offline")
    assert found.advice.endswith(f"echo running >{device}/state")


@needs_root
def test_nodes(setting: Setting, nodes: Path) -> None:
    dev = setting.machine.roots.dev
    assert setting.check_drive(drive_checks.nodes).found == f"{dev}/sr7 and {dev}/sg7"
    (dev / "sg7").unlink()
    found = setting.check_drive(drive_checks.nodes)
    assert (found.verdict, found.found) == (WRONG, f"{dev}/sg7 is not there")
    assert found.advice.endswith("udevadm trigger --action=add")
    setting.machine.write("run/.containerenv", "")
    contained = setting.check_drive(drive_checks.nodes).advice
    assert contained == f"give the container its devices: --device={dev}/sr7 --device={dev}/sg7"
    (dev / "sg7").symlink_to(dev / "sr7")
    assert setting.check_drive(drive_checks.nodes).found == f"{dev}/sg7 is no node of this drive"
    (nodes / "block/sr7/dev").write_text("11:8\n")
    assert f"{dev}/sr7 is no node of this drive" in setting.check_drive(drive_checks.nodes).found


@pytest.mark.parametrize(
    ("names", "verdict", "advice"),
    [({"block": "sr7"}, NOTE, "as root: modprobe sg"), ({"generic": "sg7"}, WRONG, "as root: modprobe sr_mod")],
)
@needs_root
def test_a_drive_with_one_node(setting: Setting, names: dict[str, str], verdict: Verdict, advice: str) -> None:
    setting.machine.drive("2:0:0:0", **names)  # type: ignore[arg-type]
    setting.machine.nodes("sr7", "sg7")
    found = setting.check_drive(drive_checks.nodes)
    assert (found.verdict, found.advice) == (verdict, advice)


@needs_root
@pytest.mark.usefixtures("nodes")
class TestAccess:
    """Who may use the nodes, and how others come to that."""

    def test_nodes_that_may_be_written_are_good(self, setting: Setting) -> None:
        found = setting.check_drive(drive_checks.access)
        assert found.verdict is GOOD
        assert f"{setting.machine.roots.dev}/sr7 brw-rw---- root:cdrom" in found.found

    @pytest.mark.parametrize(
        ("members", "groups", "advice"),
        [
            ("bob", set(), "as root: usermod -aG cdrom ann; then log out and in again"),
            ("bob,ann", set(), "ann is in the group cdrom, but this session began before: log out and in again"),
            ("", {CDROM}, "ask who made the access control list"),
        ],
    )
    def test_who_is_barred_is_told_how_to_come_in(
        self, setting: Setting, members: str, groups: set[int], advice: str
    ) -> None:
        setting.machine.write("etc/group", f"root:x:0:\ncdrom:x:24:{members}\n")
        setting.groups, setting.barred = frozenset(groups), True
        found = setting.check_drive(drive_checks.access)
        assert found.verdict is WRONG
        assert found.advice.startswith(advice)

    def test_nodes_of_root_alone_take_a_rule(self, setting: Setting) -> None:
        for node in ("sr7", "sg7"):
            (setting.machine.roots.dev / node).chmod(0o600)
        setting.barred = True
        assert 'GROUP="cdrom", MODE="0660"' in setting.check_drive(drive_checks.access).advice


@pytest.mark.usefixtures("device")
class TestOpening:
    """What trying to open comes to."""

    def test_all_ways_are_tried(self, setting: Setting) -> None:
        assert setting.check_drive(drive_checks.opening).verdict is GOOD
        always = os.O_NONBLOCK | os.O_CLOEXEC
        assert setting.opened == [flags | always for flags in (os.O_RDONLY, os.O_RDWR, os.O_RDWR | os.O_EXCL)]

    @pytest.mark.parametrize(
        ("flags", "error", "verdict", "words", "advice"),
        [
            (os.O_RDONLY, errno.EPERM, WRONG, "O_RDONLY: EPERM: Operation not permitted", "DeviceAllow"),
            (os.O_RDWR, errno.EACCES, WRONG, "O_RDWR: EACCES: Permission denied", "see access"),
            (os.O_RDWR, errno.EROFS, WRONG, "O_RDWR: EROFS", "read-only"),
            (os.O_RDWR | os.O_EXCL, errno.EBUSY, NOTE, "O_RDWR|O_EXCL: EBUSY", "see who uses it"),
            (os.O_RDONLY, errno.ENXIO, WRONG, "O_RDONLY: ENXIO", "dmesg"),
        ],
    )
    def test_what_fails_is_told_with_its_flags(
        self, setting: Setting, flags: int, error: int, verdict: Verdict, words: str, advice: str
    ) -> None:
        setting.refusals = {flags: error}
        found = setting.check_drive(drive_checks.opening)
        assert found.verdict is verdict
        assert words in found.found
        assert advice in found.advice

    def test_who_uses_the_drive_is_not_disturbed(self, setting: Setting) -> None:
        node = str(setting.machine.roots.dev / "sg7")
        setting.usage = Usage(holders=(Holder(what="wodim (process 17)", node=node, pid=17),))
        found = setting.check_drive(drive_checks.opening)
        assert (found.verdict, setting.opened) == (NOTE, [])
        assert found.found.endswith("wodim (process 17)")


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize(
    ("usage", "verdict", "found", "advice"),
    [
        (Usage(), GOOD, "nobody in sight", ""),
        (Usage(unseen=3), UNSEEN, "nobody in sight (3 processes do not let", "as root"),
        (Usage(holders=(Holder(what="wodim", node="n", pid=1),)), NOTE, "wodim", "end them"),
        (
            Usage(holders=(Holder(what="the mount at /m", node="n", mount_point="/m"),)),
            NOTE,
            "the mount at /m",
            "umount",
        ),
    ],
)
def test_users(setting: Setting, usage: Usage, verdict: Verdict, found: str, advice: str) -> None:
    setting.usage = usage
    check = setting.check_drive(drive_checks.users)
    assert check.verdict is verdict
    assert check.found.startswith(found)
    assert check.advice.startswith(advice)


@pytest.mark.usefixtures("device")
def test_the_filter_holds_for_who_has_no_capability(setting: Setting) -> None:
    found = setting.check_drive(drive_checks.command_filter).found
    assert "WRITE BUFFER" in found
    assert "MECHANISM STATUS" in found
    assert "WRITE (10)" not in found
    setting.capabilities = 1 << CAP_SYS_RAWIO
    assert setting.check_drive(drive_checks.command_filter).found.startswith("none")


@pytest.mark.parametrize(
    ("told", "hardware", "verdict", "advice"),
    [
        ("512", "1024", GOOD, ""),
        ("32", "1024", WRONG, "as root: echo 512 >/sys/block/sr7/queue/max_sectors_kb"),
        ("32", "32", NOTE, "another adapter or bridge"),
    ],
)
def test_transfers(setting: Setting, device: Path, told: str, hardware: str, verdict: Verdict, advice: str) -> None:
    queue = device / "block/sr7/queue"
    queue.mkdir()
    (queue / "max_sectors_kb").write_text(told)
    (queue / "max_hw_sectors_kb").write_text(hardware)
    setting.machine.write("sys/module/sg/parameters/def_reserved_size", "32768\n")
    found = setting.check_drive(transfer_checks.transfer)
    assert (found.verdict, found.advice) == (verdict, advice)
    assert f"{told} KiB a command" in found.found
    assert "sg reserves 32 KiB" in found.found


@pytest.mark.parametrize(("speed", "verdict"), [("480", GOOD), ("12", WRONG)])
def test_a_slow_bus_is_wrong(setting: Setting, speed: str, verdict: Verdict) -> None:
    setting.machine.drive("2:0:0:0", block="sr7", place="devices/usb1/1-1/1-1:1.0", adapter="usb-storage")
    setting.machine.write("sys/devices/usb1/1-1/idVendor", "13fd\n")
    setting.machine.write("sys/devices/usb1/1-1/speed", f"{speed}\n")
    found = setting.check_drive(transfer_checks.bus)
    assert (found.verdict, found.found) == (verdict, f"USB at {speed} Mbit/s, by usb-storage")


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize(
    ("own", "default", "words"),
    [
        ("-1", "2000", "every 2000 ms"),
        ("-1", "0", "does not ask"),
        ("500", "0", "every 500 ms"),
        ("0", "9", "does not"),
    ],
)
def test_who_asks_for_media(setting: Setting, own: str, default: str, words: str) -> None:
    setting.machine.write("sys/block/sr7/events_poll_msecs", own)
    setting.machine.write("sys/module/block/parameters/events_dfl_poll_msecs", default)
    assert words in setting.check_drive(drive_checks.media).found


def test_an_access_control_list_is_read_with_its_mask(machine: Machine) -> None:
    """By hand, from include/uapi/linux/posix_acl_xattr.h: version, then tag, permissions and id of each entry."""
    rows = [(1, 6, 0xFFFFFFFF), (2, 7, 1000), (4, 6, 0xFFFFFFFF), (8, 6, 24), (0x10, 6, 0xFFFFFFFF), (0x20, 0, 0)]
    value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *row) for row in rows)
    found = parse_acl(value)
    assert found == (AclEntry(False, 1000, 6), AclEntry(True, 24, 6))
    machine.write("etc/passwd", "ann:x:1000:1000::/:/bin/sh\n")
    assert [entry.spell(machine.roots) for entry in found] == ["user:ann:rw-", "group:24:rw-"]
    assert parse_acl(b"\x01\0\0\0" + value[4:]) == ()
    assert parse_acl(b"") == ()


def test_this_process_is_read_from_proc(machine: Machine) -> None:
    machine.write("proc/self/status", "Name:\tpython\nCapEff:\t0000000000820000\n")
    machine.write(
        "proc/self/limits",
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max locked memory         8388608              unlimited            bytes     \n"
        "Max nice priority         0                    0                    \n",
    )
    process = Process.current(machine.roots)
    assert process.can(CAP_SYS_RAWIO)
    assert process.can(CAP_SYS_NICE)
    assert not process.can(21)
    assert process.limits == {"Max locked memory": "8388608", "Max nice priority": "0"}
