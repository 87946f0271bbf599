"""Examining this machine for all that stands between a program and its drives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from discstack.address import parse_address
from discstack.disc_master import DiscMaster
from discstack.transport.diagnosis import Check, Verdict

if TYPE_CHECKING:
    from discstack.transport.system import DriveEntry, DriveSystem


@dataclass(frozen=True, slots=True)
class DriveDiagnosis:
    """What was found at one drive."""

    drive: DriveEntry
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found at the machine and at its drives."""

    machine: tuple[Check, ...]
    drives: tuple[DriveDiagnosis, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        checks = [*self.machine, *(check for drive in self.drives for check in drive.checks)]
        return all(check.verdict is not Verdict.WRONG for check in checks)


def diagnose(address: str | None = None, *, system: DriveSystem | None = None) -> Diagnosis:
    """Examine the machine and the drive with that address, or all of its drives; no drive is sent a command.

    Raises BackendUnavailable where this build knows nothing of the system's drives, ValueError for an address that is
    none of this machine's.
    """
    if address and not parse_address(address).shared:
        raise ValueError(f"{address} is no drive of this machine: nothing stands between it and anybody")
    master = DiscMaster(system)
    drives = master.drives() if address is None else tuple(filter(None, [master.find(address)]))
    machine = (*master.system.examine(None), _presence(drives, address))
    return Diagnosis(machine, tuple(DriveDiagnosis(drive, master.system.examine(drive)) for drive in drives))


def _presence(drives: tuple[DriveEntry, ...], address: str | None) -> Check:
    why = "the system lists a drive when its adapter's driver has found it"
    if drives:
        return Check("drives", Verdict.GOOD, ", ".join(drive.address for drive in drives), why)
    found = f"none is called {address}" if address else "none in the system's list"
    advice = "see `discstack drives`" if address else "look at cables, power and the system's log; or try a virtual one"
    return Check("drives", Verdict.WRONG, found, why, advice)
