"""What the recipes know of their media: states by the bytes a drive sends, and the one table that tells media apart."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from discstack.mmc.burn import burn
from discstack.mmc.errors import MediaError, MediumFull, UnsupportedMedium
from discstack.mmc.identify import identify
from discstack.mmc.media import JUMPING, READ_ONLY, RECIPES
from discstack.mmc.medium import Action, DiscState, MediumStatus, Track, WriteMode
from discstack.mmc.operations import close_disc, close_session, erase, format_medium
from discstack.mmc.planning import plan_burn
from discstack.mmc.quirks import Quirk, quirks_of
from discstack.mmc.recipe import FormatOptions, Recipe, Survey
from discstack.mmc.spec.capacities import FormatCapacities
from discstack.mmc.spec.disc_information import DiscInformation
from discstack.mmc.spec.features import Configuration
from discstack.mmc.spec.profiles import Profile
from discstack.transport.base import Command, Reply

MMC = Path(__file__).parents[3] / "mmc"
CD_R = RECIPES[Profile.CD_R]
DVD_PLUS_R = RECIPES[Profile.DVD_PLUS_R]


def assess(recipe: Recipe, survey: Survey) -> MediumStatus:
    return recipe.assess(recipe, survey)


def information(second_byte: int) -> DiscInformation:
    """Return disc information: erasable, state of the last session and disc status are in byte 2 (MMC-6 6.21.3)."""
    return DiscInformation.parse(bytes((0, 32, second_byte, 1, 1, 1, 1)) + bytes(27))


def survey(second_byte: int, address: int | None, *, start: int = 0, free: int = 359_000, groove: int = 0) -> Survey:
    track = Track(
        number=1,
        session=1,
        start=start,
        blocks=0,
        free=free,
        next_writable_address=address,
        blank=address in (None, 0, -150),
        damaged=False,
    )
    return Survey(
        profile=Profile.CD_R,
        configuration=Configuration(current_profile=Profile.CD_R),
        disc=information(second_byte),
        tracks=(track,),
        open_track=track,
        groove_capacity=groove,
    )


def test_media_are_told_apart_in_one_table_only() -> None:
    comparing = re.compile(r"profile\s*(==|!=|in\b)|(==|!=)\s*Profile\.|match .*profile")
    allowed = {"identify.py"}  # is it the medium that the job began with; is it one that is only read
    for path in MMC.rglob("*.py"):
        if "spec" not in path.parts and path.name not in allowed:
            assert not comparing.search(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("profile", sorted(set(Profile) - set(RECIPES)))
def test_every_other_medium_is_refused_by_name_before_anything_is_sent(lab: Any, profile: Profile) -> None:
    tap = lab.drive("dvd+r", 4096)
    execute = tap.execute

    def disguise(command: Command) -> Reply:
        reply = execute(command)
        if command.cdb[0] != 0x46:
            return reply
        data = bytes(reply.data)
        return replace(reply, data=data[:6] + int(profile).to_bytes(2, "big") + data[8:])

    tap.execute = disguise
    with pytest.raises(UnsupportedMedium, match=re.escape(profile.title)):
        lab.run(burn(lab.job(40)), tap)
    where_its_layers_lie = {0x52, 0xAD} if profile in JUMPING else set()
    assert {cdb[0] for cdb in tap.seen} <= {0x00, 0x12, 0x25, 0x46, 0x51} | where_its_layers_lie
    assert lab.run(identify(), tap).state is (DiscState.READ_ONLY if profile in READ_ONLY else DiscState.UNSUPPORTED)


@pytest.mark.parametrize(
    ("byte", "address", "state"),
    [
        (0b00000, 0, DiscState.BLANK),
        (0b00001, 5000, DiscState.APPENDABLE),
        (0b00101, 5000, DiscState.APPENDABLE),
        (0b01110, None, DiscState.FINALIZED),
        (0b01001, 5000, DiscState.DAMAGED),
        (0b00001, None, DiscState.DAMAGED),
        (0b00011, 0, DiscState.UNSUPPORTED),
    ],
)
def test_the_state_is_read_from_the_disc_information(byte: int, address: int | None, state: DiscState) -> None:
    assert assess(CD_R, survey(byte, address)).state is state


def test_a_blank_cd_that_goes_on_at_minus_150_starts_at_zero() -> None:
    assert assess(CD_R, survey(0, -150, start=-150)).next_writable_address == 0


def test_a_blank_disc_without_a_valid_address_starts_where_its_track_does() -> None:
    assert assess(CD_R, survey(0, None)).next_writable_address == 0


def test_an_unclosed_session_is_told_and_can_be_closed() -> None:
    status = assess(CD_R, survey(0b00101, 5000))
    assert status.open_session
    assert Action.CLOSE_SESSION in status.actions


@pytest.mark.parametrize(("recipe", "alone"), [(CD_R, False), (DVD_PLUS_R, True)])
def test_a_cd_is_finalized_with_its_last_session_only(recipe: Recipe, alone: bool) -> None:
    between, unclosed = assess(recipe, survey(0b00001, 5000)), assess(recipe, survey(0b00101, 5000))
    assert (Action.CLOSE_DISC in between.actions) is alone
    assert Action.CLOSE_DISC in unclosed.actions


@pytest.mark.parametrize("free", [998, 1000], ids=["free user data", "up to the last lead-out"])
def test_the_run_out_of_a_track_does_not_count_as_room(lab: Any, free: int) -> None:
    """Drives tell of the blocks for user data, as the standard wants it, or of all; the pre-groove tells which."""
    status = assess(CD_R, survey(0, 0, free=free, groove=1000))
    assert plan_burn(CD_R, status, lab.job(998)).total == 998
    with pytest.raises(MediumFull, match="1 more"):
        plan_burn(CD_R, status, lab.job(999))


def test_what_lies_around_packets_does_not_count_as_room(lab: Any) -> None:
    """The first of the packets of 32 blocks takes 34, any other 39: in 1000 blocks 25 of them have room."""
    status = assess(CD_R, survey(0, 0, free=998, groove=1000))
    fixed, variable = WriteMode.FIXED_PACKETS, WriteMode.VARIABLE_PACKETS
    assert plan_burn(CD_R, status, lab.job(800, mode=fixed)).total == 800
    with pytest.raises(MediumFull, match="32 more"):
        plan_burn(CD_R, status, lab.job(801, mode=fixed))
    assert plan_burn(CD_R, status, lab.job(998, mode=variable)).total == 998


def test_the_postgap_gives_way_where_there_is_no_room_but_not_the_one_that_was_asked_for(lab: Any) -> None:
    status = assess(CD_R, survey(0, 0, free=1000))
    assert plan_burn(CD_R, status, lab.job(900)).padding == 100
    with pytest.raises(MediumFull):
        plan_burn(CD_R, status, lab.job(900, postgap=150))


def test_a_short_track_is_filled_up_to_300_blocks(lab: Any) -> None:
    assert plan_burn(CD_R, assess(CD_R, survey(0, 0)), lab.job(10, postgap=0)).total == 300


def test_the_largest_of_its_formats_tells_what_a_full_dvd_rw_holds() -> None:
    capacities = (
        "000000 18 00000030 02 000800 00231020 00 000800 00001000 44 000010"  # 48 blocks of 2297888, MMC-6 6.23
    )
    full = replace(survey(0b11110, None), formats=FormatCapacities.parse(bytes.fromhex(capacities)), read_capacity=48)
    assert assess(RECIPES[Profile.DVD_RW_SEQUENTIAL], full).capacity_blocks == 2_297_888


@pytest.mark.parametrize("medium", ["cd-r", "cd-rw", "dvd-rw", "dvd+r", "dvd+rw", "bd-r", "bd-re"])
def test_capacity_is_free_space_on_a_new_disc_and_stays_the_same(lab: Any, medium: str) -> None:
    tap = lab.drive(medium, speed=4)
    fresh = lab.run(identify(), tap)
    assert fresh.blank
    lab.run(burn(lab.job(40)), tap)
    assert lab.run(identify(), tap).capacity_blocks == fresh.capacity_blocks


def test_a_fresh_bd_re_says_what_it_will_hold(lab: Any) -> None:
    assert lab.run(identify(), lab.drive("bd-re")).capacity_blocks == 11826176


def test_a_bd_re_without_spare_areas_holds_more(lab: Any) -> None:
    status = lab.run(format_medium(FormatOptions(spare_blocks=0)), lab.drive("bd-re"))
    assert (status.state, status.capacity_blocks) == (DiscState.OVERWRITABLE, 12219392)


def test_a_bd_r_is_formatted_once(lab: Any) -> None:
    tap = lab.drive("bd-r")
    status = lab.run(format_medium(), tap)
    assert (status.state, status.capacity_blocks) == (DiscState.BLANK, 11826176)
    with pytest.raises(UnsupportedMedium, match="cannot be formatted"):
        lab.run(format_medium(), tap)
    assert lab.run(burn(lab.job(40, speed=18000)), tap).verified == 40


def test_a_spare_area_that_is_not_possible_is_refused(lab: Any) -> None:
    with pytest.raises(MediaError, match="not possible"):
        lab.run(format_medium(FormatOptions(spare_blocks=12_000_000)), lab.drive("bd-r"))


@pytest.mark.parametrize("medium", ["cd-r", "dvd+r", "bd-r"])
def test_what_is_written_once_is_not_erased(lab: Any, medium: str) -> None:
    with pytest.raises(UnsupportedMedium, match="cannot be erased"):
        lab.run(erase(), lab.drive(medium))


@pytest.mark.parametrize("medium", ["cd-rw", "dvd+rw", "bd-re"])
def test_erasing_in_full_leaves_nothing(lab: Any, medium: str) -> None:
    tap = lab.drive(medium, 4096, speed=4)
    lab.run(burn(lab.job(600)), tap)
    assert lab.run(erase(full=True), tap).blank
    assert tap.on_disc(0, 600) == bytes(600 * 2048)


def test_there_is_nothing_to_close_on_a_blank_disc(lab: Any) -> None:
    for operation in (close_session, close_disc):
        with pytest.raises(MediaError, match="nothing to close"):
            lab.run(operation(), lab.drive("dvd+r"))


def test_quirks_go_by_vendor_and_product() -> None:
    assert Quirk.READY_TOO_EARLY in quirks_of("PIONEER", "BD-RW   BDR-209D")
    assert not quirks_of("DISCSTAK", "VIRTUAL BURNER")


def test_recipes_keep_to_whole_units() -> None:
    recipe: Recipe
    for recipe in RECIPES.values():
        assert recipe.transfer % recipe.write_unit == 0
        assert recipe.minimum_track % recipe.write_unit == 0
