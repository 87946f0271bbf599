"""What a burn expects of a disc before it has touched it: whether an image may go there, and what room is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from discstack.mmc.burn import burn
from discstack.mmc.errors import DiscStateError, MediaError, MediumFull, MediumNotBlank, UnsupportedMedium
from discstack.mmc.identify import identify
from discstack.mmc.job import BurnJob
from discstack.mmc.media import RECIPES
from discstack.mmc.medium import Action, DiscState, MediumStatus, WriteMode
from discstack.mmc.operations import erase
from discstack.mmc.overwrite import Zeros
from discstack.mmc.planning import blanked, check_elsewhere, must_erase, plan_burn
from discstack.mmc.recipe import BurnPlan
from discstack.mmc.spec.profiles import Profile

TOLD = (
    "state",
    "capacity_blocks",
    "free_blocks",
    "next_writable_address",
    "sessions",
    "open_session",
    "tracks",
    "blank",
)
ANYWHERE = (DiscState.OVERWRITABLE, DiscState.INTERMEDIATE)
CAPACITY = 10_000


def status(state: DiscState, profile: Profile = Profile.DVD_PLUS_R, **changes: Any) -> MediumStatus:
    """Return what is known of a disc of 10000 blocks, 4096 of which are used if it can go on."""
    used = 4096 if state is DiscState.APPENDABLE else 0
    fields: dict[str, Any] = {
        "capacity_blocks": CAPACITY,
        "free_blocks": CAPACITY - used,
        "next_writable_address": used,
        "blank": state is DiscState.BLANK,
        "modes": RECIPES[profile].modes,
    }
    return MediumStatus(profile=profile, name=RECIPES[profile].name, state=state, **{**fields, **changes})


def plan(medium: MediumStatus, blocks: int = 40, **options: Any) -> BurnPlan:
    return plan_burn(RECIPES[medium.profile], medium, BurnJob(source=Zeros(blocks), **options))


def refused(kind: type[MediaError], what: str, medium: MediumStatus, blocks: int = 40, **options: Any) -> MediaError:
    with pytest.raises(kind, match=what) as caught:
        plan(medium, blocks, **options)
    assert type(caught.value) is kind
    return caught.value


@pytest.mark.parametrize("close", [False, True], ids=["appendable", "finalized"])
@pytest.mark.parametrize("medium", ["cd-rw", "dvd-rw"])
def test_a_disc_that_is_to_be_erased_is_taken_for_what_erasing_makes_of_it(lab: Any, medium: str, close: bool) -> None:
    """The image is fitted onto it before anything is lost."""
    tap = lab.drive(medium, 32768, speed=4)
    lab.run(erase(full=True), tap)  # a new DVD-RW is written at once only
    written = lab.run(burn(lab.job(40, close=close)), tap).medium
    expected = blanked(RECIPES[written.profile], written)
    erased = lab.run(erase(full=True), tap)
    assert [getattr(expected, name) for name in TOLD] == [getattr(erased, name) for name in TOLD]
    assert expected.modes == erased.modes


@pytest.mark.parametrize("close", [False, True], ids=["appendable", "finalized"])
@pytest.mark.parametrize("medium", ["cd-rw", "dvd-rw"])
def test_a_larger_image_may_replace_a_smaller_one(lab: Any, medium: str, close: bool) -> None:
    tap = lab.drive(medium, 32768, speed=4)
    room = lab.run(identify(), tap).free_blocks
    lab.run(burn(lab.job(40, close=close)), tap)
    assert lab.run(identify(), tap).capacity_blocks >= room
    assert lab.run(burn(lab.job(1000, erase=True, close=close)), tap).verified == 1000


@pytest.mark.parametrize(
    ("state", "erasable", "permitted", "answer"),
    [
        *((state, False, permitted, False) for state in (DiscState.BLANK, DiscState.READ_ONLY) for permitted in (0, 1)),
        *((state, True, 1, False) for state in (DiscState.UNFORMATTED, DiscState.UNSUPPORTED, DiscState.NO_MEDIUM)),
        *((state, True, 0, "nobody said that it may be overwritten") for state in ANYWHERE),
        *((state, True, 1, False) for state in ANYWHERE),
        (DiscState.APPENDABLE, True, 0, False),
        (DiscState.APPENDABLE, True, 1, True),
        (DiscState.APPENDABLE, False, 1, False),
        (DiscState.FINALIZED, False, 0, r"nothing can be added to this medium \(DVD-RW, finalized\)$"),
        (DiscState.FINALIZED, True, 0, r"; it may be erased first$"),
        (DiscState.FINALIZED, True, 1, True),
        (DiscState.FINALIZED, False, 1, "cannot be erased"),
        (DiscState.DAMAGED, True, 0, False),
        (DiscState.DAMAGED, True, 1, True),
        (DiscState.DAMAGED, False, 1, "cannot be erased"),
    ],
)
def test_a_disc_is_erased_only_where_that_is_permitted_possible_and_needed(
    state: DiscState, erasable: bool, permitted: int, answer: bool | str
) -> None:
    actions = frozenset({Action.ERASE} if erasable else ())
    medium = replace(status(state, Profile.DVD_RW_SEQUENTIAL, next_writable_address=None), actions=actions)
    job = BurnJob(source=Zeros(40), erase=bool(permitted))
    if isinstance(answer, bool):
        assert must_erase(medium, job) is answer
        return
    with pytest.raises(MediumNotBlank, match=answer):
        must_erase(medium, job)


@pytest.mark.parametrize("state", ANYWHERE)
def test_what_holds_no_data_is_written_over_without_permission(state: DiscState) -> None:
    assert not must_erase(status(state, blank=True), BurnJob(source=Zeros(40)))


@pytest.mark.parametrize("state", ANYWHERE)
def test_a_place_within_a_disc_is_written_over_with_permission_only(state: DiscState) -> None:
    medium, within = status(state, blank=True), BurnJob(source=Zeros(40), start=1024)
    with pytest.raises(MediumNotBlank, match="may hold data from address 1024 on"):
        check_elsewhere(medium, within)
    for job in (replace(within, start=0), replace(within, erase=True), replace(within, grow=True)):
        check_elsewhere(medium, job)
    check_elsewhere(status(DiscState.APPENDABLE), within)


@pytest.mark.parametrize(
    ("state", "kind", "what"),
    [
        *(
            (state, DiscStateError, "not in a state to be written")
            for state in (DiscState.DAMAGED, DiscState.FORMATTING)
        ),
        (DiscState.FINALIZED, DiscStateError, "not in a state to be written"),
        (DiscState.NO_MEDIUM, DiscStateError, "not in a state to be written"),
        *((state, UnsupportedMedium, "cannot write to this") for state in (DiscState.READ_ONLY, DiscState.UNSUPPORTED)),
    ],
)
def test_what_cannot_be_written_is_planned_for_in_no_state(state: DiscState, kind: type[MediaError], what: str) -> None:
    refused(kind, what, status(state))


@pytest.mark.parametrize(
    ("kind", "what", "profile", "state", "options"),
    [
        (MediumNotBlank, "planned for its next writable", Profile.DVD_PLUS_R, DiscState.APPENDABLE, {"start": 0}),
        (
            DiscStateError,
            "address 4112, the medium goes on at 4096",
            *(Profile.BD_R_SRM, DiscState.APPENDABLE),
            {"start": 4112},
        ),
        (DiscStateError, "address 16, the medium goes on at 0", Profile.DVD_PLUS_R, DiscState.BLANK, {"start": 16}),
        (DiscStateError, "units of 16 blocks; address 24", Profile.DVD_RAM, DiscState.OVERWRITABLE, {"start": 24}),
        (
            *(
                DiscStateError,
                r"from address 0 on, not from 16 \(.*\); close the session first, then the disc can grow$",
            ),
            *(Profile.DVD_RW_RESTRICTED_OVERWRITE, DiscState.INTERMEDIATE, {"start": 16}),
        ),
        (
            *(DiscStateError, "holds one session, and this one has it", Profile.DVD_R_DL_SEQUENTIAL),
            *(DiscState.APPENDABLE, {"start": 4096}),
        ),
        (UnsupportedMedium, "has no test writing", Profile.DVD_PLUS_R, DiscState.BLANK, {"simulate": True}),
        (UnsupportedMedium, "no layer break", Profile.DVD_PLUS_R, DiscState.BLANK, {"layer_break": 16}),
        (UnsupportedMedium, "only a track of packets", Profile.CD_R, DiscState.BLANK, {"leave_open": True}),
        (
            *(UnsupportedMedium, "only a track of packets", Profile.CD_R, DiscState.BLANK),
            {"leave_open": True, "close": True, "mode": WriteMode.VARIABLE_PACKETS},
        ),
        (UnsupportedMedium, "no sectors of CD-ROM XA on DVD.R;", Profile.DVD_PLUS_R, DiscState.BLANK, {"xa": True}),
        (
            *(UnsupportedMedium, "no sectors of CD-ROM XA on CD-R, disc at once;", Profile.CD_R, DiscState.BLANK),
            {"xa": True, "mode": WriteMode.DISC_AT_ONCE},
        ),
        (
            *(UnsupportedMedium, "written in one way only, not disc at once", Profile.DVD_PLUS_R, DiscState.BLANK),
            {"mode": WriteMode.DISC_AT_ONCE},
        ),
        (UnsupportedMedium, "is not written sequentially", Profile.DVD_RAM, DiscState.OVERWRITABLE, {"exact": True}),
    ],
)
def test_an_image_that_cannot_go_there_is_refused_with_the_reason(
    kind: type[MediaError], what: str, profile: Profile, state: DiscState, options: dict[str, Any]
) -> None:
    refused(kind, what, status(state, profile), **options)


@pytest.mark.parametrize(("blocks", "excess"), [(16, 0), (17, 16), (32, 16), (33, 32)])
def test_there_is_room_up_to_the_end_of_what_can_be_written_over(blocks: int, excess: int) -> None:
    medium = status(DiscState.OVERWRITABLE, Profile.DVD_RAM)
    start = CAPACITY - 16
    if excess:
        caught = refused(MediumFull, f"{excess} more than the 16 that are free", medium, blocks, start=start)
        assert isinstance(caught, MediumFull)
        assert caught.excess == excess
    else:
        assert plan(medium, blocks, start=start).end == CAPACITY
    behind = refused(MediumFull, "32 more than the 0 that are free", medium, 32, start=CAPACITY + 32)
    assert isinstance(behind, MediumFull)


def test_what_costs_free_blocks_wherever_it_is_written_is_held_to_those() -> None:
    medium = status(DiscState.OVERWRITABLE, Profile.DVD_RAM, free_blocks=32)
    assert plan(medium, 32).end == 32
    refused(MediumFull, "16 more than the 32 that are free", medium, 33)


@pytest.mark.parametrize(
    ("blocks", "free", "options", "padding"),
    [
        (1000, CAPACITY, {}, 150),
        (1000, CAPACITY, {"postgap": 0}, 0),
        (1000, CAPACITY, {"postgap": 10}, 10),
        (1000, CAPACITY, {"exact": True}, 0),
        (1000, 1149, {}, 149),
        (1000, 1000, {}, 0),
        (1000, CAPACITY, {"leave_open": True, "mode": WriteMode.VARIABLE_PACKETS}, 0),
        (10, CAPACITY, {"leave_open": True, "mode": WriteMode.VARIABLE_PACKETS}, 0),
        (40, CAPACITY, {"leave_open": True, "mode": WriteMode.FIXED_PACKETS}, 24),
        (300, CAPACITY, {"exact": True}, 0),
        (151, CAPACITY, {}, 150),
        (149, CAPACITY, {}, 151),
    ],
)
def test_a_track_of_a_cd_is_padded_by_what_was_asked_for_or_by_what_it_needs(
    blocks: int, free: int, options: dict[str, Any], padding: int
) -> None:
    assert plan(status(DiscState.BLANK, Profile.CD_R, free_blocks=free), blocks, **options).padding == padding


@pytest.mark.parametrize(
    ("profile", "blocks", "options"),
    [
        (Profile.CD_R, 299, {}),
        (Profile.CD_R, 300, {"postgap": 1}),
        (Profile.DVD_PLUS_R, 17, {}),
        (Profile.BD_R_SRM, 16, {}),
    ],
)
def test_an_image_that_must_end_where_its_recording_does_is_refused_where_anything_would_follow(
    profile: Profile, blocks: int, options: dict[str, Any]
) -> None:
    refused(
        UnsupportedMedium,
        "must end where the recording ends",
        status(DiscState.BLANK, profile),
        blocks,
        exact=True,
        **options,
    )


def test_an_image_that_must_end_where_its_recording_does_is_written_in_whole_units() -> None:
    assert plan(status(DiscState.BLANK), 32, exact=True).padding == 0


def test_an_image_without_a_block_is_no_image() -> None:
    with pytest.raises(ValueError, match="no blocks"):
        plan(status(DiscState.BLANK), 0)


def test_only_permission_and_a_way_to_write_it_let_more_be_written_than_there_is_room_for() -> None:
    medium = status(DiscState.BLANK, Profile.CD_R)
    advice = re.escape("; it may be overburnt, disc at once")
    refused(MediumFull, advice, medium, CAPACITY + 1)
    refused(MediumFull, advice, medium, CAPACITY + 1, overburn=True, mode=WriteMode.INCREMENTAL)
    refused(
        MediumFull,
        r"than the 10000 that are free \(DVD\+R, blank, [^;]*\)$",
        status(DiscState.BLANK),
        CAPACITY + 1,
        overburn=True,
    )
    for mode in (None, WriteMode.DISC_AT_ONCE):
        found = plan(medium, CAPACITY + 1, overburn=True, mode=mode)
        assert (found.mode, found.excess, found.padding) == (WriteMode.DISC_AT_ONCE, 1, 0)
    assert plan(medium, CAPACITY, overburn=True).mode is WriteMode.INCREMENTAL


@pytest.mark.parametrize(
    ("profile", "options", "closes"),
    [
        (Profile.DVD_PLUS_R, {}, False),
        (Profile.DVD_PLUS_R, {"close": True}, True),
        (Profile.DVD_R_DL_SEQUENTIAL, {}, True),
        (Profile.DVD_R_SEQUENTIAL, {}, False),
        (Profile.DVD_R_SEQUENTIAL, {"mode": WriteMode.DISC_AT_ONCE}, True),
        (Profile.CD_R, {"mode": WriteMode.DISC_AT_ONCE}, False),
    ],
)
def test_it_is_known_before_whether_another_session_can_follow(
    profile: Profile, options: dict[str, Any], closes: bool
) -> None:
    assert plan(status(DiscState.BLANK, profile), **options).closes is closes
