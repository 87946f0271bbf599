"""CD-RW formatted for fixed packets: written anywhere, again and again, and back; CDs with tracks of packets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from discstack.emulator.commands import configuration
from discstack.emulator.faults import Fault
from discstack.mmc import actions, queries
from discstack.mmc.burn import burn
from discstack.mmc.cd.blanking import BlankType, blank_part
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.job import CdChoices, CdWriteMode
from discstack.mmc.cd.packet_tracks import modes
from discstack.mmc.cd.program import TrackForm
from discstack.mmc.cd.tracks import add_track, prepare_tracks, release_tracks
from discstack.mmc.errors import (
    DiscStateError,
    IllegalRequest,
    MediaError,
    MediumFull,
    MediumNotBlank,
    UnsupportedMedium,
)
from discstack.mmc.identify import identify
from discstack.mmc.media import RECIPES
from discstack.mmc.medium import Action, DiscState, MediumStatus, Track, WriteMode
from discstack.mmc.operations import format_medium
from discstack.mmc.spec.cd import sector
from discstack.mmc.spec.cd.sector import SectorType
from discstack.mmc.spec.cdb import Direction
from discstack.mmc.spec.profiles import Profile
from discstack.mmc.spec.track_information import DataMode
from discstack.transport.base import Command

SIZE = 3900  # 100 packets of 32 blocks and 7 of links


def formatted(studio: Any) -> Any:
    tap = studio.lab.drive("cd-rw", SIZE)
    status = studio.lab.run(format_medium(), tap)
    assert (status.state, status.capacity_blocks, status.blank) == (DiscState.OVERWRITABLE, 3200, True)
    return tap


def test_a_formatted_disc_is_written_over(studio: Any) -> None:
    tap = formatted(studio)
    lab = studio.lab
    result = lab.run(burn(lab.job(40)), tap)
    assert (result.padding, result.verified) == (24, 40)
    with pytest.raises(MediumNotBlank):
        lab.run(burn(lab.job(40)), tap)
    lab.run(burn(lab.job(100, erase=True, source=lab.source(100, 7), mode=WriteMode.FIXED_PACKETS)), tap)
    with pytest.raises(UnsupportedMedium, match="written fixed packets, not disc at once"):
        lab.run(burn(lab.job(100, erase=True, mode=WriteMode.DISC_AT_ONCE)), tap)
    assert tap.on_disc(0, 100) == lab.image(100, 7)


def test_a_new_disc_can_be_formatted_and_a_formatted_one_blanked(studio: Any) -> None:
    tap = studio.lab.drive("cd-rw", SIZE)
    assert Action.FORMAT in studio.lab.run(identify(), tap).actions
    tap = formatted(studio)
    assert studio.lab.run(blank_part(BlankType.MINIMAL), tap).state is DiscState.BLANK


def test_a_cd_r_has_no_such_format(studio: Any) -> None:
    with pytest.raises(MediaError, match="cannot be formatted"):
        studio.lab.run(format_medium(), studio.lab.drive("cd-r", SIZE))


@pytest.mark.parametrize("medium", ["cd-r", "cd-rw"])
@pytest.mark.parametrize("mode", [WriteMode.FIXED_PACKETS, WriteMode.VARIABLE_PACKETS])
def test_an_image_in_packets_comes_back(studio: Any, medium: str, mode: WriteMode) -> None:
    lab = studio.lab
    tap = lab.drive(medium, 60000)
    start = 0
    for seed in (1, 2):
        result = lab.run(burn(lab.job(source=lab.source(333, seed), start=start, mode=mode)), tap)
        assert (result.mode, result.verified, result.medium.sessions) == (mode, 333, seed)
        assert tap.on_disc(start, 333) == lab.image(333, seed)
        start = result.medium.next_writable_address


def test_a_drive_without_packets_is_told_of_before_anything_is_written(studio: Any) -> None:
    lab = studio.lab
    tap = lab.drive("cd-r", SIZE)
    execute = tap.execute

    def modest(command: Any) -> Any:
        if command.cdb[0] == 0x55 and command.data[10] & 0x0F == 0:
            return lab.refuse(0x5, 0x26)(command, lambda: None)
        return execute(command)

    tap.execute = modest
    with pytest.raises(IllegalRequest, match="5/26"):
        lab.run(burn(lab.job(333, mode=WriteMode.FIXED_PACKETS)), tap)
    assert lab.run(identify(), tap).blank


def test_a_pause_in_packets_that_vary_is_no_success(studio: Any) -> None:
    """Without BURN-Free the next packet cannot follow at once: the image would have a hole."""
    lab = studio.lab
    tap = lab.drive("cd-r", SIZE)
    execute = tap.execute

    def slow(command: Any) -> Any:
        if command.cdb[0] == 0x2A:
            tap.clock.sleep(60)
        return execute(command)

    tap.execute = slow
    job = lab.job(333, mode=WriteMode.VARIABLE_PACKETS, underrun_protection=False)
    with pytest.raises(IllegalRequest, match="5/21/02"):
        lab.run(burn(job), tap)
    assert not tap.inner.drive.prevented


def packets_of_16(lab: Any, tap: Any) -> None:
    """Write one as another program does, which closes nothing."""
    lab.run(identify(), tap)  # which hears that the drive was switched on
    page = bytearray(lab.run(queries.write_parameters(), tap).build())
    page[2:5], page[10:14] = bytes((0x40, 0xE5, 0x08)), (16).to_bytes(4, "big")
    lab.run(actions.mode_select(bytes(page)), tap)
    lab.run(write_blocks(0, memoryview(lab.image(16, 9))), tap)
    lab.run(actions.synchronize_cache(), tap)


def write_blocks(lba: int, data: memoryview) -> Any:
    cdb = bytes((0x2A, 0)) + lba.to_bytes(4, "big") + bytes((0, 0, len(data) // 2048, 0))
    yield Command(cdb, Direction.TO_DEVICE, data, 0, 60.0)


def test_packets_of_another_program_go_on_in_their_own_size(studio: Any) -> None:
    lab = studio.lab
    tap = lab.drive("cd-r", SIZE)
    packets_of_16(lab, tap)
    status = lab.run(identify(), tap)
    assert (status.modes, status.tracks[0].packet, status.open_session) == ((WriteMode.FIXED_PACKETS,), 16, True)
    with pytest.raises(UnsupportedMedium, match="written fixed packets, not incremental"):
        lab.run(burn(lab.job(40, start=16, mode=WriteMode.INCREMENTAL)), tap)
    result = lab.run(burn(lab.job(40, start=16, leave_open=True)), tap)
    assert (result.padding, result.medium.next_writable_address, result.verified) == (8, 64, 40)
    assert tap.on_disc(0, 56) == lab.image(16, 9) + lab.image(40)


def test_nothing_else_is_written_behind_open_packets(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    packets_of_16(studio.lab, tap)
    for mode in CdWriteMode:
        with pytest.raises(DiscStateError, match="open"):
            studio.lab.run(burn_program(studio.job(studio.track(300), mode=mode)), tap)
    with pytest.raises(DiscStateError, match="has to be closed first"):
        studio.lab.run(prepare_tracks(CdChoices()), tap)
    assert [line for line in tap.lines if line.startswith("WRITE")] == ["WRITE (10) transfer_length=0x10"]


def test_open_packets_are_known_by_what_is_told_of_the_invisible_track_too(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    packets_of_16(studio.lab, tap)
    tap.inner.faults.add(Fault(opcode=0x52, fields={"address": 1}, alter=without_next_writable_address, times=None))
    status = studio.lab.run(identify(), tap)
    assert (status.modes, [track.packet for track in status.tracks]) == ((WriteMode.FIXED_PACKETS,), [16])
    with pytest.raises(DiscStateError, match="has to be closed first"):
        studio.lab.run(prepare_tracks(CdChoices()), tap)


def without_next_writable_address(data: bytes) -> bytes:
    return data[:7] + bytes([data[7] & 0xFE]) + data[8:]


def test_only_packets_stay_open(studio: Any) -> None:
    lab = studio.lab
    tap = lab.drive("cd-r", SIZE)
    for options in ({}, {"mode": WriteMode.DISC_AT_ONCE}, {"mode": WriteMode.FIXED_PACKETS, "close": True}):
        with pytest.raises(UnsupportedMedium, match="left open"):
            lab.run(burn(lab.job(40, leave_open=True, **options)), tap)
    with pytest.raises(UnsupportedMedium, match="left open"):
        lab.run(burn(lab.job(40, leave_open=True)), lab.drive("dvd+r", 4096))
    assert lab.run(identify(), tap).blank


@pytest.mark.parametrize(("mode", "most"), [(WriteMode.FIXED_PACKETS, 3200), (WriteMode.VARIABLE_PACKETS, SIZE - 2)])
def test_a_disc_is_filled_to_its_last_packet(studio: Any, mode: WriteMode, most: int) -> None:
    lab = studio.lab
    tap = lab.drive("cd-r", SIZE)
    with pytest.raises(MediumFull):
        lab.run(burn(lab.job(most + 1, mode=mode)), tap)
    assert lab.run(identify(), tap).blank
    assert lab.run(burn(lab.job(most, mode=mode, close=True)), tap).verified == most


def test_a_disc_is_filled_to_its_last_block(studio: Any) -> None:
    """All but the two run-out blocks, which a drive leaves out of what it says is free."""
    lab = studio.lab
    tap = lab.drive("cd-r", SIZE)
    assert lab.run(identify(), tap).free_blocks == SIZE - 2
    assert lab.run(burn(lab.job(SIZE - 2, close=True)), tap).verified == SIZE - 2


def test_tracks_of_audio_do_not_go_there_unless_it_may_be_blanked(studio: Any) -> None:
    tap = formatted(studio)
    with pytest.raises(MediumNotBlank, match="no tracks go onto a disc that is formatted"):
        studio.lab.run(burn_program(studio.job(studio.track(300))), tap)
    with pytest.raises(MediumNotBlank, match="no tracks go onto a disc that is formatted"):
        studio.lab.run(prepare_tracks(CdChoices()), tap)
    result = studio.lab.run(burn_program(studio.job(studio.track(300), erase=True)), tap)
    assert (result.medium.name, result.medium.state) == ("CD-RW", DiscState.FINALIZED)
    assert studio.sectors(tap, 0, 300) == studio.samples(300)


XA_WAYS = [WriteMode.INCREMENTAL, WriteMode.FIXED_PACKETS, WriteMode.VARIABLE_PACKETS]


@pytest.mark.parametrize("mode", XA_WAYS)
@pytest.mark.parametrize("medium", ["cd-r", "cd-rw"])
def test_an_image_becomes_sectors_of_xa(studio: Any, medium: str, mode: WriteMode) -> None:
    lab = studio.lab
    tap = lab.drive(medium, 60000)
    result = lab.run(burn(lab.job(source=lab.source(333), mode=mode, xa=True)), tap)
    assert (result.verified, result.medium.tracks[0].data_mode) == (333, DataMode.MODE_2)
    assert bytes.fromhex("A0 000000 00 01 20") in studio.answer(
        tap, "43 00 02 00 00 00 00 0800 00"
    )  # XA, in the lead-in
    whole = studio.sectors(tap, 5, 1, 0xF8)
    assert (sector.sector_type(whole), sector.intact(whole)) == (SectorType.MODE_2_FORM_1, True)
    assert whole[24:2072] == lab.image(333)[5 * 2048 : 6 * 2048]
    lab.run(burn(lab.job(start=result.medium.next_writable_address, mode=mode, close=True)), tap)  # of mode 1


def test_packets_go_on_in_the_mode_that_their_track_has(studio: Any) -> None:
    lab = studio.lab
    for first in (True, False):
        tap = lab.drive("cd-r", 60000)
        packets = {"mode": WriteMode.VARIABLE_PACKETS, "leave_open": True}
        start = lab.run(burn(lab.job(xa=first, **packets)), tap).medium.next_writable_address
        if not first:
            with pytest.raises(UnsupportedMedium, match="of mode 1, which no XA can follow"):
                lab.run(burn(lab.job(start=start, xa=True, **packets)), tap)
        lab.run(burn(lab.job(source=lab.source(320, 4), start=start, mode=WriteMode.VARIABLE_PACKETS)), tap)
        assert tap.on_disc(start, 320) == lab.image(320, 4)


@pytest.mark.parametrize(("medium", "mode"), [("cd-r", WriteMode.DISC_AT_ONCE), ("dvd+r", None)])
def test_what_cannot_be_xa_is_refused_before_anything_is_written(studio: Any, medium: str, mode: Any) -> None:
    lab = studio.lab
    tap = lab.drive(medium, 60000)
    with pytest.raises(UnsupportedMedium, match="no sectors of CD-ROM XA"):
        lab.run(burn(lab.job(mode=mode, xa=True)), tap)
    assert lab.run(identify(), tap).blank


@pytest.mark.parametrize("mode", XA_WAYS[:2])
def test_a_drive_that_does_not_write_xa_is_not_asked_to(studio: Any, monkeypatch: Any, mode: WriteMode) -> None:
    lab = studio.lab
    tap = lab.drive("cd-r", 60000)
    monkeypatch.setattr(configuration, "XA_FORM_1", 0)
    monkeypatch.setattr(configuration, "TRACK_BLOCKS", 0x100)
    with pytest.raises(UnsupportedMedium, match="does not write sectors of CD-ROM XA"):
        lab.run(burn(lab.job(mode=mode, xa=True)), tap)
    assert lab.run(identify(), tap).blank


MODES = {1: (TrackForm.MODE_1, False), 2: (TrackForm.XA_FORM_1, True)}


def with_open_session(studio: Any, form: TrackForm, medium: str = "cd-r") -> Any:
    """Return a drive whose disc has an open session with one closed track of data, and one of audio."""
    tap = studio.lab.drive(medium, 60000)
    tracks = studio.lab.run(prepare_tracks(CdChoices()), tap)
    for track in (studio.track(320, 1, form), studio.track(320, 2)):
        studio.lab.run(add_track(tracks, track), tap)
    return tap


@pytest.mark.parametrize("before", [1, 2])
def test_an_open_session_gets_data_of_one_mode_only(studio: Any, before: int) -> None:
    lab = studio.lab
    form, xa = MODES[before]
    other, other_xa = MODES[3 - before]
    tap = with_open_session(studio, form)
    status = lab.run(identify(), tap)
    assert (status.open_session, [track.data_mode for track in status.tracks[:2]]) == (True, [before, None])
    start = status.next_writable_address
    tracks = studio.job(studio.track(320, 3, other), mode=CdWriteMode.TRACK_AT_ONCE)
    written = [line for line in tap.lines if line.startswith("WRITE")]
    for job in (burn(lab.job(start=start, xa=other_xa)), burn_program(tracks)):
        with pytest.raises(UnsupportedMedium, match=f"has data of mode {before}, in which data of mode {3 - before}"):
            lab.run(job, tap)
    assert [line for line in tap.lines if line.startswith("WRITE")] == written
    result = lab.run(burn(lab.job(source=lab.source(320, 5), start=start, xa=xa)), tap)
    assert [track.data_mode for track in result.medium.tracks if track.session == 1] == [before, None, before]
    # the next session is another matter
    lab.run(burn(lab.job(start=result.medium.next_writable_address, xa=other_xa)), tap)


def test_tracks_that_are_added_one_by_one_have_data_of_one_mode_only(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", 60000)
    tracks = studio.lab.run(prepare_tracks(CdChoices()), tap)
    studio.lab.run(add_track(tracks, studio.track(320, 1, TrackForm.XA_FORM_1)), tap)
    with pytest.raises(UnsupportedMedium, match="has data of mode 2"):
        studio.lab.run(add_track(tracks, studio.track(320, 2, TrackForm.MODE_1)), tap)
    studio.lab.run(add_track(tracks, studio.track(320, 3)), tap)
    studio.lab.run(release_tracks(tracks), tap)
    assert bytes.fromhex("A0 000000 00 01 20") in studio.answer(tap, "43 00 02 00 00 00 00 0800 00")


def test_what_is_blanked_first_may_hold_data_of_any_mode(studio: Any) -> None:
    lab = studio.lab
    tap = with_open_session(studio, TrackForm.MODE_1, "cd-rw")
    assert lab.run(burn(lab.job(xa=True, erase=True)), tap).medium.tracks[0].data_mode == DataMode.MODE_2


CLOSED = Track(number=1, session=1, start=0, blocks=400, free=0, next_writable_address=None, blank=False, damaged=False)
GOES_ON = replace(CLOSED, number=2, session=2, start=12000, blocks=100, free=7900, next_writable_address=12100)
INCREMENTAL, AT_ONCE, FIXED, VARIABLE = (
    *(WriteMode.INCREMENTAL, WriteMode.DISC_AT_ONCE),
    *(WriteMode.FIXED_PACKETS, WriteMode.VARIABLE_PACKETS),
)


@pytest.mark.parametrize(
    ("state", "open_session", "tracks", "ways"),
    [
        (DiscState.BLANK, False, (), (INCREMENTAL, AT_ONCE, FIXED, VARIABLE)),
        (DiscState.APPENDABLE, False, (CLOSED,), (INCREMENTAL, AT_ONCE, FIXED, VARIABLE)),
        (DiscState.APPENDABLE, True, (), (INCREMENTAL, FIXED, VARIABLE)),
        (DiscState.APPENDABLE, True, (CLOSED,), (INCREMENTAL, FIXED, VARIABLE)),
        (DiscState.APPENDABLE, True, (CLOSED, GOES_ON), (INCREMENTAL,)),
        (DiscState.APPENDABLE, True, (CLOSED, replace(GOES_ON, packet=16)), (FIXED,)),
        (DiscState.APPENDABLE, True, (CLOSED, replace(GOES_ON, packet=0)), (VARIABLE,)),
        (DiscState.DAMAGED, True, (CLOSED, replace(GOES_ON, packet=16)), (INCREMENTAL,)),
        (DiscState.FINALIZED, False, (CLOSED,), (INCREMENTAL,)),
    ],
)
def test_how_a_disc_can_be_written_goes_by_its_last_track(
    state: DiscState, open_session: bool, tracks: tuple[Track, ...], ways: tuple[WriteMode, ...]
) -> None:
    recipe = RECIPES[Profile.CD_R]
    medium = MediumStatus(profile=Profile.CD_R, name=recipe.name, state=state, open_session=open_session, tracks=tracks)
    assert modes(recipe, medium) == ways
