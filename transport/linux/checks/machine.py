"""Checks of the machine: drivers, udev, what contains us, rights, limits, our own C code, and who mounts by himself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from discstack.transport.diagnosis import Check, Verdict
from discstack.transport.linux.checks.examined import Machine
from discstack.transport.linux.container import hears_udev
from discstack.transport.linux.inhibition import bus_exists
from discstack.transport.linux.process import CAP_IPC_LOCK, CAP_SYS_NICE, CAP_SYS_RAWIO, group_name, user_name
from discstack.transport.linux.roots import read_text
from discstack.transport.linux.udev import is_running
from discstack.transport.linux.users import processes

GOOD, NOTE, WRONG = Verdict.GOOD, Verdict.NOTE, Verdict.WRONG
UNLIMITED: Final = "unlimited"
NICE_LIMIT: Final = 20  # RLIMIT_NICE counts down from here
LARGEST_RING: Final = 178 << 20  # bytes, for BD at 16x; a test holds it to how large rings are made
MEMLOCK: Final = 190_000  # KiB, what is advised: the ring and a little more
RING_ROOM: Final = 512 << 20  # bytes: Python needs some beside the largest ring
C_MODULES: Final = ("discstack.transport._sgio", "discstack.native.library")
# Names of processes, as far as the kernel keeps them (15 characters), that mount what is inserted
AUTOMOUNTERS: Final = {
    "gvfs-udisks2-vo": "GNOME's volume monitor",
    "udiskie": "udiskie",
    "devmon": "devmon",
    "udevil": "udevil",
    "pcmanfm": "PCManFM",
    "thunar-volman": "Thunar's volume manager",
    "automount": "autofs",
    "kded5": "KDE's automounter",
    "kded6": "KDE's automounter",
    "udisksd": "udisks",
}


def drivers(machine: Machine) -> Check:
    """Look for sr and sg in the kernel's list of drivers."""
    names = {line.split()[-1] for line in read_text(machine.roots.proc / "devices").splitlines() if line.strip()}
    why = "sr gives a drive its /dev/srN, sg its /dev/sgN; commands go through either, files are mounted by sr"
    missing = [name for name in ("sr", "sg") if name not in names]
    if not missing:
        return Check("drivers", GOOD, "sr and sg are in the kernel", why)
    modules = " ".join({"sr": "sr_mod", "sg": "sg"}[name] for name in missing)
    advice = f"as root: modprobe {modules}" + (" (on the host, not in here)" if machine.container else "")
    verdict = WRONG if "sr" in missing else NOTE
    return Check("drivers", verdict, f"{' and '.join(missing)} not in the kernel, or not loaded", why, advice)


def udev(machine: Machine) -> Check:
    """Look for udev, and whether we can talk to it."""
    why = (
        "udev gives the nodes to the group cdrom or to the user, makes lasting names, and lets the kernel ask for media"
    )
    if machine.udev:
        return Check("udev", GOOD, "its daemon runs, and is listened to", why)
    if is_running(machine.roots) and not hears_udev(machine.roots):
        return Check("udev", NOTE, "the host's daemon is in sight, but is not heard in here", why)
    if is_running(machine.roots):
        advice = "install libudev (Debian: libudev1) and pyudev"
        return Check("udev", NOTE, "its daemon runs, but cannot be asked: no libudev, or no pyudev", why, advice)
    found = "its daemon does not run here; sysfs and the kernel are asked instead"
    advice = "" if machine.container else "start systemd-udevd, or give the nodes to their users by hand"
    return Check("udev", NOTE, found, why, advice)


def container(machine: Machine) -> Check:
    """Look for signs of a container."""
    why = "a container sees only the nodes that it is given, and its kernel's uevents may not reach it"
    name = machine.container
    if not name:
        return Check("container", GOOD, "none in sight", why)
    if name == "WSL":
        advice = "run discstack on Windows itself; or attach a USB drive with usbipd, for a WSL kernel with sr and sg"
        return Check("container", NOTE, "this is WSL", "WSL's own kernel sees no drive of the Windows machine", advice)
    advice = "give it both nodes of a drive: --device=/dev/sr0 --device=/dev/sg0, and the group: --group-add cdrom"
    return Check("container", NOTE, f"this is {name}", why, advice)


def rights(machine: Machine) -> Check:
    """Tell who this is."""
    process, roots = machine.process, machine.roots
    names = ", ".join(sorted(group_name(roots, number) for number in process.groups))
    raw = "with" if process.can(CAP_SYS_RAWIO) else "without"
    found = f"user {user_name(roots, process.user)}, groups {names}; {raw} CAP_SYS_RAWIO"
    return Check("rights", GOOD, found, "root is not needed: a drive's group may burn; see access and filter below")


def memory(machine: Machine) -> Check:
    """Look at the limits that the ring meets."""
    told = machine.process.limits.get
    room = min(_number(told(name)) for name in ("Max address space", "Max data size"))
    found = ", ".join(
        f"{words} {_spell(told(name))}"
        for words, name in (("address space", "Max address space"), ("locked memory", "Max locked memory"))
    )
    largest = f"up to {LARGEST_RING >> 20} MiB"
    why = f"the ring between files and drive holds seconds of data, {largest}, which must not be swapped out"
    if room < RING_ROOM:
        return Check("memory", WRONG, found, why, "raise the limit: ulimit -v unlimited; ulimit -d unlimited")
    if machine.process.can(CAP_IPC_LOCK) or _number(told("Max locked memory")) >= LARGEST_RING:
        return Check("memory", GOOD, found, why)
    advice = f"in /etc/security/limits.d/cdrom.conf: @cdrom - memlock {MEMLOCK}; then log out and in again"
    return Check("memory", NOTE, f"{found}: too little for the largest ring", why, advice)


def priority(machine: Machine) -> Check:
    """Tell how far ahead of others the feeder may run."""
    process = machine.process
    capable = process.can(CAP_SYS_NICE)
    lowest = NICE_LIMIT - _number(process.limits.get("Max nice priority", "0"))
    why = "the thread that feeds the drive has to run within milliseconds, or the drive's buffer runs empty"
    if capable or _number(process.limits.get("Max realtime priority", "0")) >= 1:
        return Check("priority", GOOD, "the drive may be fed at real-time priority", why)
    advice = "in /etc/security/limits.d/cdrom.conf: @cdrom - rtprio 1; then log out and in again"
    if lowest < 0:
        found = f"the drive may be fed ahead of others (niceness {lowest:.0f}), but not at real-time priority"
        return Check("priority", NOTE, found, why, advice)
    return Check("priority", NOTE, "the drive is fed in turn with all other processes", why, advice)


def c_code(machine: Machine) -> Check:
    """Load the C code."""
    why = "commands are sent, and drives fed without Python's lock, by C code that is built with the package"
    failed = dict[str, str]()
    for name in C_MODULES:
        try:
            machine.load(name)
        except ImportError as error:
            failed[name] = str(error)
    if not failed:
        return Check("C code", GOOD, "built and loaded: SG_IO, ring and feeder", why)
    words = "; ".join(f"{name}: {error}" for name, error in failed.items())
    return Check("C code", WRONG, words, why, "install the package anew; without a wheel that takes a C compiler")


def automounters(machine: Machine) -> Check:
    """Look for programs that mount what is inserted, and for the bus by which they are asked not to."""
    running = {read_text(process / "comm") for process in processes(machine.roots)}
    found = [title for name, title in AUTOMOUNTERS.items() if name in running]
    why = "they cannot mount a disc while it is written (it is held exclusively), but before and afterwards"
    if not found:
        return Check("automounters", GOOD, "none in sight", why)
    asked = "asked for quiet over D-Bus" if bus_exists("SESSION") else "not to be asked for quiet: no session bus here"
    return Check("automounters", NOTE, f"{', '.join(found)}; {asked}", why, "if a disc is mounted: --unmount")


def _spell(limit: str | None) -> str:
    return f"{int(limit) >> 20} MiB" if limit and limit != UNLIMITED else limit or "unknown"


def _number(limit: str | None) -> float:
    return float("inf") if limit in (None, UNLIMITED) else int(limit)


MACHINE_CHECKS: Final[tuple[Callable[[Machine], Check], ...]] = (
    drivers,
    udev,
    container,
    rights,
    memory,
    priority,
    c_code,
    automounters,
)
