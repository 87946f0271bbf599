"""The named states of discs, what may be done in each, and the operations that lead from one to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from discstack.emulator.faults import Fault
from discstack.mmc import actions, queries
from discstack.mmc.burn import burn
from discstack.mmc.cd.blanking import BlankType, blank_part
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.job import CdChoices, CdJob
from discstack.mmc.cd.program import Program, ProgramTrack
from discstack.mmc.cd.tracks import prepare_tracks
from discstack.mmc.command import act
from discstack.mmc.errors import MediaError, MediumError, MediumNotBlank, UnsupportedMedium
from discstack.mmc.identify import identify
from discstack.mmc.media import RECIPES
from discstack.mmc.medium import Action, DiscState, WriteMode
from discstack.mmc.operations import close_disc, close_session, close_track, erase, format_medium, repair
from discstack.mmc.polling import wait_ready
from discstack.mmc.recipe import FormatOptions
from discstack.mmc.spec.commands import WRITE_10
from discstack.mmc.spec.features import Configuration, RawFeature
from discstack.mmc.spec.format_unit import FormatType, FormatUnitParameters
from discstack.mmc.spec.sense import Sense
from discstack.mmc.states import LEGAL, next_actions

W, A, E, F = Action.WRITE, Action.APPEND, Action.ERASE, Action.FORMAT
OVERWRITE = "DVD-RW (restricted overwrite)"
CT, CS, CD, R = Action.CLOSE_TRACK, Action.CLOSE_SESSION, Action.CLOSE_DISC, Action.REPAIR


def recipe(name: str) -> Any:
    return next(recipe for recipe in RECIPES.values() if recipe.name == name)


@pytest.mark.parametrize(
    ("name", "state", "flags", "actions"),
    [
        ("DVD-R", DiscState.BLANK, {}, {W}),
        ("DVD-R", DiscState.APPENDABLE, {}, {A, CD}),
        ("DVD-R", DiscState.APPENDABLE, {"open_session": True}, {CT, CS, CD, R}),
        ("DVD-R", DiscState.DAMAGED, {"open_session": True}, {CT, CS, CD, R}),
        ("DVD-R", DiscState.FINALIZED, {}, set()),
        ("DVD-R DL", DiscState.APPENDABLE, {"open_session": True}, {CT, CS, CD, R}),
        ("DVD-RW", DiscState.BLANK, {"erasable": True}, {W, E, F}),
        ("DVD-RW", DiscState.FINALIZED, {"erasable": True}, {E, F}),
        (OVERWRITE, DiscState.INTERMEDIATE, {"erasable": True, "open_session": True}, {W, E, F, CS, R}),
        (OVERWRITE, DiscState.OVERWRITABLE, {"erasable": True}, {W, E, F}),
        ("DVD+RW", DiscState.UNFORMATTED, {"erasable": True}, {W, F}),
        ("BD-R", DiscState.BLANK, {}, {W, F}),
        ("BD-R", DiscState.APPENDABLE, {}, {A, CD}),
        ("BD-RE", DiscState.OVERWRITABLE, {"erasable": True}, {W, E, F}),
    ],
)
def test_each_state_allows_what_the_table_says(
    name: str, state: DiscState, flags: dict[str, bool], actions: set[Action]
) -> None:
    assert next_actions(recipe(name), state, **flags) == actions


def test_the_table_has_every_state() -> None:
    assert set(LEGAL) == set(DiscState)


def test_a_minimally_blanked_dvd_rw_is_written_at_once_and_finalized(lab: Any) -> None:
    tap = lab.drive("dvd-rw", 256, speed=4)
    lab.run(burn(lab.job(40, close=True)), tap)
    status = lab.run(erase(), tap)
    assert (status.state, status.modes) == (DiscState.BLANK, (WriteMode.DISC_AT_ONCE,))
    assert "at once only" in str(status)
    with pytest.raises(UnsupportedMedium, match="written disc at once, not incremental"):
        lab.run(burn(lab.job(40, mode=WriteMode.INCREMENTAL)), tap)
    result = lab.run(burn(lab.job(40)), tap)
    assert (result.medium.state, result.mode) == (DiscState.FINALIZED, WriteMode.DISC_AT_ONCE)
    assert "finalizes the disc" in result.notices[0]


def test_a_burn_over_a_dvd_rw_that_stays_appendable_blanks_it_in_full(lab: Any) -> None:
    tap = lab.drive("dvd-rw", 256, speed=4)
    lab.run(burn(lab.job(40)), tap)
    assert lab.run(burn(lab.job(40, erase=True)), tap).mode is WriteMode.INCREMENTAL
    assert lab.run(burn(lab.job(40, erase=True, close=True)), tap).mode is WriteMode.DISC_AT_ONCE


def test_a_dvd_rw_turns_to_restricted_overwrite_and_back(lab: Any) -> None:
    tap = lab.drive("dvd-rw", 256, speed=4)
    opened = lab.run(format_medium(), tap)
    assert (opened.state, opened.open_session, opened.blank) == (DiscState.INTERMEDIATE, True, True)
    assert opened.actions == {W, E, F}
    with pytest.raises(MediaError, match="nothing to close"):
        lab.run(close_session(), tap)
    status = lab.run(burn(lab.job(40)), tap).medium
    assert (status.state, status.detail) == (DiscState.OVERWRITABLE, "48 blocks formatted, 208 more on demand")
    assert (status.used_blocks, status.capacity_blocks) == (48, 256)
    with pytest.raises(MediumNotBlank):
        lab.run(burn(lab.job(100)), tap)
    assert lab.run(burn(lab.job(100, erase=True)), tap).medium.detail.startswith("112 blocks")
    assert lab.run(format_medium(FormatOptions(full=True)), tap).detail == ""
    assert lab.run(erase(full=True), tap).name == "DVD-RW"


def test_what_a_broken_job_left_in_the_intermediate_state_counts_as_data(lab: Any) -> None:
    tap = lab.drive("dvd-rw", 256, speed=4)
    lab.run(format_medium(), tap)
    lab.run(burn(lab.job(32)), tap)
    tap.inner.drive.medium.face.open = True
    assert lab.run(identify(), tap).actions == {W, E, F, CS, R}
    with pytest.raises(MediumNotBlank):
        lab.run(burn(lab.job(40)), tap)
    assert lab.run(repair(), tap).state is DiscState.OVERWRITABLE


@pytest.mark.parametrize("medium", ["dvd-r", "dvd+r", "bd-r"])
def test_a_track_a_session_and_the_disc_are_closed_one_by_one(lab: Any, medium: str) -> None:
    tap = lab.drive(medium, 131072, speed=4)
    write_and_leave(lab, tap)
    opened = lab.run(identify(), tap)
    assert (opened.state, opened.open_session) == (DiscState.APPENDABLE, True)
    assert lab.run(close_track(), tap).open_session
    assert not lab.run(close_session(), tap).open_session
    assert lab.run(close_disc(), tap).state is DiscState.FINALIZED
    with pytest.raises(MediaError, match="nothing to close"):
        lab.run(close_track(), tap)


@pytest.mark.parametrize("medium", ["dvd-r", "dvd+r", "bd-r"])
def test_a_track_that_a_power_cut_damaged_is_repaired(lab: Any, medium: str) -> None:
    tap = lab.drive(medium, 131072, speed=4)
    write_and_leave(lab, tap)
    tap.inner.drive.medium.lose_power()
    damaged = lab.run(identify(), tap)
    assert (damaged.state, damaged.next_writable_address) == (DiscState.DAMAGED, None)
    assert Action.REPAIR in damaged.actions
    status = lab.run(repair(), tap)
    assert (status.state, status.sessions) == (DiscState.APPENDABLE, 1)
    with pytest.raises(MediaError, match="nothing to repair"):
        lab.run(repair(), tap)


def test_a_recording_at_once_that_was_broken_off_cannot_be_repaired_but_erased(lab: Any) -> None:
    tap = lab.drive("dvd-rw", 256, speed=4, fault="medium-error:32-47")
    with pytest.raises(MediumError):
        lab.run(burn(lab.job(64, mode=WriteMode.DISC_AT_ONCE)), tap)
    status = lab.run(identify(), tap)
    assert status.state is DiscState.DAMAGED
    assert "not completed" in status.reason
    assert status.actions == {E, F}
    with pytest.raises(MediaError, match="nothing to repair"):
        lab.run(repair(), tap)
    assert lab.run(erase(), tap).state is DiscState.BLANK


@pytest.mark.parametrize(("medium", "gap"), [("dvd-r", 49152), ("dvd+r", 2048), ("bd-r", 0)])
def test_the_numbers_of_several_sessions_are_those_of_the_last_one_and_the_next(
    lab: Any, medium: str, gap: int
) -> None:
    tap = lab.drive(medium, 262144, speed=4)
    assert lab.run(identify(), tap).multi_session is None
    first = lab.run(burn(lab.job(64)), tap).medium.multi_session
    assert first == (0, 64 + gap)
    second = lab.run(burn(lab.job(64, start=first[1])), tap).medium
    assert second.multi_session is not None
    assert second.multi_session[0] == first[1]
    assert second.multi_session[1] >= first[1] + 64
    assert lab.run(close_disc(), tap).multi_session is None


def mount_rainier(lab: Any) -> Any:
    """Return a drive with a CD-RW that it manages by itself, as a program for such discs formatted it."""
    tap = lab.drive("cd-rw", 4096)
    lab.run(identify(), tap)
    parameters = FormatUnitParameters(immed=True, format_type=FormatType.MRW, number_of_blocks=0xFFFFFFFF)
    lab.run(actions.format_unit(parameters.build()), tap)
    lab.run(wait_ready(3600), tap)
    tap.seen.clear()
    return tap


REFUSED: dict[str, Callable[[Any], Any]] = {
    "burn": lambda lab: burn(lab.job(40)),
    "burn over": lambda lab: burn(lab.job(40, erase=True)),
    "program": lambda lab: burn_program(CdJob(program=Program(tracks=(ProgramTrack(source=lab.blocks(300)),)))),
    "tracks": lambda lab: prepare_tracks(CdChoices()),
    "erase": lambda lab: erase(full=True),
    "blank": lambda lab: blank_part(BlankType.MINIMAL),
    "format": lambda lab: format_medium(),
    "close": lambda lab: close_session(),
    "repair": lambda lab: repair(),
}


@pytest.mark.parametrize("job", REFUSED)
def test_nothing_is_done_to_a_mount_rainier_disc(lab: Any, job: str) -> None:
    tap = mount_rainier(lab)
    status = lab.run(identify(), tap)
    assert (status.state, status.actions) == (DiscState.UNSUPPORTED, frozenset())
    with pytest.raises(UnsupportedMedium, match="this library does not write Mount Rainier discs"):
        lab.run(REFUSED[job](lab), tap)
    assert not {cdb[0] for cdb in tap.seen} & {0x04, 0x1E, 0x2A, 0x55, 0x5B, 0x5D, 0xA1}


def test_a_mount_rainier_dvd_is_refused_by_name(lab: Any) -> None:
    tap = lab.drive("dvd+rw", 4096)
    execute = tap.execute

    def disguise(command: Any) -> Any:
        reply = execute(command)
        if command.cdb[0] != 0x46:
            return reply
        found = Configuration.parse(bytes(reply.data))
        mrw = RawFeature(feature_code=0x28, current=True, data=bytes(4))
        data = replace(found, features=(*found.features, mrw)).build()
        return replace(reply, data=data[: command.allocation], residual=0)

    tap.execute = disguise
    with pytest.raises(UnsupportedMedium, match="Mount Rainier"):
        lab.run(burn(lab.job(40)), tap)
    assert 0x2A not in [cdb[0] for cdb in tap.seen]


def write_and_leave(lab: Any, tap: Any) -> None:
    """Write a few blocks, and go away without flushing or closing anything."""
    assert lab.run(identify(), tap).state is DiscState.BLANK
    lab.run(act(WRITE_10, data=lab.image(32), lba=0, transfer_length=32), tap)


def with_a_reserved_track(lab: Any, medium: str) -> tuple[Any, int]:
    """Return a drive with a disc whose first track somebody has reserved, and where the track behind it begins."""
    tap = lab.drive(medium, 131072, speed=4)
    lab.run(identify(), tap)
    lab.run(actions.reserve_track(64), tap)
    behind = lab.run(queries.track_information(2), tap).next_writable_address
    return tap, behind


@pytest.mark.parametrize("medium", ["dvd-r", "dvd+r", "bd-r"])
def test_a_track_that_others_reserved_is_closed_with_what_follows_it(lab: Any, medium: str) -> None:
    tap, behind = with_a_reserved_track(lab, medium)
    assert lab.run(burn(lab.job(40, start=behind)), tap).start == behind
    status = lab.run(identify(), tap)
    assert (status.state, status.sessions, status.open_session) == (DiscState.APPENDABLE, 1, False)


@pytest.mark.parametrize("medium", ["dvd-r", "dvd+r", "bd-r"])
def test_a_burn_that_fails_leaves_a_track_that_others_reserved(lab: Any, medium: str) -> None:
    tap, behind = with_a_reserved_track(lab, medium)
    tap.inner.faults.add(Fault(opcode=0x2A, lba=range(behind + 64, behind + 320), sense=Sense(0x3, 0x0C), times=None))
    with pytest.raises(MediumError):
        lab.run(burn(lab.job(320, start=behind)), tap)
    assert lab.run(queries.track_information(1), tap).nwa_v
    assert not lab.run(queries.track_information(2), tap).nwa_v


def test_a_session_whose_tracks_are_closed_offers_no_track_to_close(lab: Any) -> None:
    tap = lab.drive("dvd+r", 131072, speed=4)
    write_and_leave(lab, tap)
    assert lab.run(close_track(), tap).actions == {CS, CD, R}
    with pytest.raises(MediaError, match="nothing to close"):
        lab.run(close_track(), tap)


@pytest.mark.parametrize("medium", ["dvd-r", "dvd+r", "bd-r"])
def test_a_damaged_track_ends_where_its_data_does(lab: Any, medium: str) -> None:
    tap = lab.drive(medium, 131072, speed=4)
    write_and_leave(lab, tap)
    tap.inner.drive.medium.lose_power()
    (track,) = lab.run(identify(), tap).tracks
    assert track.damaged
    assert track.data_end == tap.inner.drive.medium.track_list[0].written < track.end
