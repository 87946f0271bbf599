"""Checks of one drive: its nodes and who may use them, what opening them comes to, who is there already, and limits."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from discstack.transport.diagnosis import Check, Verdict
from discstack.transport.linux.acl import acl_of
from discstack.transport.linux.checks.examined import Examined, reason
from discstack.transport.linux.checks.transfer import bus, transfer
from discstack.transport.linux.polling import polling_interval
from discstack.transport.linux.process import CAP_SYS_RAWIO, group_name, groups, user_name
from discstack.transport.linux.roots import read_text

GOOD, NOTE, WRONG, UNSEEN = Verdict.GOOD, Verdict.NOTE, Verdict.WRONG, Verdict.UNSEEN
RUNNING: Final = "running"  # of a SCSI device's state
RULE: Final = (
    'SUBSYSTEM=="block|scsi_generic", SUBSYSTEMS=="scsi", ATTRS{type}=="5", GROUP="cdrom", MODE="0660", TAG+="uaccess"'
)


def state(examined: Examined) -> Check:
    """Read in which state the kernel has the drive."""
    why = "the kernel sends nothing to a drive that it has put offline, as it does after errors that will not end"
    found = read_text(examined.drive.device / "state")
    if found in (RUNNING, ""):
        return Check("state", GOOD if found else UNSEEN, found or "not told", why)
    advice = f"switch it off and on, or as root: echo running >{examined.drive.device}/state"
    return Check("state", WRONG, found, why, advice)


def nodes(examined: Examined) -> Check:
    """Look whether both nodes are there, and are those of this drive."""
    entry = examined.drive.entry
    why = "by /dev/srN discs are mounted and others kept out, by /dev/sgN other programs look for drives"
    wrong = [words for node in examined.drive.nodes if (words := _mistaken(examined, node))]
    if wrong:
        contained = f"give the container its devices: {' '.join(f'--device={node}' for node in examined.drive.nodes)}"
        advice = contained if examined.machine.container else "let udev make them anew: udevadm trigger --action=add"
        return Check("nodes", WRONG, "; ".join(wrong), why, advice)
    if entry.block is None:
        return Check("nodes", WRONG, f"{entry.generic} only", why, "as root: modprobe sr_mod")
    if entry.generic is None:
        return Check("nodes", NOTE, f"{entry.block} only", why, "as root: modprobe sg")
    return Check("nodes", GOOD, f"{entry.block} and {entry.generic}", why)


def _mistaken(examined: Examined, node: str) -> str:
    """Say what is wrong with a node; its number must be that of sysfs."""
    folder = "block" if node == examined.drive.entry.block else "scsi_generic"
    number = read_text(examined.drive.device / folder / Path(node).name / "dev")
    try:
        status = os.stat(node)
    except OSError:
        return f"{node} is not there"
    kind = stat.S_ISBLK if folder == "block" else stat.S_ISCHR
    if not kind(status.st_mode) or number not in ("", f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"):
        return f"{node} is no node of this drive"
    return ""


def access(examined: Examined) -> Check:
    """Compare owner, group, mode and access control list of the nodes with who this is."""
    why = "looking takes the right to read a node, burning that to write it too"
    found, barred = list[str](), list[str]()
    for node in examined.drive.nodes:
        try:
            found.append(f"{node} {_ownership(examined, node)}")
        except OSError:
            continue
        if not examined.machine.may(node, os.R_OK | os.W_OK):
            barred.append(node)
    words = "; ".join(found) or "no node to look at"
    if not barred:
        return Check("access", GOOD if found else UNSEEN, words, why)
    return Check("access", WRONG, f"{words}: not for this process", why, _remedy(examined, barred[0]))


def _ownership(examined: Examined, node: str) -> str:
    status, roots = os.stat(node), examined.machine.roots
    owner, group = user_name(roots, status.st_uid), group_name(roots, status.st_gid)
    listed = "".join(f" {entry.spell(roots)}" for entry in acl_of(node))
    return f"{stat.filemode(status.st_mode)} {owner}:{group}{listed}"


def _remedy(examined: Examined, node: str) -> str:
    """Say how this user comes to the right that he lacks, by the group of the node."""
    roots, process, status = examined.machine.roots, examined.machine.process, os.stat(node)
    name, user = group_name(roots, status.st_gid), user_name(roots, process.user)
    if status.st_mode & 0o060 != 0o060 or status.st_gid == 0:
        return f"a rule for udev, in /etc/udev/rules.d/60-optical.rules: {RULE}"
    if status.st_gid in process.groups:
        return "ask who made the access control list, or look at it: getfacl " + node
    if any(group.number == status.st_gid and user in group.members for group in groups(roots)):
        return f"{user} is in the group {name}, but this session began before: log out and in again"
    return f"as root: usermod -aG {name} {user}; then log out and in again"


def opening(examined: Examined) -> Check:
    """Try the ways in which drives are opened: to look, to write, and for oneself."""
    why = "looking is O_RDONLY, burning O_RDWR and O_EXCL, always with O_NONBLOCK, so that no disc need be in"
    users = [holder for holder in examined.usage.holders if holder.node in examined.drive.nodes]
    if users:
        return Check("opening", NOTE, f"not tried, as the drive is in use: {users[0].what}", why)
    node = examined.drive.entry.address
    ways = {"O_RDONLY": os.O_RDONLY, "O_RDWR": os.O_RDWR, "O_RDWR|O_EXCL": os.O_RDWR | os.O_EXCL}
    for name, flags in ways.items():
        if failure := examined.failure(node, flags):
            busy = failure.errno == errno.EBUSY
            advice = "see who uses it" if busy else _opening_advice(examined, failure)
            return Check("opening", NOTE if busy else WRONG, f"{node} with {name}: {reason(failure)}", why, advice)
    return Check("opening", GOOD, f"{node} opens to look, to write, and for oneself", why)


def _opening_advice(examined: Examined, failure: OSError) -> str:
    if failure.errno == errno.EPERM:
        return "the device cgroup of a container or service forbids it: --device=... or DeviceAllow=... rw"
    if failure.errno == errno.EROFS:
        return "the drive is attached read-only: look at the adapter, and at /sys/block/*/ro"
    return "see access" if failure.errno == errno.EACCES else "look at the kernel's log: dmesg"


def users(examined: Examined) -> Check:
    """Tell who uses the drive, and how many processes could not be looked at."""
    why = "who has a drive open may disturb a burn; who has it for himself, or has the disc mounted, forbids it"
    unseen = examined.usage.unseen
    hidden = f" ({unseen} processes do not let this one look at their files)" if unseen else ""
    if not examined.usage.holders:
        advice = "as root all of them can be looked at" if unseen else ""
        return Check("users", UNSEEN if unseen else GOOD, f"nobody in sight{hidden}", why, advice)
    mounted = any(holder.mount_point for holder in examined.usage.holders)
    advice = "umount it, or burn with --unmount" if mounted else "end them before a burn"
    return Check("users", NOTE, f"{examined.usage}{hidden}", why, advice)


def command_filter(examined: Examined) -> Check:
    """Tell which of the commands that we know the kernel's filter keeps from drives."""
    import discstack.mmc.spec.commands  # noqa: F401  (so that all are in the registry)
    from discstack.mmc.spec.cdb import REGISTRY
    from discstack.transport.sgio_errors import ALWAYS_PASS, NEED_WRITE

    why = "without CAP_SYS_RAWIO the kernel passes only commands that it knows to be harmless, or needed for burning"
    if examined.machine.process.can(CAP_SYS_RAWIO):
        return Check("filter", GOOD, "none: this process has CAP_SYS_RAWIO", why)
    kept = sorted({cdb.name for cdb in REGISTRY.values() if cdb.opcode not in ALWAYS_PASS | NEED_WRITE})
    found = f"on {examined.drive.entry.block or 'sr'} it refuses {', '.join(kept)}, and all opcodes of vendors"
    advice = f"burning needs none of them; {examined.drive.entry.generic or 'sg'} opened for writing refuses nothing"
    return Check("filter", NOTE, found, why, advice)


def media(examined: Examined) -> Check:
    """Tell who asks the drive for its media events."""
    why = "an inserted disc is only noticed by who asks the drive; what is asked for is gone for others"
    interval = polling_interval(examined.machine.roots, examined.drive.entry.block)
    if interval:
        return Check("media", GOOD, f"the kernel asks every {interval} ms, but not while somebody burns", why)
    return Check("media", GOOD, "the kernel does not ask; `discstack drives --watch` does so itself", why)


DRIVE_CHECKS: Final[tuple[Callable[[Examined], Check], ...]] = (
    state,
    nodes,
    access,
    opening,
    users,
    command_filter,
    transfer,
    bus,
    media,
)
