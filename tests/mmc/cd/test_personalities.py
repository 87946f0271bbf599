"""Drives that lie, fail and have their ways, over every way of writing CDs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sweep.afflictions import afflict, faults
from sweep.programs import CASES, Case, album, program_row
from sweep.trial import rehearse

from discstack.emulator.personalities import PERSONALITIES
from discstack.mmc import polling
from discstack.mmc.burn import burn
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.job import CdWriteMode
from discstack.mmc.errors import IllegalRequest, UnsupportedMedium
from discstack.mmc.identify import identify
from discstack.mmc.medium import DiscState, WriteMode
from discstack.mmc.operations import erase, format_medium

CAPACITY = 3900
BLOCKS = 96
PROGRAMS = [case for case in CASES if case.name in ("session at once", "tracks at once", "raw 16", "album")]


def program(mode: CdWriteMode) -> Callable[[Any], Any]:
    return lambda studio: burn_program(studio.job(studio.track(300), mode=mode))


def holds_track(studio: Any, tap: Any) -> bool:
    medium = tap.inner.drive.medium
    return bool(b"".join(medium.sector(lba)[1] for lba in range(300)) == studio.samples(300))


def image(studio: Any, **options: Any) -> Any:
    return burn(studio.lab.job(BLOCKS, close=True, **options))


def holds_image(studio: Any, tap: Any) -> bool:
    return bool(tap.on_disc(0, BLOCKS) == studio.lab.image(BLOCKS))


def is_blank(studio: Any, tap: Any) -> bool:
    return bool(studio.lab.run(identify(), tap).blank)


JOBS: dict[str, tuple[str, bool, Callable[[Any], Any], Callable[[Any, Any], bool]]] = {
    "session at once": ("cd-r", False, program(CdWriteMode.SESSION_AT_ONCE), holds_track),
    "tracks at once": ("cd-r", False, program(CdWriteMode.TRACK_AT_ONCE), holds_track),
    "raw": ("cd-r", False, program(CdWriteMode.RAW), holds_track),
    "album": ("cd-rw", False, album, holds_track),
    "image": ("cd-r", False, image, holds_image),
    "image at once": ("cd-r", False, lambda s: image(s, mode=WriteMode.DISC_AT_ONCE), holds_image),
    "packets": ("cd-rw", True, image, holds_image),
    "track of packets": ("cd-r", False, lambda s: image(s, mode=WriteMode.FIXED_PACKETS), holds_image),
    "format": ("cd-rw", False, lambda s: format_medium(), is_blank),
    "erase": ("cd-rw", True, lambda s: erase(full=True), is_blank),
}


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch, short_leads: None) -> None:
    """Poll less, for the sake of time."""
    monkeypatch.setattr(polling, "INTERVAL", 10.0)


def drive(studio: Any, medium: str, *, formatted: bool, **ways: str) -> Any:
    if not formatted:
        return studio.lab.drive(medium, CAPACITY, speed=4, **ways)
    ready = studio.lab.drive(medium, CAPACITY, speed=4)
    studio.lab.run(format_medium(), ready)
    return studio.lab.copy_of(ready, medium, CAPACITY, speed=4, **ways)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in PROGRAMS])
def test_no_fault_is_passed_off_as_success(lab: Any, case: Case) -> None:
    """All other ways to write a CD meet them in the matrix of the media."""
    fresh = program_row(case).prepare(lab)
    rehearsal = rehearse(fresh)
    for affliction in faults(all_arguments=False):
        afflict(fresh, affliction, rehearsal)


PACKETS = {"packets", "erase", "format"}  # what drives older than MMC-2 do not know
NOT_RAW = "asus-drw-24f1st"


@pytest.mark.parametrize(
    ("name", "drive_name"),
    [
        (name, who)
        for name in JOBS
        for who, drive in PERSONALITIES.items()
        if not (drive.cds_only and name in PACKETS) and who != "philips-cdd2600" and (name, who) != ("raw", NOT_RAW)
    ],
)
def test_a_real_drives_ways_keep_no_cd_from_being_burnt(studio: Any, name: str, drive_name: str) -> None:
    medium, formatted, job, done = JOBS[name]
    tap = drive(studio, medium, formatted=formatted, personality=drive_name)
    studio.lab.run(job(studio), tap)
    assert done(studio, tap)


@pytest.mark.parametrize("name", JOBS)
def test_a_drive_older_than_all_standards_is_refused_before_anything_is_done(studio: Any, name: str) -> None:
    medium, formatted, job, _ = JOBS[name]
    tap = drive(studio, medium, formatted=formatted, personality="philips-cdd2600")
    with pytest.raises(UnsupportedMedium, match="CD-ROM"):
        studio.lab.run(job(studio), tap)
    assert not {cdb[0] for cdb in tap.seen} & {0x04, 0x2A, 0x55, 0x5D, 0xA1}
    assert studio.lab.run(identify(), tap).state is DiscState.READ_ONLY


def test_a_drive_that_records_nothing_raw_leaves_the_disc_to_session_at_once(studio: Any) -> None:
    """Such drives take the write parameters and refuse the lead-in."""
    tap = studio.lab.drive("cd-r", CAPACITY, personality=NOT_RAW)
    with pytest.raises(IllegalRequest) as refused:
        studio.lab.run(program(CdWriteMode.RAW)(studio), tap)
    assert "session at once writes the same disc" in "\n".join(refused.value.__notes__)
    assert is_blank(studio, tap)
    studio.lab.run(program(CdWriteMode.SESSION_AT_ONCE)(studio), tap)
    assert holds_track(studio, tap)


def test_a_disc_in_a_drive_of_the_first_edition_is_erased_and_burnt(studio: Any) -> None:
    tap = studio.lab.drive("cd-rw", CAPACITY, personality="old-mitsumi")
    studio.lab.run(image(studio), tap)
    assert studio.lab.run(erase(), tap).state is DiscState.BLANK
    assert studio.lab.run(image(studio), tap).medium.state is DiscState.FINALIZED
