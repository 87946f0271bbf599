"""What this process is and may do, as /proc and the user database tell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from discstack.transport.linux.roots import Roots, read_text

# include/uapi/linux/capability.h of Linux
CAP_IPC_LOCK: Final = 14
CAP_SYS_RAWIO: Final = 17
CAP_SYS_NICE: Final = 23
LIMIT_COLUMN: Final = 26  # of /proc/self/limits: where the soft limit begins


@dataclass(frozen=True, slots=True)
class Process:
    """Identity and rights; `limits` are the soft ones as /proc spells them, by their names there."""

    user: int
    groups: frozenset[int]
    capabilities: int
    limits: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def current(cls, roots: Roots) -> Process:
        """Return this one."""
        status = dict(line.split(":", 1) for line in read_text(roots.proc / "self/status").splitlines() if ":" in line)
        lines = read_text(roots.proc / "self/limits").splitlines()[1:]
        limits = {line[:LIMIT_COLUMN].strip(): line[LIMIT_COLUMN:].split()[0] for line in lines if line.strip()}
        groups = frozenset({os.getegid(), *os.getgroups()})
        return cls(os.geteuid(), groups, int(status.get("CapEff", "0").strip(), 16), limits)

    def can(self, capability: int) -> bool:
        """Whether a capability is effective."""
        return bool(self.capabilities >> capability & 1)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the user database."""

    name: str
    number: int
    members: tuple[str, ...] = ()


def groups(roots: Roots) -> tuple[Group, ...]:
    """Return the groups of /etc/group."""
    rows = (line.split(":") for line in read_text(roots.etc / "group").splitlines())
    return tuple(
        Group(row[0], int(row[2]), tuple(filter(None, row[3].split(","))))
        for row in rows
        if len(row) == 4 and row[2].isdecimal()
    )


def user_name(roots: Roots, number: int) -> str:
    """Return what a user is called, the number where he has no name."""
    rows = (line.split(":") for line in read_text(roots.etc / "passwd").splitlines())
    return next((row[0] for row in rows if len(row) > 2 and row[2] == str(number)), str(number))


def group_name(roots: Roots, number: int) -> str:
    """Return what a group is called, the number where it has no name."""
    return next((group.name for group in groups(roots) if group.number == number), str(number))
