"""What a disc may be after a burn, and what it may not, whatever the drive said of its commands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from discstack.mmc.errors import DiscStateError
from discstack.mmc.job import BurnJob
from discstack.mmc.media import RECIPES
from discstack.mmc.medium import DiscState, MediumStatus, Track
from discstack.mmc.outcome import check_outcome, check_pace
from discstack.mmc.overwrite import Zeros
from discstack.mmc.procedure import Report
from discstack.mmc.recipe import BurnPlan, Survey, Work
from discstack.mmc.spec.features import Configuration
from discstack.mmc.spec.profiles import Profile
from discstack.transport.base import FeedCounters

CAPACITY, GAP, END = 100_000, 2048, 160
BLANK = MediumStatus(
    profile=Profile.DVD_PLUS_R,
    name="DVD+R",
    state=DiscState.BLANK,
    capacity_blocks=CAPACITY,
    free_blocks=CAPACITY,
    next_writable_address=0,
    blank=True,
)
TRACK = Track(number=1, session=1, start=0, blocks=END, free=0, next_writable_address=None, blank=False, damaged=False)
PLANNED = replace(
    BLANK,
    state=DiscState.APPENDABLE,
    free_blocks=CAPACITY - END - GAP,
    used_blocks=END,
    next_writable_address=END + GAP,
    sessions=1,
    tracks=(TRACK,),
    blank=False,
)
FINALIZED = replace(PLANNED, state=DiscState.FINALIZED, free_blocks=0, next_writable_address=None)
PLAN = BurnPlan(start=0, blocks=END - 6, padding=6)


def work(profile: Profile = Profile.DVD_PLUS_R, before: MediumStatus = BLANK) -> Work:
    survey = Survey(profile=profile, configuration=Configuration(current_profile=profile))
    return Work(recipe=RECIPES[profile], status=before, survey=survey)


def notices(
    after: MediumStatus,
    plan: BurnPlan = PLAN,
    before: MediumStatus = BLANK,
    profile: Profile = Profile.DVD_PLUS_R,
    **options: Any,
) -> list[str]:
    """Return what is said of a disc that became `after`."""
    job = BurnJob(source=Zeros(plan.blocks), **options)
    effects = list(check_outcome(work(profile, before), job, plan, after))
    return [effect.message for effect in effects if isinstance(effect, Report)]


def refused(what: str, after: MediumStatus, *args: Any, **options: Any) -> None:
    with pytest.raises(DiscStateError, match=what) as caught:
        notices(after, *args, **options)
    assert caught.value.medium is after


def test_a_disc_that_became_what_was_planned_needs_no_word() -> None:
    assert notices(PLANNED) == []
    assert notices(FINALIZED, replace(PLAN, closes=True)) == []


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("should be appendable now", {"state": DiscState.DAMAGED}),
        ("did not get closed", {"open_session": True}),
        ("write over the new session, which ends at 160", {"next_writable_address": END - 1}),
        ("no track holds the blocks 0 to 159", {"tracks": (replace(TRACK, blocks=END - 1),)}),
        ("no track holds the blocks 0 to 159", {"tracks": (replace(TRACK, start=1),)}),
        ("ends before block 160", {"used_blocks": END - 1}),
    ],
)
def test_a_disc_that_became_another_than_planned_is_an_error(what: str, changes: dict[str, Any]) -> None:
    refused(what, replace(PLANNED, **changes))


def test_a_disc_that_was_to_be_closed_and_goes_on_is_an_error() -> None:
    refused("should be finalized now", PLANNED, replace(PLAN, closes=True))


def test_a_session_that_was_to_stay_open_and_got_closed_is_an_error() -> None:
    refused("did not stay open", PLANNED, leave_open=True)
    assert notices(replace(PLANNED, open_session=True), leave_open=True) == []


def test_the_track_that_holds_a_session_may_be_larger_and_one_of_several() -> None:
    earlier = replace(TRACK, number=1, blocks=48)
    later = replace(TRACK, number=2, start=96, blocks=100)
    plan = replace(PLAN, start=100, blocks=96, padding=0)
    after = replace(PLANNED, used_blocks=196, tracks=(earlier, later))
    assert notices(after, plan) == []
    refused("no track holds the blocks 100 to 196", after, replace(plan, blocks=97))


def test_a_drive_that_tells_of_no_tracks_is_not_believed_in_silence() -> None:
    assert notices(replace(PLANNED, tracks=())) == ["the drive tells of no tracks on this disc: read it back"]


@pytest.mark.parametrize(("spare", "full"), [(-1, True), (0, False)])
def test_a_disc_that_the_drive_finalized_is_an_error_unless_less_than_a_fiftieth_of_it_is_left(
    spare: int, full: bool
) -> None:
    before = replace(BLANK, free_blocks=END + GAP + CAPACITY // 50 + spare)
    if full:
        assert notices(FINALIZED, PLAN, before) == [
            "the drive finalized the disc: there is no room for another session"
        ]
    else:
        refused("the drive finalized the disc with its session", FINALIZED, PLAN, before)


def test_a_disc_without_room_for_more_may_stay_open_but_not_be_damaged() -> None:
    full = replace(BLANK, free_blocks=END + GAP)
    assert notices(PLANNED, PLAN, full) == []
    refused("should be appendable now", replace(PLANNED, state=DiscState.DAMAGED), PLAN, full)


def test_the_room_of_a_disc_whose_layer_break_was_moved_is_twice_what_lies_before_it() -> None:
    before = replace(BLANK, layer_break=CAPACITY // 2)
    moved = replace(PLAN, layer_break=(END + GAP + CAPACITY // 50) // 2)
    refused("the drive finalized the disc with its session", FINALIZED, moved, before)
    fuller = replace(moved, layer_break=moved.layer_break - 16)
    assert notices(FINALIZED, fuller, before)
    refused("with its session", FINALIZED, replace(PLAN, layer_break=before.layer_break), before)


@pytest.mark.parametrize("changes", [{"state": DiscState.APPENDABLE}, {"next_writable_address": 16}])
def test_a_test_that_changed_the_disc_is_an_error(changes: dict[str, Any]) -> None:
    assert notices(BLANK, simulate=True) == []
    refused("a test changed the disc, which was DVD.R, blank", replace(BLANK, **changes), simulate=True)


@pytest.mark.parametrize(
    "changes", [{"state": DiscState.INTERMEDIATE}, {"state": DiscState.DAMAGED}, {"capacity_blocks": END - 1}]
)
def test_what_can_be_written_over_must_stay_so_and_reach_as_far_as_the_image(changes: dict[str, Any]) -> None:
    overwritable = replace(PLANNED, state=DiscState.OVERWRITABLE, capacity_blocks=END, open_session=False)
    assert notices(overwritable, profile=Profile.DVD_PLUS_RW) == []
    refused("did not stay overwritable", replace(overwritable, **changes), profile=Profile.DVD_PLUS_RW)


@pytest.mark.parametrize(
    ("profile", "rate"),
    [  # bytes of the image a second at one and a half times 24x of 1385 kB/s, and 52x of 176.4 with raw sectors
        (Profile.DVD_PLUS_R, 1.5 * 33_240_000),
        (Profile.CD_R, 1.5 * 9_173_000 * 2048 / 2352),
    ],
)
def test_a_recording_that_is_too_fast_to_be_true_is_told_of(profile: Profile, rate: float) -> None:
    counters = FeedCounters(blocks=20_000, drive_buffer=4 << 20)
    least = (20_000 * 2048 - (4 << 20)) / rate

    def said(counters: FeedCounters, seconds: float) -> bool:
        return bool(list(check_pace(work(profile), counters, seconds)))

    assert said(counters, least * 0.999)
    assert not said(counters, least * 1.001)
    assert not said(replace(counters, blocks=(36 << 20) // 2048 - 1), 0.0)  # it may all have gone into a buffer
    assert said(replace(counters, blocks=(36 << 20) // 2048), 0.0)
